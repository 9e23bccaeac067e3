"""A model's files under the names, and in the places, that textgenrnn's users know.

``NAME_weights.hdf5`` is an HDF5 file in which one array of bytes holds a checkpoint,
and with it the vocabulary and the configuration: alone it is a whole model.
``NAME_vocab.json`` and ``NAME_config.json`` lie beside it for whoever reads them.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from textgen_core.errors import CheckpointError
from textgen_core.model.bundled import base_weights_path
from textgen_core.model.checkpoint import (
    MAX_CHECKPOINT_BYTES,
    Checkpoint,
    checkpoint_from_bytes,
    checkpoint_to_bytes,
    load_checkpoint,
    save_checkpoint,
    write_atomically,
)
from textgen_core.text.legacy_vocabulary import BOUNDARY, LegacyVocabulary
from textgen_core.text.tokenizer import Tokenizer
from textgen_core.text.vocabulary import Vocabulary

PathLike = str | os.PathLike[str]

CONTAINER = "textgen_checkpoint"
DEFAULT_SETTINGS: Mapping[str, Any] = {
    "rnn_layers": 2,
    "rnn_size": 128,
    "rnn_bidirectional": False,
    "max_length": 40,
    "max_words": 10000,
    "dim_embeddings": 100,
    "word_level": False,
    "single_text": False,
}

_HDF5_OPENING = b"\x89HDF\r\n\x1a\n"
_KEPT = ("max_length", "max_words", "single_text")


def open_model(
    weights: PathLike | None,
    vocabulary: PathLike | None,
    config: PathLike | None,
    *,
    strict: bool = True,
) -> Checkpoint:
    """Read weights of any kind, with what belongs to them.

    Args:
        weights: a ``.safetensors`` checkpoint, or an HDF5 file of ours or of
            textgenrnn; None for the base model.
        vocabulary: textgenrnn's weights need one; None takes the one beside them, or
            else that of an installed textgenrnn. Weights of ours bring their own,
            which this one must then be.
        config: likewise; None takes the one beside textgenrnn's weights.
        strict: False passes over vocabulary and config where the weights bring theirs.

    Raises:
        CheckpointError, LegacyFormatError: a file is missing, damaged, foreign, or
            another model's.
        ValueError: a vocabulary or configuration is given without weights.
    """
    if weights is None:
        if vocabulary is not None or config is not None:
            raise ValueError("vocab_path and config_path belong to weights: give weights_path, too")
        return load_checkpoint(base_weights_path())
    path = Path(weights)
    checkpoint = _own(path)
    if checkpoint is None:
        return _textgenrnns(path, vocabulary, config)
    if not strict:
        return checkpoint
    given = _json(config) if config is not None else {}
    if vocabulary is not None and _json(vocabulary) != vocabulary_table(checkpoint.vocabulary):
        raise CheckpointError(
            f"{Path(vocabulary).name} is another model's vocabulary; {path.name} holds its own:"
            " leave vocab_path out"
        )
    return _checked_against(checkpoint, given, path.name)


def _own(path: Path) -> Checkpoint | None:
    """Read a model of ours; None where the file is HDF5 of textgenrnn's."""
    try:
        with path.open("rb") as file:
            opening = file.read(len(_HDF5_OPENING))
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no model file {path}") from error
    except OSError as error:
        raise CheckpointError(f"the model file {path} cannot be read: {error.strerror}") from error
    if opening != _HDF5_OPENING:
        return load_checkpoint(path)
    data = _contained(path)
    try:
        return checkpoint_from_bytes(data) if data is not None else None
    except CheckpointError as error:
        raise CheckpointError(f"{path.name} is not a usable model: {error}") from error


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


def _textgenrnns(path: Path, vocabulary: PathLike | None, config: PathLike | None) -> Checkpoint:
    from textgen_core.legacy.weights import import_legacy

    if vocabulary is None and not path.with_name(_name_of(path) + "_vocab.json").is_file():
        vocabulary = _installed_vocabulary()
        if vocabulary is None:
            raise ValueError(
                f"{path.name} is of textgenrnn and does not hold its vocabulary: give its"
                " …_vocab.json as vocab_path"
            )
    checkpoint = import_legacy(path, vocabulary=vocabulary, config=config)
    return _checked_against(checkpoint, _json(config) if config is not None else {}, path.name)


