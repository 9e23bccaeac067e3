"""Texts out of models of windows: the same promises as those of causal models."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from legacy_models import LETTERS, WORDS, LegacyModel

from textgen_core import Engine, GenerationOptions
from textgen_core.legacy.weights import import_legacy
from textgen_core.model.checkpoint import Checkpoint

MODELS = [
    LegacyModel(units=24),
    LegacyModel("0.1", layers=1),
    LegacyModel(bidirectional=True),
    LegacyModel(tokens=WORDS),
]


def engine_of(model: LegacyModel, folder: Path, *, bias: dict[str, float] | None = None) -> Engine:
    """Return an engine; ``bias`` is added to the logits of some tokens, "" being padding."""
    imported = import_legacy(model.write(folder))
    weights = {name: array.copy() for name, array in imported.weights.items()}
    for token, value in (bias or {}).items():
        weights["output/bias"][("", *model.tokens).index(token)] += value
    return Engine(Checkpoint(imported.config, imported.vocabulary, weights))


@pytest.mark.parametrize("model", MODELS)
def test_a_text_does_not_depend_on_those_beside_it(model: LegacyModel, tmp_path: Path) -> None:
    engine = engine_of(model, tmp_path)
    many = engine.generate(GenerationOptions(n=70, seed=11, max_chars=50, temperature=1.0))
    assert len(set(many)) > 35
    for n in (1, 2, 33):
        options = GenerationOptions(n=n, seed=11, max_chars=50, temperature=1.0)
        assert engine.generate(options) == many[:n]


@pytest.mark.parametrize("model", MODELS)
def test_feeding_in_parts_is_feeding_at_once(model: LegacyModel, tmp_path: Path) -> None:
    engine = engine_of(model, tmp_path)
    ids = [1 + i % (model.classes - 1) for i in range(90)]
    start = engine.start()
    whole, parts = engine.feed(start, ids), start
    for size in (1, 2, 37, 40, 10):
        parts, ids = engine.feed(parts, ids[:size]), ids[size:]
    np.testing.assert_array_equal(engine.probs(parts), engine.probs(whole))
    np.testing.assert_array_equal(start.values, engine.start().values)


@pytest.mark.parametrize("model", MODELS[:3])
def test_the_likeliest_text_is_that_of_the_probabilities(
    model: LegacyModel, tmp_path: Path
) -> None:
    engine = engine_of(model, tmp_path, bias={"<s>": -100.0})
    vocabulary = engine.vocabulary
    state, expected = engine.feed(engine.start(), vocabulary.encode("He")), "He"
    for _ in range(60):
        probs = engine.probs(state)
        probs[0] = 0
        char_id = int(np.argmax(probs))
        state = engine.feed(state, [char_id])
        expected += vocabulary.decode([char_id])
    options = GenerationOptions(n=3, prompt="He", top_k=1, max_chars=60)
    assert engine.generate(options) == [expected] * 3
    cold = GenerationOptions(prompt="He", temperature=(1e-4, 1e-5), max_chars=60)
    assert engine.generate(cold) == [expected]


@pytest.mark.parametrize("model", MODELS)
def test_padding_is_never_written(model: LegacyModel, tmp_path: Path) -> None:
    engine = engine_of(model, tmp_path, bias={"": 50.0, "<s>": -3.0})
    for text in engine.generate(GenerationOptions(n=20, seed=1, max_chars=40, temperature=1.0)):
        assert 0 < len(text) <= 40
        assert text.strip()


def test_a_text_ends_where_its_boundary_is_drawn(tmp_path: Path) -> None:
    engine = engine_of(LegacyModel(), tmp_path, bias={"<s>": 50.0})
    assert engine.generate(GenerationOptions(prompt="The", seed=1)) == ["The"]
    assert all(len(text) == 1 for text in engine.generate(GenerationOptions(n=9, seed=1)))


def test_words_are_written_with_their_spaces_and_counted_in_characters(tmp_path: Path) -> None:
    engine = engine_of(LegacyModel(tokens=WORDS), tmp_path, bias={"<s>": -100.0})
    options = GenerationOptions(n=20, prompt="The dog", seed=2, max_chars=60, temperature=1.0)
    for text in engine.generate(options):
        assert text.startswith("The dog")
        assert 40 < len(text) <= len("The dog") + 60
        assert set(re.findall(r"\w+|[.,']", text.lower())) <= set(WORDS)
        assert " ." not in text


def test_temperatures_are_cycled_over_words(tmp_path: Path) -> None:
    engine = engine_of(LegacyModel(tokens=WORDS), tmp_path, bias={"<s>": -100.0})
    vocabulary = engine.vocabulary
    options = GenerationOptions(prompt="cat", temperature=(1e-7, 3.0), max_chars=150, seed=4)
    (text,) = engine.generate(options)
    ids = vocabulary.encode(text).tolist()
    likeliest = []
    for place in range(1, len(ids)):
        probs = engine.probs(engine.feed(engine.start(), ids[:place]))
        probs[[0, vocabulary.boundary_id]] = 0
        likeliest.append(int(np.argmax(probs)) == ids[place])
    assert all(likeliest[::2])
    assert not all(likeliest[1::2])


def test_equally_likely_tokens_come_equally_often(tmp_path: Path) -> None:
    model = LegacyModel(deviation=0.0)
    texts = engine_of(model, tmp_path).generate(GenerationOptions(n=4_000, max_chars=1, seed=5))
    visible = [char for char in LETTERS if char.strip() and char != "<s>"]
    share = np.array([texts.count(char) for char in visible]) / len(texts)
    assert share.sum() == 1
    deviation = np.sqrt(share.mean() * (1 - share.mean()) / len(texts))
    assert (np.abs(share - 1 / len(visible)) < 5 * deviation).all()
