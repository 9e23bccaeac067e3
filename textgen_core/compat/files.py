"""A model's files under the names, and in the places, that textgenrnn's users know.

``NAME_weights.hdf5`` is an HDF5 file in which one array of bytes holds a checkpoint,
and with it the vocabulary and the configuration: alone it is a whole model.
``NAME_vocab.json`` and ``NAME_config.json`` lie beside it for whoever reads them.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from textgen_core.errors import CheckpointError, OutputError, TextgenWarning
from textgen_core.legacy.model_files import container_of, is_own, read_model, read_own
from textgen_core.legacy.output_files import check_place
from textgen_core.model.bundled import base_weights_path
from textgen_core.model.checkpoint import (
    Checkpoint,
    load_checkpoint,
    save_checkpoint,
    write_atomically,
)
from textgen_core.text.legacy_vocabulary import BOUNDARY, LegacyVocabulary
from textgen_core.text.tokenizer import Tokenizer
from textgen_core.text.vocabulary import Vocabulary

PathLike = str | os.PathLike[str]

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
        vocabulary: of textgenrnn's weights, as ``import_legacy``'s. Weights of ours bring
            their own, which this one must then be.
        config: likewise; None takes the one beside textgenrnn's weights.
        strict: False passes over vocabulary and config where the weights bring theirs.

    Raises:
        CheckpointError, LegacyFormatError: a file is missing, damaged, foreign, or
            another model's.
        ValueError: a vocabulary is given without weights.
    """
    if weights is None:
        _check_alone(vocabulary, config)
        return load_checkpoint(base_weights_path())
    name = Path(weights).name
    checkpoint = read_own(weights)
    if checkpoint is None:
        checkpoint = read_model(weights, vocabulary=vocabulary, config=config)
        return _checked_against(checkpoint, _json(config) if config is not None else {}, name)
    if not strict:
        return checkpoint
    given = _json(config) if config is not None else {}
    if vocabulary is not None and _json(vocabulary) != vocabulary_table(checkpoint.vocabulary):
        raise CheckpointError(
            f"{Path(vocabulary).name} is another model's vocabulary; {name} holds its own:"
            " leave vocab_path out"
        )
    return _checked_against(checkpoint, given, name)


def _check_alone(vocabulary: PathLike | None, config: PathLike | None) -> None:
    """Say what becomes of a vocabulary or a configuration without weights."""
    if vocabulary is not None:
        raise ValueError("vocab_path belongs to weights: give weights_path, too")
    if config is not None:
        _json(config)
        warnings.warn(
            "config_path alone changes nothing: the library's own model has its shape, and a"
            " new model takes its options from the call that trains it",
            TextgenWarning,
            stacklevel=5,
        )


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
    else:
        write_atomically(container_of(checkpoint), path)


def write_files(checkpoint: Checkpoint, name: str) -> None:
    """Write ``NAME_weights.hdf5``, ``NAME_vocab.json`` and ``NAME_config.json``."""
    # First what tells that all three are ours, should something come between.
    write_weights(checkpoint, f"{name}_weights.hdf5")
    tables = {
        "vocab": vocabulary_table(checkpoint.vocabulary),
        "config": {**settings_of(checkpoint), "name": name},
    }
    for kind, table in tables.items():
        text = json.dumps(table, ensure_ascii=False)
        write_atomically(text.encode("utf-8", "surrogatepass"), Path(f"{name}_{kind}.json"))


def check_files(name: str, epochs: Iterable[int], *, overwrite: bool) -> None:
    """Raise OutputError unless the files of a training may be written.

    Args:
        name: what their names begin with.
        epochs: those whose weights get a file of their own.
        overwrite: whether files that are not ours may be replaced.
    """
    weights = Path(f"{name}_weights.hdf5")
    tables = [Path(f"{name}_{kind}.json") for kind in ("vocab", "config")]
    epochs_weights = [Path(f"{name}_weights_epoch_{epoch}.hdf5") for epoch in epochs]
    for path in (weights, *tables, *epochs_weights):
        check_place(path)
    if overwrite:
        return
    foreign = [path for path in (weights, *epochs_weights) if path.exists() and not is_own(path)]
    if not weights.exists():
        foreign += [path for path in tables if path.exists()]
    if foreign:
        raise OutputError(
            f"{foreign[0]} is there already and not from this library; training would replace it:"
            " give the model another name with name='…', or overwrite=True"
        )
