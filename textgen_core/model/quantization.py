"""Weights as a file holds them: in 32, 16 or 8 bits.

In 8 bits a matrix is stored as whole numbers and one scale a column, the column's
largest absolute value over 127; vectors, which are small, are float16.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from textgen_core.errors import CheckpointError

FloatArray = npt.NDArray[np.float32]
Tensors = dict[str, npt.NDArray[Any]]

SCALE = "/scale"  # follows the name of the matrix it belongs to
_LARGEST = 127
_LARGEST_SCALE = np.finfo(np.float32).max / (_LARGEST + 1)  # a file may hold -128, too


class Precision(StrEnum):
    """How weights are stored."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    INT8 = "int8"


def to_stored(weights: Mapping[str, FloatArray], precision: Precision) -> Tensors:
    """Return the arrays that a file holds, in C order, which safetensors takes for granted."""
    if precision is not Precision.INT8:
        return {name: array.astype(precision.value, order="C") for name, array in weights.items()}
    stored: Tensors = {}
    for name, array in weights.items():
        if array.ndim != 2:
            stored[name] = array.astype(np.float16, order="C")
            continue
        scale = np.abs(array).max(axis=0, initial=0.0).astype(np.float32) / _LARGEST
        whole = np.rint(array / np.where(scale > 0, scale, 1))
        stored[name] = whole.astype(np.int8, order="C")
        stored[name + SCALE] = scale
    return stored


class StoredWeights(Mapping[str, FloatArray]):
    """Weights as a file holds them; each array is made float32 when it is asked for.

    Raises:
        CheckpointError: an array has another type, or lacks its scale.
    """

    def __init__(self, tensors: Tensors) -> None:
        self._tensors = {n: array for n, array in tensors.items() if not _is_scale(n, tensors)}
        self._scales: dict[str, FloatArray] = {}
        for name, array in self._tensors.items():
            if array.dtype == np.int8:
                self._scales[name] = _scale(name, array, tensors)
            elif array.dtype not in (np.float16, np.float32):
                raise CheckpointError(f"the array {name!r} has type {array.dtype}, not a float")

    def __getitem__(self, name: str) -> FloatArray:
        array = self._tensors[name]
        weights = np.ascontiguousarray(array, np.float32)
        if name in self._scales:
            weights *= self._scales[name]
        weights.flags.writeable = False
        return weights

    def __contains__(self, name: object) -> bool:
        return name in self._tensors  # a Mapping's own way is to make the array

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)

    @property
    def stored(self) -> Mapping[str, npt.NDArray[Any]]:
        """The arrays in the types that the file has: finite where those made of them are."""
        return self._tensors

    def whole(self, name: str) -> tuple[npt.NDArray[np.int8], FloatArray] | None:
        """Return a matrix's whole numbers, (K, J), and their scale, (J,), if it is in 8 bits."""
        return (self._tensors[name], self._scales[name]) if name in self._scales else None


def _is_scale(name: str, tensors: Tensors) -> bool:
    of = tensors.get(name.removesuffix(SCALE))
    return name.endswith(SCALE) and of is not None and of.dtype == np.int8


def _scale(name: str, array: npt.NDArray[Any], tensors: Tensors) -> FloatArray:
    scale = tensors.get(name + SCALE)
    if scale is None:
        raise CheckpointError(f"the array {name!r} is in 8 bits and lacks its scale")
    if scale.dtype != np.float32 or array.ndim != 2 or scale.shape != array.shape[1:]:
        raise CheckpointError(f"the scale of the array {name!r} has the wrong form")
    if not (np.abs(scale) <= _LARGEST_SCALE).all():  # no product is infinite, none is NaN
        raise CheckpointError(f"the scale of the array {name!r} holds numbers that are not finite")
    return scale
