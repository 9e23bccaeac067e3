"""textgenrnn's models as checkpoints of ours, to the number.

Version 0.1 wrote the layers ``embedding``, ``rnn`` and ``output``; versions 1.x
and 2.0 ``embedding``, ``rnn_1`` …, ``attention`` and ``output``, and for a model
trained with context labels ``context_output`` beside it, which plain generation
does not use. LSTM layers lie there as Keras has them or as cuDNN had them.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from textgen_core.errors import (
    CheckpointError,
    LegacyFormatError,
    MissingVocabularyError,
    TextgenWarning,
    VocabularyError,
)
from textgen_core.legacy.files import FloatArray, read_arrays, read_json
from textgen_core.legacy.textgenrnn_tables import beside, packaged_vocabulary
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.config import LSTM_PARTS, ModelConfig, WindowShape
from textgen_core.model.limits import check_cost
from textgen_core.text.legacy_vocabulary import BOUNDARY, LegacyVocabulary
from textgen_core.text.vocabulary import PADDING_ID

Arrays = dict[str, FloatArray]
Shapes = dict[str, tuple[int, ...]]
PathLike = str | os.PathLike[str]

_SETTINGS = {
    "rnn_layers": int,
    "rnn_size": int,
    "dim_embeddings": int,
    "max_length": int,
    "rnn_bidirectional": bool,
    "word_level": bool,
    "single_text": bool,
}
_DEFAULT_CONTEXT_CHARS = 40
_EMBEDDING = "embedding/embeddings"
_CONTEXT_OUTPUT = ("context_output/kernel", "context_output/bias")


def import_legacy(
    weights: PathLike, *, vocabulary: PathLike | None = None, config: PathLike | None = None
) -> Checkpoint:
    """Read a model of textgenrnn.

    Args:
        weights: ``…_weights.hdf5``.
        vocabulary: ``…_vocab.json``; None takes the one beside the weights, or else
            textgenrnn's own table of as many characters.
        config: ``…_config.json``; None takes the one beside the weights, or else
            what the arrays show and windows of 40 characters.

    Raises:
        LegacyFormatError: a file is missing, damaged or foreign, or an array is
            missing, extra or misshapen; the text names it.
    """
    config = config or beside(weights, "config")
    settings = _settings(read_json(config)) if config is not None else {}
    arrays = read_arrays(weights)
    table = _table(Path(weights), vocabulary, settings, _length(arrays, _EMBEDDING, 0))
    shape = _shape(arrays, settings)
    _check(arrays, _expected(arrays, shape, table.size))
    left_out = [name for name in _CONTEXT_OUTPUT if name in arrays]
    manifest: dict[str, Any] = {
        "imported_from": "textgenrnn 0.1" if "rnn/kernel" in arrays else "textgenrnn 1.x or 2.0",
        "left_out": left_out,
    }
    if settings.get("single_text") or table.boundary_id == PADDING_ID:
        manifest["textgenrnn"] = {"single_text": True}
    try:
        check_cost(shape, table.size)
        return Checkpoint(shape, table, _converted(arrays, shape), manifest)
    except CheckpointError as error:
        raise LegacyFormatError(f"{Path(weights).name}: {error}") from error


def _settings(values: dict[str, Any]) -> dict[str, Any]:
    """Return what matters of a configuration."""
    for name, kind in _SETTINGS.items():
        if name in values and type(values[name]) is not kind:
            wanted = "a whole number" if kind is int else "true or false"
            raise LegacyFormatError(
                f"the configuration's {name} must be {wanted}, got {values[name]!r:.60}"
            )
    return {name: values[name] for name in _SETTINGS if name in values}


def _table(
    weights: Path, given: PathLike | None, settings: dict[str, Any], ids: int
) -> LegacyVocabulary:
    """Return the vocabulary of weights with so many ids: given, beside them, or packaged."""
    packaged = packaged_vocabulary(ids)
    path = Path(given) if given is not None else beside(weights, "vocab")
    if path is None and packaged is None:
        raise MissingVocabularyError(
            f"{weights.name} has {ids} ids and does not hold their vocabulary: give its"
            " …_vocab.json, too (vocab_path of the class, --vocab of the command)"
        )
    if path is not None:
        table = _vocabulary(read_json(path), settings.get("word_level"))
        if table.boundary_id == PADDING_ID and settings.get("single_text") is False:
            raise LegacyFormatError(
                f"the vocabulary lacks {BOUNDARY!r}, which opens and closes a text, and the"
                " configuration does not say that it is of one single text"
            )
        if given is not None or table.size == ids or packaged is None:
            return table
        warnings.warn(
            f"{path.name} is another model's vocabulary, of {table.size} ids; {weights.name}"
            f" has {ids}, as many as textgenrnn's own table, which is used",
            TextgenWarning,
            stacklevel=4,
        )
    assert packaged is not None
    return packaged


def _vocabulary(table: dict[str, Any], words: bool | None) -> LegacyVocabulary:
    """Read a mapping from tokens to ids, which must be 1 … n."""
    ids = list(table.values())
    if not all(type(char_id) is int for char_id in ids) or sorted(ids) != [*range(1, len(ids) + 1)]:
        raise LegacyFormatError(
            f"the vocabulary must number its {len(ids)} entries from 1 to {len(ids)}"
        )
    tokens = tuple(sorted(table, key=table.__getitem__))
    if words is None:
        words = any(len(token) > 1 and token != BOUNDARY for token in tokens)
    try:
        return LegacyVocabulary(tokens, words)
    except VocabularyError as error:
        raise LegacyFormatError(str(error)) from error


def _shape(arrays: Arrays, settings: dict[str, Any]) -> ModelConfig:
    """Return the shape that the configuration states, or else that the arrays show."""
    layers = sum(f"rnn_{i}" in {name.partition("/")[0] for name in arrays} for i in range(1, 9))
    both = settings.get("rnn_bidirectional", any("/forward/" in name for name in arrays))
    first = "rnn" if "rnn/kernel" in arrays else "rnn_1/forward" if both else "rnn_1"
    old = first == "rnn"
    try:
        return ModelConfig(
            rnn_layers=1 if old else settings.get("rnn_layers", layers or 1),
            rnn_size=settings.get("rnn_size", _length(arrays, f"{first}/recurrent_kernel", 0)),
            dim_embeddings=settings.get("dim_embeddings", _length(arrays, _EMBEDDING, 1)),
            window=WindowShape(
                context_chars=settings.get("max_length", _DEFAULT_CONTEXT_CHARS),
                attention=not old,
                bidirectional=both,
                hard_sigmoid=old,
            ),
        )
    except ValueError as error:
        raise LegacyFormatError(f"the model cannot be read: {error}") from error


def _length(arrays: Arrays, name: str, axis: int) -> int:
    if name not in arrays:
        raise LegacyFormatError(f"the weights lack the array {name!r}")
    if arrays[name].ndim != 2:
        raise LegacyFormatError(
            f"the array {name!r} must have 2 axes, got shape {arrays[name].shape}"
        )
    return int(arrays[name].shape[axis])


@dataclass(frozen=True, slots=True)
class LegacyLayer:
    """One direction of one LSTM layer: its name there, here, and its inputs."""

    theirs: str
    ours: str
    inputs: int


def legacy_layers(shape: ModelConfig) -> list[LegacyLayer]:
    """Return every direction of every LSTM layer of a model of windows."""
    assert shape.window is not None
    layers: list[LegacyLayer] = []
    inputs = shape.dim_embeddings
    for number, names in enumerate(shape.rnn_names, 1):
        base = f"rnn_{number}" if shape.window.attention else "rnn"
        for ours in names:
            direction = ours.partition("/")[2]
            layers.append(LegacyLayer(f"{base}/{direction}" if direction else base, ours, inputs))
        inputs = shape.layer_size
    return layers


def _expected(arrays: Arrays, shape: ModelConfig, size: int) -> Shapes:
    """Return the shapes that the arrays must have, by their names in the file."""
    units = shape.rnn_size
    shapes: Shapes = {_EMBEDDING: (size, shape.dim_embeddings)}
    for layer in legacy_layers(shape):
        shapes[f"{layer.theirs}/kernel"] = (layer.inputs, 4 * units)
        shapes[f"{layer.theirs}/recurrent_kernel"] = (units, 4 * units)
        fused = _is_cudnn(arrays, layer, units) and shape.window and shape.window.attention
        shapes[f"{layer.theirs}/bias"] = (8 * units,) if fused else (4 * units,)
    if shape.window and shape.window.attention:
        shapes["attention/attention_W"] = (shape.feature_size, 1)
    if any(name in arrays for name in _CONTEXT_OUTPUT):
        kernel = arrays.get(_CONTEXT_OUTPUT[0])
        labels = kernel.shape[0] - shape.feature_size if kernel is not None and kernel.ndim else 0
        shapes[_CONTEXT_OUTPUT[0]] = (shape.feature_size + max(1, labels), size)
        shapes[_CONTEXT_OUTPUT[1]] = (size,)
    shapes["output/kernel"] = (shape.output_inputs, size)
    shapes["output/bias"] = (size,)
    return shapes


def _check(arrays: Arrays, shapes: Shapes) -> None:
    for name, shape in shapes.items():
        if name not in arrays:
            raise LegacyFormatError(f"the weights lack the array {name!r}")
        if arrays[name].shape != shape:
            foreign = name == _EMBEDDING and arrays[name].shape[1:] == shape[1:]
            hint = "; the vocabulary is another model's" if foreign else ""
            raise LegacyFormatError(
                f"the array {name!r} must have shape {shape}, got {arrays[name].shape}{hint}"
            )
    for name in arrays:
        if name not in shapes:
            raise LegacyFormatError(f"the weights have an unknown array {name!r}")


def _converted(arrays: Arrays, shape: ModelConfig) -> Arrays:
    """Return the arrays under our names and in Keras's layout."""
    weights = {
        "embedding": arrays["embedding/embeddings"],
        "output/kernel": arrays["output/kernel"],
        "output/bias": arrays["output/bias"],
    }
    if shape.window and shape.window.attention:
        weights["attention/score"] = arrays["attention/attention_W"][:, 0]
    for layer in legacy_layers(shape):
        kernel, recurrent, bias = (arrays[f"{layer.theirs}/{part}"] for part in LSTM_PARTS)
        if _is_cudnn(arrays, layer, shape.rnn_size):
            kernel = _by_gate(kernel, lambda k: k.T.reshape(k.shape, order="F"))
            recurrent = _by_gate(recurrent, np.transpose)
            bias = bias[: len(bias) // 2] + bias[len(bias) // 2 :]
        weights[f"{layer.ours}/kernel"] = kernel
        weights[f"{layer.ours}/recurrent_kernel"] = recurrent
        weights[f"{layer.ours}/bias"] = bias
    return weights


def _is_cudnn(arrays: Arrays, layer: LegacyLayer, units: int) -> bool:
    """Tell whether a layer is in cuDNN's layout: it has two biases, to be added."""
    bias = arrays.get(f"{layer.theirs}/bias")
    return bias is not None and bias.shape == (8 * units,)


def _by_gate(kernel: FloatArray, change: Any) -> FloatArray:
    return np.concatenate([change(gate) for gate in np.split(kernel, 4, axis=1)], axis=1)
