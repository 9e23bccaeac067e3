"""Models of windows in training: a window of ids in, the logits of the next id out.

textgenrnn's network in Keras. Every character is a window of its own, so that an
epoch costs as many steps a character as a window has ids. ``generation/engine.py`` computes
the same without Keras.

Importing this module imports Keras and its backend: only training does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from textgen_core.model.checkpoint import check_weights
from textgen_core.model.config import ModelConfig
from textgen_core.model.quantization import FloatArray
from textgen_core.text.vocabulary import PADDING_ID
from textgen_core.training.batching import Batch, EncodedCorpus, Rows
from textgen_core.training.keras_model import keras
from textgen_core.training.learner import compile_model

MAX_BATCH_WINDOWS = 128

ops = keras.ops


@keras.saving.register_keras_serializable("textgen")
class WindowAverage(keras.layers.Layer):  # type: ignore[misc]
    """Average the features of all steps, weighted by the softmax of their scores."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.score = self.add_weight(name="score", shape=(input_shape[-1],), initializer="zeros")

    def call(self, features: Any) -> Any:
        """Map (B, T, F) to (B, F)."""
        weights = ops.softmax(ops.matmul(features, self.score[:, None]), axis=1)
        return ops.sum(weights * features, axis=1)


@keras.saving.register_keras_serializable("textgen")  # type: ignore[untyped-decorator,unused-ignore]
def hard_sigmoid(x: Any) -> Any:
    """Return the hard sigmoid of Keras 2; that of Keras 3 is another function."""
    return ops.clip(0.2 * x + 0.5, 0, 1)


def build_window_model(config: ModelConfig, vocabulary_size: int) -> Any:
    """Return a keras.Model from ids, int32 (B, W), to logits, float32 (B, V)."""
    assert config.window is not None
    window = config.window
    ids = keras.Input((window.context_chars,), dtype="int32", name="ids")
    embedding = keras.layers.Embedding(vocabulary_size, config.dim_embeddings, name="embedding")
    gates = hard_sigmoid if window.hard_sigmoid else "sigmoid"
    rnn = [
        keras.layers.LSTM(
            config.rnn_size,
            return_sequences=True,
            recurrent_activation=gates,
            name=f"rnn_{layer}",
        )
        for layer in range(config.rnn_layers)
    ]
    if window.bidirectional:
        rnn = [keras.layers.Bidirectional(layer, name=layer.name) for layer in rnn]
    features = [_dropped(embedding(ids), config)]
    for layer in rnn:
        features.append(_dropped(layer(features[-1]), config))
    if window.attention:
        joined = keras.layers.Concatenate(name="features")(features)
        read = WindowAverage(name="attention")(joined)
    else:
        read = features[-1][:, -1]
    logits = keras.layers.Dense(vocabulary_size, name="output", dtype="float32")(read)
    return keras.Model(ids, logits)


def _dropped(states: Any, config: ModelConfig) -> Any:
    return keras.layers.Dropout(config.dropout)(states) if config.dropout else states


def window_variables(model: Any) -> dict[str, Any]:
    """Return the model's variables under the names that checkpoints use."""
    named: dict[str, Any] = {}
    for layer in model.layers:
        if layer.name == "embedding":
            named["embedding"] = layer.embeddings
        elif layer.name.startswith("rnn_"):
            both = isinstance(layer, keras.layers.Bidirectional)
            ways = {"/forward": "forward_layer", "/backward": "backward_layer"} if both else {}
            cells = {end: getattr(layer, way).cell for end, way in ways.items()} or {"": layer.cell}
            for end, cell in cells.items():
                for part in ("kernel", "recurrent_kernel", "bias"):
                    named[f"{layer.name}{end}/{part}"] = getattr(cell, part)
        elif layer.name == "attention":
            named["attention/score"] = layer.score
        elif layer.name == "output":
            named["output/kernel"], named["output/bias"] = layer.kernel, layer.bias
    return named


class WindowLearner:
    """Learns from windows, each of which gives one loss.

    Args:
        config: shape of the network; it has a window.
        vocabulary_size: V.
        batch_targets: windows a step, at most; more than 128 are not taken.
        learning_rate: at the first step.
    """

    def __init__(
        self, config: ModelConfig, vocabulary_size: int, batch_targets: int, learning_rate: float
    ) -> None:
        assert config.window is not None
        self.model = build_window_model(config, vocabulary_size)
        compile_model(self.model, learning_rate)
        self._context = config.window.context_chars
        self._batch_windows = min(batch_targets, MAX_BATCH_WINDOWS)

    def plan(self, corpus: EncodedCorpus, rng: np.random.Generator | None = None) -> list[Rows]:
        """Divide the places of all scored ids, shape (R,), among batches."""
        first, last = corpus.starts[0], corpus.starts[-1]
        scored = corpus.ids[first:last] != PADDING_ID
        scored[corpus.starts[:-1] - first] = False
        places = np.flatnonzero(scored) + first
        if rng is not None:
            places = places[rng.permutation(len(places))]
        size = self._batch_windows
        return [places[at : at + size] for at in range(0, len(places), size)]

    def load(self, corpus: EncodedCorpus, rows: Rows) -> Batch:
        """Return inputs (B, W), padded in front, targets (B,) and weights (B,)."""
        starts = corpus.starts[np.searchsorted(corpus.starts, rows, side="right") - 1]
        places = rows[:, None] + np.arange(-self._context, 0)
        inside = places >= starts[:, None]
        inputs = np.where(inside, corpus.ids[np.maximum(places, 0)], PADDING_ID)
        targets = corpus.ids[rows].astype(np.int32)
        return Batch(inputs.astype(np.int32), targets, np.ones(len(rows), np.float32))

    def step(self, batch: Batch) -> float:
        """See ``Learner.step``."""
        return float(self.model.train_on_batch(batch.inputs, batch.targets, batch.weights))

    def score(self, batch: Batch) -> float:
        """See ``Learner.score``."""
        return float(self.model.test_on_batch(batch.inputs, batch.targets, batch.weights))

    def weights(self) -> dict[str, FloatArray]:
        """See ``Learner.weights``."""
        return {
            name: np.array(ops.convert_to_numpy(variable.value), dtype=np.float32)
            for name, variable in window_variables(self.model).items()
        }

    def assign(self, weights: Mapping[str, FloatArray]) -> None:
        """See ``Learner.assign``."""
        variables = window_variables(self.model)
        check_weights(weights, {name: tuple(v.shape) for name, v in variables.items()})
        for name, variable in variables.items():
            variable.assign(weights[name])