def _name_of(path: Path) -> str:
    return path.stem.partition("_weights")[0]


def _installed_vocabulary() -> Path | None:
    """Return the vocabulary of the original's own weights, where it is installed."""
    found = find_spec("textgenrnn")
    folders = found.submodule_search_locations if found else None
    path = Path(next(iter(folders))) / "textgenrnn_vocab.json" if folders else None
    return path if path and path.is_file() else None


def _json(path: PathLike) -> dict[str, Any]:
    from textgen_core.legacy.files import read_json

    return read_json(path)


def _checked_against(checkpoint: Checkpoint, given: dict[str, Any], name: str) -> Checkpoint:
    """Take from a configuration what weights do not show; refuse one of another shape."""
    own = settings_of(checkpoint)
    for key, value in given.items():
        if key in own and key not in _KEPT and value != own[key]:
            raise CheckpointError(
                f"the configuration is another model's: its {key} is {value!r:.40}, that of"
                f" {name} {own[key]!r}"
            )
    kept = {key: given.get(key, own[key]) for key in _KEPT}
    return with_settings(checkpoint, kept)


def settings_of(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return a model's configuration in textgenrnn's words.

    Raises:
        CheckpointError: what the model says of itself is malformed.
    """
    config = checkpoint.config
    kept = checkpoint.manifest.get("textgenrnn", {})
    kinds = {key: type(DEFAULT_SETTINGS[key]) for key in _KEPT}
    if not isinstance(kept, dict) or any(type(kept[k]) is not kinds.get(k) for k in kept):
        raise CheckpointError(f"the model's textgenrnn settings must be {sorted(_KEPT)}")
    shape = {
        "rnn_layers": config.rnn_layers,
        "rnn_size": config.rnn_size,
        "rnn_bidirectional": bool(config.window and config.window.bidirectional),
        "dim_embeddings": config.dim_embeddings,
        "word_level": in_words(checkpoint.vocabulary),
    }
    if config.window:
        shape["max_length"] = config.window.context_chars
    return {**DEFAULT_SETTINGS, **kept, **shape}


def with_settings(checkpoint: Checkpoint, settings: Mapping[str, Any]) -> Checkpoint:
    """Return the model with the settings in its manifest that its shape does not show."""
    kept = {key: settings[key] for key in _KEPT}
    return replace(checkpoint, manifest={**checkpoint.manifest, "textgenrnn": kept})


def in_words(vocabulary: Tokenizer) -> bool:
    """Tell whether a model reads words rather than characters."""
    return isinstance(vocabulary, LegacyVocabulary) and vocabulary.words


def vocabulary_table(vocabulary: Tokenizer) -> dict[str, int]:
    """Return tokens and their ids, as ``…_vocab.json`` has them.

    Bytes, with which our vocabularies spell rare characters, have no entry.
    """
    if isinstance(vocabulary, LegacyVocabulary):
        return {token: char_id for char_id, token in enumerate(vocabulary.tokens, 1)}
    assert isinstance(vocabulary, Vocabulary)
    table = {BOUNDARY: vocabulary.boundary_id}
    for char_id, data in enumerate(vocabulary.token_bytes):
        if len(data) > 1 or (data and data[0] < 0x80):
            table[data.decode("utf-8", "surrogatepass")] = char_id
    return table


def write_weights(checkpoint: Checkpoint, path: PathLike) -> None:
    """Write a model, by the file's ending: ``.safetensors``, or HDF5 for any other.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    path = Path(path)
    if path.suffix == ".safetensors":
        save_checkpoint(checkpoint, path)
        return
    import h5py
    import numpy as np

    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        data = np.frombuffer(checkpoint_to_bytes(checkpoint), np.uint8)
        file.create_dataset(CONTAINER, data=data)
    write_atomically(buffer.getvalue(), path)


def write_files(checkpoint: Checkpoint, name: str) -> None:
    """Write ``NAME_weights.hdf5``, ``NAME_vocab.json`` and ``NAME_config.json``."""
    tables = {
        "vocab": vocabulary_table(checkpoint.vocabulary),
        "config": {**settings_of(checkpoint), "name": name},
    }
    for kind, table in tables.items():
        text = json.dumps(table, ensure_ascii=False)
        write_atomically(text.encode("utf-8", "surrogatepass"), Path(f"{name}_{kind}.json"))
    write_weights(checkpoint, f"{name}_weights.hdf5")
