"""Texts as vectors: what they hold, and what is made of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from legacy_models import LegacyModel, lstm
from random_checkpoints import random_checkpoint

from textgen_core import Engine
from textgen_core.evaluation.vectors import PrincipalComponents, cosines
from textgen_core.legacy.weights import import_legacy

TEXTS = ["hello there", "", "a", "hello there, all of you", "é→ü"]


def test_a_vector_is_the_mean_of_what_each_step_gives() -> None:
    checkpoint = random_checkpoint()
    engine = Engine(checkpoint)
    size = checkpoint.config.feature_size
    vectors = engine.vectors(TEXTS)
    assert vectors.shape == (len(TEXTS), size)
    for text, vector in zip(TEXTS, vectors, strict=True):
        ids = engine.vocabulary.encode_message(text)[:-1]
        state, steps = engine.start(), []
        for char_id in [None, *ids[1:]]:
            state = state if char_id is None else engine.feed(state, [char_id])
            steps.append(state.values[0, :size])  # a state begins with its last features
        np.testing.assert_allclose(vector, np.mean(steps, axis=0), atol=1e-5)


def test_a_vector_depends_on_its_text_alone() -> None:
    engine = Engine(random_checkpoint())
    many = [f"text number {number % 7}" * (number % 5) for number in range(150)]
    vectors = engine.vectors(many)
    for number in (0, 3, 77, 149):
        np.testing.assert_array_equal(vectors[number], engine.vectors([many[number]])[0])


def test_a_model_of_windows_reads_the_whole_text_in_one(tmp_path: Path) -> None:
    model = LegacyModel()
    engine = Engine(import_legacy(model.write(tmp_path)))
    texts = ["the hat", "that hat at the oathe" * 4]
    weights = {name: array.astype(np.float64) for name, array in model.arrays().items()}
    for text, vector in zip(texts, engine.vectors(texts), strict=True):
        ids = engine.vocabulary.encode_message(text)[:-1]
        outputs = weights["embedding/embeddings"][ids]
        features = [outputs]
        for (name,) in model.layer_names():
            outputs = lstm(weights, name, outputs, hard=False)
            features.append(outputs)
        expected = np.concatenate(features, axis=1).mean(axis=0)
        np.testing.assert_allclose(vector, expected, atol=1e-5)


def test_a_model_that_reads_both_ways_gives_what_its_output_reads(tmp_path: Path) -> None:
    engine = Engine(import_legacy(LegacyModel(bidirectional=True).write(tmp_path)))
    texts = ["the", "hat", "that hat at the oathe" * 4]
    for text, vector in zip(texts, engine.vectors(texts), strict=True):
        ids = engine.vocabulary.encode_message(text)[1:-1]
        state = engine.feed(engine.start(), ids)
        np.testing.assert_allclose(vector, engine.output_input(state), atol=1e-6)


def test_whitened_components_vary_alike() -> None:
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(200, 8)) * np.arange(1, 9) + 5).astype(np.float32)
    components = PrincipalComponents(4)
    components.fit_transform(vectors)
    np.testing.assert_allclose(components.whitened(vectors).std(axis=0, ddof=1), 1, atol=1e-3)


def test_a_text_is_likest_to_itself() -> None:
    engine = Engine(random_checkpoint())
    vectors = engine.vectors(TEXTS)
    assert int(cosines(vectors[3], vectors).argmax()) == 3
