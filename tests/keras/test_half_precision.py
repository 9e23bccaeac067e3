"""A model trained in half precision is the one of float32, and its steps are sound.

The code is a GPU's: a device is described that multiplies in float16, and Keras's stock
layers do so on the processor.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from legacy_models import LegacyModel
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from textgen_core import ModelConfig, Vocabulary, evaluate, load_checkpoint
from textgen_core.legacy.weights import import_legacy
from textgen_core.training.backend import Device
from textgen_core.training.batching import Batch, encode_corpus
from textgen_core.training.events import Done, Started, Stopped, TrainingEvent
from textgen_core.training.keras_model import CausalAverage, keras, precision_of
from textgen_core.training.labelled_learner import LabelledLearner
from textgen_core.training.learner import CausalLearner
from textgen_core.training.options import TrainingOptions
from textgen_core.training.run import train
from textgen_core.training.setup import make_learner
from textgen_core.training.state import part_path

CONFIG = ModelConfig(rnn_layers=1, rnn_size=16, dim_embeddings=8)
WORDS = ["tea", "oats", "a cat", "ten toes", "the dog", "some rain", "no bread"]
MESSAGES = [f"{WORDS[i % 7]} and {WORDS[i * i % 5]}" for i in range(150)]


@pytest.fixture
def half(monkeypatch: pytest.MonkeyPatch) -> None:
    compute_on(monkeypatch, Device("gpu", (8, 0)))


def compute_on(monkeypatch: pytest.MonkeyPatch, device: Device) -> None:
    monkeypatch.setattr("textgen_core.training.learner.training_device", lambda: device)


def run(output: Path, epochs: float, stop_after: int = 10_000) -> list[TrainingEvent]:
    seen: list[TrainingEvent] = []
    steps = iter(range(10_001))
    options = TrainingOptions(epochs=epochs, learning_rate=0.02, batch_targets=256, patience=1)
    train(
        MESSAGES,
        output,
        config=CONFIG,
        options=options,
        report=seen.append,
        should_stop=lambda: next(steps) >= stop_after,
    )
    return seen


def learner_and_batch(config: ModelConfig = CONFIG) -> tuple[CausalLearner, Batch]:
    keras.utils.set_random_seed(0)
    vocabulary = Vocabulary()
    learner = CausalLearner(config, vocabulary.size, 4096, 0.01)
    corpus = encode_corpus(MESSAGES[:40], vocabulary)
    return learner, learner.load(corpus, learner.plan(corpus)[0])


def scaling(output: Path) -> list[float]:
    """Return what a state file ends with: steps since the scale changed, and the scale."""
    state = load_file(part_path(output))
    names = sorted(name for name in state if name.startswith("variable/"))
    return [float(state[name]) for name in names[-2:]]


def scale_down(output: Path, scale: float) -> None:
    with safe_open(part_path(output), framework="np") as file:
        metadata = file.metadata()
    state = load_file(part_path(output))
    state[max(name for name in state if name.startswith("variable/"))][...] = scale
    save_file(state, part_path(output), metadata)


def test_a_run_learns_what_it_learns_in_float32(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done: dict[str, Done] = {}
    for device in (Device("cpu"), Device("gpu", (8, 0))):
        compute_on(monkeypatch, device)
        started, *_, last = run(tmp_path / device.precision, epochs=15)
        assert isinstance(started, Started)
        assert isinstance(last, Done)
        assert started.precision == device.precision
        done[device.precision] = last
    exact, coarse = done["float32"], done["float16"]
    assert coarse.bits_per_char_after < 0.4 * coarse.bits_per_char_before
    assert coarse.bits_per_char_after == pytest.approx(exact.bits_per_char_after, rel=0.02)
    kept = load_checkpoint(tmp_path / "float16")
    assert {array.dtype for array in kept.weights.values()} == {np.dtype(np.float32)}
    assert any((array != array.astype(np.float16)).any() for array in kept.weights.values())
    measured = evaluate(kept, MESSAGES[-15:]).bits_per_char
    assert measured == pytest.approx(coarse.bits_per_char_after, abs=2e-3)


@pytest.mark.usefixtures("half")
def test_what_must_be_exact_is_float32() -> None:
    learner, batch = learner_and_batch(replace(CONFIG, dropout=0.2))
    model, optimizer = learner.model, learner.model.optimizer
    half = [model.get_layer(name) for name in ("rnn_0", "features", "attention", "output")]
    assert {layer.compute_dtype for layer in half} == {"float16"}
    assert {v.dtype for v in model.trainable_variables} == {"float32"}
    assert {v.dtype for v in optimizer.inner_optimizer.variables[2:]} == {"float32"}
    assert model.output.dtype == "float32"
    assert np.isfinite(learner.step(batch))


@pytest.mark.usefixtures("half")
def test_a_gpus_step_is_cudnns_in_float16(monkeypatch: pytest.MonkeyPatch) -> None:
    """Traced, not run: what Keras would have a GPU do."""
    rnn = sys.modules["keras.src.backend.tensorflow.rnn"]
    monkeypatch.setattr(rnn, "_is_gpu_available", lambda: True)
    model = learner_and_batch(replace(CONFIG, rnn_layers=2))[0].model
    ids, weights = (tf.TensorSpec((None, None), kind) for kind in (tf.int32, tf.float32))
    step = tf.function(lambda *batch: model.train_step(batch))
    operations = step.get_concrete_function(ids, ids, weights).graph.get_operations()

    def kinds(operation: str) -> list[str]:
        return [op.get_attr("T").name for op in operations if op.type == operation]

    assert kinds("CudnnRNNV3") == kinds("CudnnRNNBackpropV3") == ["float16"] * 2
    assert set(kinds("BatchMatMulV2")) == {"float16"}
    assert kinds("MatMul").count("float16") == 3  # logits, and the gradient of both factors
    for operation in ("Softmax", "SparseSoftmaxCrossEntropyWithLogits"):
        assert kinds(operation) == ["float32"]


def test_the_average_is_right_where_scores_are_large() -> None:
    """Scores of 60 in float16 would be off by 0.03, and so would be what is averaged."""
    rng = np.random.default_rng(0)
    features = rng.uniform(-1, 1, (3, 50, 24)).astype(np.float16)
    score = np.asarray(12 * rng.normal(size=24), np.float32)
    averaged = []
    for kind in ("float32", "mixed_float16"):
        layer: Any = CausalAverage(dtype=kind)
        layer.build(features.shape)
        layer.score.assign(score)
        layer.gate.assign(np.ones(24))
        averaged.append(np.asarray(layer(features), np.float32))
    assert np.abs(features.astype(np.float32) @ score).max() > 60
    np.testing.assert_allclose(averaged[1], averaged[0], atol=2e-3)


@pytest.mark.usefixtures("half")
def test_a_step_whose_gradients_overflow_is_left_out() -> None:
    learner, batch = learner_and_batch()
    optimizer, before = learner.model.optimizer, learner.weights()
    optimizer.dynamic_scale.assign(2.0**40)
    nats = learner.step(batch)
    assert np.isfinite(nats)
    assert (float(optimizer.dynamic_scale), int(optimizer.iterations)) == (2.0**39, 0)
    for name, array in learner.weights().items():
        np.testing.assert_array_equal(array, before[name])
    for _ in range(40):
        learner.step(batch)
    assert 1 < float(optimizer.dynamic_scale) < 2.0**30
    assert int(optimizer.iterations) > 10
    assert learner.score(batch) < 0.9 * nats


@pytest.mark.usefixtures("half")
def test_a_stopped_run_goes_on_with_its_scale_and_ends_as_an_uninterrupted_one(
    tmp_path: Path,
) -> None:
    whole, halted = tmp_path / "whole", tmp_path / "halted"
    run(whole, epochs=2)
    assert isinstance(run(halted, epochs=2, stop_after=9)[-1], Stopped)
    assert scaling(halted) == [9, 2.0**15]
    scale_down(halted, 2.0**14)
    resumed, *_ = run(halted, epochs=2, stop_after=3)
    assert isinstance(resumed, Started)
    assert resumed.resumed
    assert scaling(halted) == [12, 2.0**14]
    run(halted, epochs=2)
    a, b = load_checkpoint(whole).weights, load_checkpoint(halted).weights
    assert all(np.allclose(a[name], b[name], atol=1e-5) for name in a)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Device("cpu"), Device("gpu", (8, 0))),
        (Device("gpu", (8, 0)), Device("cpu")),
    ],
)
def test_a_device_of_another_precision_takes_a_run_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, first: Device, second: Device
) -> None:
    compute_on(monkeypatch, first)
    assert isinstance(run(tmp_path / "m", epochs=2, stop_after=12)[-1], Stopped)
    compute_on(monkeypatch, second)
    started, *_, done = run(tmp_path / "m", epochs=2)
    assert isinstance(started, Started)
    assert isinstance(done, Done)
    assert (started.resumed, started.precision) == (True, second.precision)
    assert done.bits_per_char_after < done.bits_per_char_before


@pytest.mark.usefixtures("half")
def test_labels_steer_in_half_precision_too() -> None:
    plain, batch = learner_and_batch()
    batch = replace(batch, labels=np.arange(len(batch.inputs), dtype=np.int32) % 3)
    learner = LabelledLearner(plain, 3, 0.01)
    assert precision_of(learner.model) == "float16"
    assert learner.steered_score(batch) == pytest.approx(learner.score(batch), abs=1e-5)
    before = learner.score(batch)
    for _ in range(20):
        learner.step(batch)
    assert int(learner.model.optimizer.iterations) == 20
    assert learner.score(batch) < 0.9 * before


@pytest.mark.usefixtures("half")
def test_models_of_windows_stay_in_float32(tmp_path: Path) -> None:
    imported = import_legacy(LegacyModel(units=8).write(tmp_path))
    learner = make_learner(imported.config, imported.vocabulary.size, 32, 1e-3)
    assert precision_of(learner.model) == "float32"
    assert not isinstance(learner.model.optimizer, keras.optimizers.LossScaleOptimizer)
