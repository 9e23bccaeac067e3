"""A model's file, of whichever kind it is: one of ours in either form, or textgenrnn's.

Ours are ``.safetensors``, or an HDF5 file in which one array of bytes holds the same: the
drop-in class writes that under textgenrnn's names. Anything else is refused by what it is.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

from textgen_core.errors import CheckpointError
from textgen_core.model.checkpoint import (
    MAX_CHECKPOINT_BYTES,
    Checkpoint,
    checkpoint_from_bytes,
    checkpoint_to_bytes,
    load_checkpoint,
)
from textgen_core.model.file_header import FORMAT, MAX_HEADER_BYTES

PathLike = str | os.PathLike[str]

CONTAINER = "textgen_checkpoint"
HDF5_OPENING = b"\x89HDF\r\n\x1a\n"
_HDF5_ENDINGS = (".hdf5", ".h5")
_LOOKED_AT_BYTES = 4096
_MAX_TABLE_BYTES = 2 * 1024 * 1024
_OPENINGS = {
    b"\x1f\x8b": "a gzip archive: unpack it first",
    b"PK\x03\x04": "a zip archive: unpack it first",
    b"version https://git-lfs": "a pointer of Git LFS: 'git lfs pull' fetches the file itself",
    b"<!doctype html": "a web page: download the file itself",
    b"<html": "a web page: download the file itself",
}


def read_model(
    path: PathLike, *, vocabulary: PathLike | None = None, config: PathLike | None = None
) -> Checkpoint:
    """Read a model from a file of ours or of textgenrnn.

    Args:
        path: the file.
        vocabulary: for textgenrnn's weights, as ``import_legacy``'s; ours have their own.
        config: likewise.

    Raises:
        CheckpointError, LegacyFormatError: the file is missing, damaged, of another kind,
            or what belongs to it is; the text says which.
    """
    checkpoint = read_own(path)
    if checkpoint is None:
        from textgen_core.legacy.weights import import_legacy  # imports HDF5

        return import_legacy(path, vocabulary=vocabulary, config=config)
    return checkpoint


def read_own(path: PathLike) -> Checkpoint | None:
    """Read a model of ours; None where the file is HDF5 of another program.

    Raises:
        CheckpointError: as ``read_model``.
    """
    path = Path(path)
    if not opens_as_hdf5(path):
        return _not_hdf5(path)
    data = _contained(path)
    try:
        return checkpoint_from_bytes(data) if data is not None else None
    except CheckpointError as error:
        raise CheckpointError(f"{path.name} is not a usable model: {error}") from error


def container_of(checkpoint: Checkpoint) -> bytes:
    """Return an HDF5 file that holds a model whole."""
    import h5py
    import numpy as np

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        data = np.frombuffer(checkpoint_to_bytes(checkpoint), np.uint8)
        file.create_dataset(CONTAINER, data=data)
    return buffer.getvalue()


def is_own(path: PathLike) -> bool:
    """Tell whether a file is a model of ours, without reading its arrays in safetensors."""
    path = Path(path)
    try:
        if opens_as_hdf5(path):
            return _contained(path) is not None
        with path.open("rb") as file:
            # safetensors: the header's length in eight bytes, then the header.
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length)) if length <= MAX_HEADER_BYTES else None
    except (CheckpointError, OSError, ValueError, RecursionError):
        return False
    metadata = header.get("__metadata__") if isinstance(header, dict) else None
    return isinstance(metadata, dict) and metadata.get("format") == FORMAT


def opens_as_hdf5(path: PathLike) -> bool:
    """Tell whether a file begins as HDF5 does.

    Raises:
        CheckpointError: it is missing, a folder or cannot be read.
    """
    return _opening(Path(path)).startswith(HDF5_OPENING)


def what_it_is(path: PathLike) -> str | None:
    """Return in words what a file is that is no model; None where that cannot be told.

    Raises:
        CheckpointError: it is missing, a folder or cannot be read.
    """
    path = Path(path)
    opening = _opening(path)
    if not opening:
        return "empty"
    text = opening.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for beginning, words in _OPENINGS.items():
        if opening.startswith(beginning) or text.startswith(beginning):
            return words
    if b"\0" in opening:
        return None
    if text[:1] in (b"{", b"["):
        return _what_json(path)
    try:
        opening.decode("utf-8")
    except UnicodeDecodeError as error:
        return None if error.start < len(opening) - 3 else "a text file"
    return "a text file"


def _what_json(path: Path) -> str:
    try:
        if path.stat().st_size > _MAX_TABLE_BYTES:
            return "a JSON file"
        table = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return "a text file"
    if isinstance(table, dict) and {"rnn_size", "rnn_layers"} & set(table):
        return "a configuration: give the weights that it belongs to"
    if isinstance(table, dict) and table and all(type(v) is int for v in table.values()):
        return "a vocabulary: give the weights that it belongs to"
    return "a JSON file"


def _opening(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LOOKED_AT_BYTES)
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no model file {path}") from error
    except IsADirectoryError as error:
        raise CheckpointError(f"{path} is a folder: give a model's file") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CheckpointError(f"the model file {path} cannot be read: {reason}") from error


def _not_hdf5(path: Path) -> Checkpoint:
    kind = what_it_is(path)
    if kind:
        raise CheckpointError(f"{path.name} holds no weights; it is {kind}")
    try:
        return load_checkpoint(path)
    except CheckpointError as error:
        if path.suffix.lower() in _HDF5_ENDINGS:
            raise CheckpointError(
                f"{path.name} is not HDF5 weights, nor a model of this library: it is damaged"
                " or a file of another kind"
            ) from error
        raise


def _contained(path: Path) -> bytes | None:
    """Return the checkpoint's bytes; they are read only if they lie in the file as they are."""
    import h5py

    size = path.stat().st_size
    try:
        with h5py.File(path, "r", locking=False) as file:
            if CONTAINER not in file:
                return None
            if list(file) != [CONTAINER] or not _is_plain(file):
                raise CheckpointError(f"{path.name} holds more than this program writes")
            dataset = file[CONTAINER]
            stored = dataset.id.get_storage_size()
            if dataset.size != stored or not 0 < stored <= min(size, MAX_CHECKPOINT_BYTES):
                raise CheckpointError(f"{path.name} is cut short or larger than any model")
            return bytes(dataset[()].tobytes())
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, OverflowError) as error:
        raise CheckpointError(f"{path.name} is damaged or not an HDF5 file") from error


def _is_plain(file: Any) -> bool:
    import h5py

    if not isinstance(file.get(CONTAINER, getlink=True), h5py.HardLink):
        return False
    dataset = file[CONTAINER]
    if not isinstance(dataset, h5py.Dataset) or dataset.dtype.str != "|u1" or dataset.ndim != 1:
        return False
    properties = dataset.id.get_create_plist()
    return (
        properties.get_layout() == h5py.h5d.CONTIGUOUS
        and not properties.get_external_count()
        and not properties.get_nfilters()
    )
