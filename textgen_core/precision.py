"""Weights as a file holds them: in 32, 16 or 8 bits.

In 8 bits a matrix is stored as whole numbers and one scale a column, the column's
largest absolute value over 127; vectors, which are small, are float16.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from textgen_core.errors import CheckpointError

FloatArray = npt.NDArray[np.float32]
Tensors = dict[str, npt.NDArray[Any]]

SCALE = "/scale"  # follows the name of the matrix it belongs to
_LARGEST = 127


class Precision(StrEnum):
    """How weights are stored; they are float32 in memory."""

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


def from_stored(tensors: Tensors) -> dict[str, FloatArray]:
    """Convert a file's arrays to float32, each let go of before the next takes memory.

    Raises:
        CheckpointError: an array has another type, or lacks its scale.
    """
    weights: dict[str, FloatArray] = {}
    for name in [name for name in tensors if not _is_scale(name, tensors)]:
        array = tensors.pop(name)
        if array.dtype == np.int8:
            scale = _scale(name, array, tensors)
            weights[name] = array.astype(np.float32)
            with np.errstate(over="ignore"):  # what is not finite is refused as such
                weights[name] *= scale
        elif array.dtype in (np.float16, np.float32):
            weights[name] = np.ascontiguousarray(array, dtype=np.float32)
        else:
            raise CheckpointError(f"the array {name!r} has type {array.dtype}, not a float")
        weights[name].flags.writeable = False
    return weights


def _is_scale(name: str, tensors: Tensors) -> bool:
    of = tensors.get(name.removesuffix(SCALE))
    return name.endswith(SCALE) and of is not None and of.dtype == np.int8


def _scale(name: str, array: npt.NDArray[Any], tensors: Tensors) -> FloatArray:
    scale = tensors.pop(name + SCALE, None)
    if scale is None:
        raise CheckpointError(f"the array {name!r} is in 8 bits and lacks its scale")
    if scale.dtype != np.float32 or array.ndim != 2 or scale.shape != array.shape[1:]:
        raise CheckpointError(f"the scale of the array {name!r} has the wrong form")
    if not np.isfinite(scale).all():
        raise CheckpointError(f"the scale of the array {name!r} holds numbers that are not finite")
    return scale
