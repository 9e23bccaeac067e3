"""textgenrnn's files, read so that no file can do harm.

Weights are HDF5 as Keras wrote it. Of all that HDF5 can do only this is followed:
groups, hard links, and arrays of floating-point numbers that lie in the file as
they are. Links, data in other files, compressed, virtual or never written data
are refused, and a shape is held against the bytes that are there before any
memory is taken.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from textgen_core.errors import LegacyFormatError

MAX_WEIGHTS_BYTES = 512 * 1024 * 1024
MAX_JSON_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 6
MAX_MEMBERS = 100
MAX_ARRAYS = 200
MAX_OBJECTS = 1_000  # groups and arrays; the largest of textgenrnn's has some 80

FloatArray = npt.NDArray[np.float32]

_FLOATS = ("f2", "f4", "f8")
_HDF5_ERRORS = (OSError, KeyError, RuntimeError, ValueError, TypeError, OverflowError, MemoryError)


def read_arrays(path: str | os.PathLike[str]) -> dict[str, FloatArray]:
    """Return the arrays of a Keras weight file.

    Their names are the layer's and the array's, such as ``rnn_1/kernel``, and in
    bidirectional layers ``rnn_1/forward/kernel``, whatever lies between in the file.

    Raises:
        LegacyFormatError: the file is missing, damaged, or holds something else.
    """
    path = Path(path)
    file_bytes = _size_of(path, MAX_WEIGHTS_BYTES)
    try:
        with h5py.File(path, "r", locking=False) as file:
            return _read_all(file, file_bytes)
    except LegacyFormatError as error:
        raise LegacyFormatError(f"{path.name}: {error}") from error
    except _HDF5_ERRORS as error:
        raise LegacyFormatError(f"{path.name} is damaged or not an HDF5 file") from error


def _read_all(file: h5py.File, file_bytes: int) -> dict[str, FloatArray]:
    arrays: dict[str, FloatArray] = {}
    bytes_left = file_bytes
    # A whole model, as Keras's save wrote it, has its weights in a group, and other things.
    root = file["model_weights"] if _is_whole_model(file) else file
    for parts, dataset in _datasets(root, (), {_address(root)}):
        name = _short_name(parts)
        if name in arrays:
            raise LegacyFormatError(f"it has two arrays {name!r}")
        if len(arrays) == MAX_ARRAYS:
            raise LegacyFormatError(f"it has more than {MAX_ARRAYS} arrays")
        bytes_left -= _checked_bytes(name, dataset, bytes_left)
        arrays[name] = np.asarray(dataset[()], dtype=np.float32)
    return arrays


def _is_whole_model(file: h5py.File) -> bool:
    return isinstance(file.get("model_weights", getlink=True), h5py.HardLink) and isinstance(
        file["model_weights"], h5py.Group
    )


def _datasets(
    group: h5py.Group, parents: tuple[str, ...], visited: set[int]
) -> Iterator[tuple[tuple[str, ...], h5py.Dataset]]:
    """Yield every array beneath a group with the names that lead to it.

    Args:
        group: where to look.
        parents: names that lead to it.
        visited: addresses of what was visited; grows. With links to links, ten names in
            each of five groups are 100,000 ways.
    """
    if len(parents) == MAX_DEPTH or len(group) > MAX_MEMBERS:
        raise LegacyFormatError("its groups are deeper or larger than a weight file's")
    for name in group:
        parts = (*parents, name)
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise LegacyFormatError(f"{'/'.join(parts)!r} is a link to something else")
        member = group[name]
        address = _address(member)
        if address in visited:
            raise LegacyFormatError(f"{'/'.join(parts)!r} is in it under another name, too")
        if len(visited) == MAX_OBJECTS:
            raise LegacyFormatError(f"it has more than {MAX_OBJECTS} groups and arrays")
        visited.add(address)
        if isinstance(member, h5py.Group):
            yield from _datasets(member, parts, visited)
        elif isinstance(member, h5py.Dataset):
            yield parts, member
        else:
            raise LegacyFormatError(f"{'/'.join(parts)!r} is neither a group nor an array")


def _address(member: Any) -> int:
    """Return where an object lies in the file, whatever its names."""
    return int(h5py.h5o.get_info(member.id).addr)


def _checked_bytes(name: str, dataset: h5py.Dataset, bytes_left: int) -> int:
    """Return how many bytes of the file an array takes, or refuse it."""
    if dataset.shape is None or dataset.dtype.str[1:] not in _FLOATS:
        raise LegacyFormatError(f"the array {name!r} does not hold floating-point numbers")
    properties = dataset.id.get_create_plist()
    plain = (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT)
    if properties.get_layout() not in plain or properties.get_external_count():
        raise LegacyFormatError(f"the array {name!r} is compressed, in pieces or in another file")
    size = math.prod(map(int, dataset.shape)) * int(dataset.dtype.itemsize)
    if size > bytes_left or size != dataset.id.get_storage_size():
        raise LegacyFormatError(f"the array {name!r} is larger than what the file holds of it")
    return size


def _short_name(parts: tuple[str, ...]) -> str:
    between = [part for part in parts[1:-1] if part.startswith(("forward", "backward"))]
    directions = ["forward" if part.startswith("forward") else "backward" for part in between]
    return "/".join([parts[0], *directions[:1], parts[-1].removesuffix(":0")])


def read_json(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the JSON object that a file holds.

    Raises:
        LegacyFormatError: the file is missing or holds something else.
    """
    path = Path(path)
    _size_of(path, MAX_JSON_BYTES)
    try:
        value = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_without_repetition)
    except OSError as error:
        raise LegacyFormatError(f"{path.name} cannot be read: {error.strerror}") from error
    except LegacyFormatError as error:
        raise LegacyFormatError(f"{path.name}: {error}") from error
    except (ValueError, RecursionError) as error:
        raise LegacyFormatError(f"{path.name} is not JSON") from error
    if not isinstance(value, dict):
        raise LegacyFormatError(f"{path.name} does not hold a JSON object")
    return value


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise LegacyFormatError("an entry comes twice")
    return value


def _size_of(path: Path, most: int) -> int:
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise LegacyFormatError(f"there is no file {path}") from error
    except OSError as error:
        raise LegacyFormatError(f"{path} cannot be read: {error.strerror}") from error
    if size > most:
        raise LegacyFormatError(f"{path.name} is larger than any file of textgenrnn")
    return size
