"""An imported model computes what textgenrnn's Keras model of the same weights does.

Version 0.1 is compared with plain arithmetic in tests/core/legacy/test_legacy.py: the
hard sigmoid of its day is not in Keras any more.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from legacy_models import WORDS, LegacyModel

from textgen_core.generation.engine import Engine
from textgen_core.legacy.weights import import_legacy
from textgen_core.training.backend import import_keras

keras = import_keras()
CONTEXT = 40


class WeightedAverage(keras.layers.Layer):  # type: ignore[name-defined,misc]
    """Average the steps, weighted by the softmax of one score each."""

    def build(self, shape: tuple[int, ...]) -> None:
        self.W = self.add_weight(shape=(shape[-1], 1), name="attention_W")

    def call(self, steps: Any) -> Any:
        weights = keras.ops.softmax(keras.ops.matmul(steps, self.W), axis=1)
        return keras.ops.sum(weights * steps, axis=1)


def keras_model(model: LegacyModel) -> Any:
    """Build the network with textgenrnn's names of layers and give it the model's weights."""
    arrays = model.arrays()
    window = keras.Input((CONTEXT,), dtype="int32", name="input")
    steps = keras.layers.Embedding(model.classes, model.embedded, name="embedding")(window)
    features, layers = [steps], []
    for names in model.layer_names():
        layer = keras.layers.LSTM(model.units, return_sequences=True)
        layer = keras.layers.Bidirectional(layer) if model.bidirectional else layer
        steps = layer(steps)
        features.append(steps)
        layers.append((layer, names))
    attention = WeightedAverage(name="attention")
    average = attention(keras.layers.Concatenate(name="rnn_concat")(features))
    output = keras.layers.Dense(model.classes, activation="softmax", name="output")
    built = keras.Model(window, output(average))
    built.get_layer("embedding").set_weights([arrays["embedding/embeddings"]])
    for layer, names in layers:
        parts = ("kernel", "recurrent_kernel", "bias")
        layer.set_weights([arrays[f"{name}/{part}"] for name in names for part in parts])
    attention.set_weights([arrays["attention/attention_W"]])
    output.set_weights([arrays["output/kernel"], arrays["output/bias"]])
    return built


@pytest.mark.parametrize(
    "model",
    [
        LegacyModel(units=24),
        LegacyModel(units=24, cudnn=True),
        LegacyModel(layers=1),
        LegacyModel(layers=3, cudnn=True),
        LegacyModel(bidirectional=True),
        LegacyModel(bidirectional=True, layers=1),
        LegacyModel(bidirectional=True, layers=3, cudnn=True),
        LegacyModel(tokens=WORDS),
        LegacyModel(layers=2, units=128, embedded=100, cudnn=True, deviation=0.1),
    ],
)
def test_next_character_probabilities_are_equal(model: LegacyModel, tmp_path: Path) -> None:
    engine = Engine(import_legacy(model.write(tmp_path)))
    reference = keras_model(model)
    rng = np.random.default_rng(2)
    boundary = engine.vocabulary.boundary_id
    ids = [boundary, *rng.integers(1, model.classes, 60).tolist()]
    windows = [([0] * CONTEXT + ids[:length])[-CONTEXT:] for length in range(1, len(ids))]
    expected = np.asarray(reference(np.array(windows, np.int32)))
    state = engine.start()
    for place in range(1, len(ids)):
        assert np.abs(engine.probs(state) - expected[place - 1]).max() < 1e-5
        state = engine.feed(state, [ids[place]])
