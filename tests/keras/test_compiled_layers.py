"""The compiled layers give the numbers and the gradients of the stock ones."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from textgen_core.kernels.lstm_gradient import lstm_backward, lstm_forward
from textgen_core.model.config import ModelConfig
from textgen_core.training.keras_model import assign_weights, build_model, read_weights
from textgen_core.training.learner import compile_model

V = 50


def random_weights(config: ModelConfig) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {
        name: (0.3 * rng.normal(size=shape)).astype(np.float32)
        for name, shape in config.weight_shapes(V).items()
    }


def loss_and_gradients(
    config: ModelConfig, ids: np.ndarray, *, compiled: bool
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    model = build_model(config, V, compiled=compiled)
    assign_weights(model, random_weights(config))
    weigh = np.random.default_rng(2).normal(size=(*ids.shape, V)).astype(np.float32)
    with tf.GradientTape() as tape:
        logits = model(ids, training=False)
        loss = tf.reduce_sum(logits * weigh)
    gradients = tape.gradient(loss, [variable.value for variable in model.trainable_variables])
    before = read_weights(model)
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        variable.assign(tf.convert_to_tensor(gradient))
    named = read_weights(model)
    assert before.keys() == named.keys()
    return np.asarray(logits), named


@pytest.mark.parametrize(
    ("config", "rows", "steps"),
    [
        (ModelConfig(rnn_layers=1, rnn_size=8, dim_embeddings=6), 4, 7),
        (ModelConfig(rnn_layers=2, rnn_size=13, dim_embeddings=5), 11, 9),
        (ModelConfig(rnn_layers=3, rnn_size=16, dim_embeddings=8), 1, 30),
        (ModelConfig(rnn_layers=2, rnn_size=16, dim_embeddings=8), 6, 2),
        (ModelConfig(rnn_layers=2, rnn_size=16, dim_embeddings=8, dropout=0.2), 9, 5),
    ],
)
def test_logits_and_gradients_are_those_of_the_stock_layers(
    config: ModelConfig, rows: int, steps: int
) -> None:
    ids = np.random.default_rng(3).integers(0, V, (rows, steps)).astype(np.int32)
    logits, gradients = loss_and_gradients(config, ids, compiled=True)
    expected_logits, expected = loss_and_gradients(config, ids, compiled=False)
    np.testing.assert_allclose(logits, expected_logits, rtol=0, atol=2e-5)
    for name, gradient in expected.items():
        scale = max(1.0, float(np.abs(gradient).max()))
        np.testing.assert_allclose(gradients[name] / scale, gradient / scale, atol=2e-5)


def test_steps_of_training_are_those_of_the_stock_layers_and_loss() -> None:
    config = ModelConfig(rnn_layers=2, rnn_size=16, dim_embeddings=8)
    rng = np.random.default_rng(5)
    ids, targets = rng.integers(0, V, (2, 7, 9)).astype(np.int32)
    weights = (rng.random((7, 9)) < 0.7).astype(np.float32)
    losses, kept = [], []
    for compiled in (True, False):
        model = build_model(config, V, compiled=compiled)
        compile_model(model, 1e-2, compiled=compiled)
        assign_weights(model, random_weights(config))
        losses.append([model.train_on_batch(ids, targets, weights) for _ in range(4)])
        losses[-1].append(model.test_on_batch(ids, targets, weights))
        kept.append(read_weights(model))
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert losses[0][-1] < losses[0][0]
    for name, array in kept[1].items():
        np.testing.assert_allclose(kept[0][name], array, atol=2e-3)


def test_dropout_is_applied_in_training_alone() -> None:
    model = build_model(ModelConfig(rnn_size=16, dropout=0.5), V, compiled=True)
    ids = np.ones((2, 6), np.int32)
    calm = [np.asarray(model(ids, training=False)) for _ in range(2)]
    dropped = [np.asarray(model(ids, training=True)) for _ in range(2)]
    np.testing.assert_array_equal(calm[0], calm[1])
    assert np.abs(dropped[0] - dropped[1]).max() > 1e-4


def test_the_gradient_is_the_slope() -> None:
    """By central differences along a random direction, which no other code has a part in."""
    rng = np.random.default_rng(4)
    rows, steps, units = 5, 12, 16
    index = np.arange(rows * steps, dtype=np.int32).reshape(rows, steps)
    inputs = rng.normal(size=(rows * steps, 4 * units)).astype(np.float32)
    bias = rng.normal(size=4 * units).astype(np.float32)
    recurrent = (0.3 * rng.normal(size=(units, 4 * units))).astype(np.float32)
    weigh = rng.normal(size=(rows, steps, units)).astype(np.float32)
    along = rng.normal(size=inputs.shape).astype(np.float32)

    def loss(distance: float) -> float:
        moved = inputs + np.float32(distance) * along
        outputs = lstm_forward(moved, index, bias, recurrent)[0]
        return float((outputs.astype(np.float64) * weigh).sum())

    _, _, cells, gates = lstm_forward(inputs, index, bias, recurrent)
    dz, d_bias = lstm_backward(weigh, recurrent, cells, gates)
    slope = (loss(1e-2) - loss(-1e-2)) / 2e-2
    assert slope == pytest.approx(float((dz.reshape(along.shape) * along).sum()), rel=2e-3)
    np.testing.assert_allclose(d_bias, dz.sum(axis=(0, 1)), atol=1e-4)
