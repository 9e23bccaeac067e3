"""textgenrnn's three files, as it wrote them itself: the way back from ``legacy``.

LSTM layers are written in Keras's layout, which every version reads, on a GPU too.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import h5py
import numpy as np

from textgen_core.errors import ExportError
from textgen_core.legacy.weights import legacy_layers
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.config import LSTM_PARTS, ModelConfig
from textgen_core.model.quantization import FloatArray
from textgen_core.text.legacy_vocabulary import LegacyVocabulary

_WINDOW_OF_0_1 = 40
_KERAS_VERSION = "2.1.5"  # of the weights that came with textgenrnn


def textgenrnn_files(checkpoint: Checkpoint, name: str) -> dict[str, bytes]:
    """Return what textgenrnn's files hold, by the ends of their names.

    Args:
        checkpoint: a model of windows.
        name: what textgenrnn is to call the model.

    Raises:
        ExportError: the model is none that a version of textgenrnn could read.
    """
    config, vocabulary = checkpoint.config, checkpoint.vocabulary
    _check_shape(config)
    if not isinstance(vocabulary, LegacyVocabulary):
        raise ExportError(
            "textgenrnn has no bytes in its vocabularies, with which this model spells:"
            " export it to onnx or keras"
        )
    table = {token: char_id for char_id, token in enumerate(vocabulary.tokens, 1)}
    # Escapes keep what is no Unicode text, too: halves of characters.
    return {
        "weights.hdf5": _hdf5(checkpoint),
        "vocab.json": json.dumps(table).encode(),
        "config.json": json.dumps(_settings(checkpoint, vocabulary, name)).encode(),
    }


def _check_shape(config: ModelConfig) -> None:
    window = config.window
    if window is None:
        raise ExportError(
            "textgenrnn reads windows of fixed length and has no model that reads a text"
            " once, as this one does: export it to onnx or keras"
        )
    if window.attention == window.hard_sigmoid:
        raise ExportError(
            "textgenrnn has either attention or hard sigmoids, which this model has both or"
            " neither of: export it to onnx or keras"
        )
    if not window.attention and (config.rnn_layers, window.context_chars) != (1, _WINDOW_OF_0_1):
        raise ExportError(
            f"textgenrnn 0.1 has one layer and windows of {_WINDOW_OF_0_1} characters, this"
            f" model {config.rnn_layers} and {window.context_chars}: export it to onnx or keras"
        )


def _settings(
    checkpoint: Checkpoint, vocabulary: LegacyVocabulary, name: str
) -> dict[str, int | bool | str]:
    """Return the configuration, in textgenrnn's order; 0.1 does not look for one."""
    config = checkpoint.config
    assert config.window is not None
    return {
        "rnn_layers": config.rnn_layers,
        "rnn_size": config.rnn_size,
        "rnn_bidirectional": config.window.bidirectional,
        "max_length": config.window.context_chars,
        "max_words": max(10_000, len(vocabulary.tokens)),
        "dim_embeddings": config.dim_embeddings,
        "word_level": vocabulary.words,
        "single_text": not checkpoint.ends_texts,
        "name": name,
    }


def _hdf5(checkpoint: Checkpoint) -> bytes:
    """Return a weight file: a group a layer, in it the arrays and a list of their names."""
    layers: dict[str, dict[str, FloatArray]] = {}
    for layer, name, array in _arrays(checkpoint):
        layers.setdefault(layer, {})
        if array is not None:
            layers[layer][f"{layer}/{name}:0"] = array
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        # Strings of fixed length: others come back as text, which old programs decode again.
        file.attrs["layer_names"] = np.array([*layers], "S")
        file.attrs["backend"] = np.bytes_("tensorflow")
        file.attrs["keras_version"] = np.bytes_(_KERAS_VERSION)
        for layer, arrays in layers.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = np.array([*arrays], "S" if arrays else float)
            for path, array in arrays.items():
                group[path] = array
    return buffer.getvalue()


def _arrays(checkpoint: Checkpoint) -> Iterator[tuple[str, str, FloatArray | None]]:
    """Yield the layer, the name within it and the array; None for layers that have none."""
    weights, window = checkpoint.weights, checkpoint.config.window
    assert window is not None
    if window.attention:
        yield "input", "", None
    yield "embedding", "embeddings", weights["embedding"]
    for names in legacy_layers(checkpoint.config):
        layer, _, direction = names.theirs.partition("/")
        within = f"{direction}_{layer}/" if direction else ""
        for part in LSTM_PARTS:
            yield layer, f"{within}{part}", weights[f"{names.ours}/{part}"]
    if window.attention:
        yield "rnn_concat", "", None
        yield "attention", "attention_W", weights["attention/score"][:, None]
    yield "output", "kernel", weights["output/kernel"]
    yield "output", "bias", weights["output/bias"]
