"""What a training chooses by itself, and a wider model that knows what the narrow one does."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import numpy as np
import pytest
from random_checkpoints import random_checkpoint

sys.path.insert(0, str(Path(__file__).parents[3] / "weights"))

import count_ngrams
import widen

from textgen_core import Vocabulary, evaluate
from textgen_core.text.special_tokens import MENTION
from textgen_core.training.recipe import recipe_for

TEXTS = ["hello there", "one two three", "ñandú é"]


@pytest.mark.parametrize("begun", [False, True])
def test_more_messages_are_read_fewer_times(begun: bool) -> None:
    epochs = [recipe_for(n, begun=begun).epochs for n in (100, 1_000, 10_000, 50_000)]
    assert epochs == sorted(epochs, reverse=True)


def test_few_messages_are_learned_gently() -> None:
    assert recipe_for(100, begun=True).learning_rate < recipe_for(1_000, begun=True).learning_rate


def test_a_widened_model_begins_with_the_same_probabilities() -> None:
    narrow = random_checkpoint(units=6, embedded=5)
    wide = widen.widened(narrow, 11, np.random.default_rng(0))
    assert wide.config.rnn_size == 11
    assert evaluate(wide, TEXTS).bits_per_char == pytest.approx(
        evaluate(narrow, TEXTS).bits_per_char, abs=1e-5
    )


def test_a_model_takes_another_vocabulary() -> None:
    narrow = random_checkpoint(units=6, embedded=5)
    model = widen.with_vocabulary(narrow, Vocabulary((MENTION, "é", "ñ")))
    assert evaluate(model, TEXTS[:2]).bits_per_char == pytest.approx(
        evaluate(narrow, TEXTS[:2]).bits_per_char, rel=0.02
    )


WORDS = ["strawberry", "Kazakhstan", "refrigerator", "thunderstorm", "xylophone"]


def sentences(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=4)) for _ in range(count)]


def test_counted_ngrams_know_the_words_of_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count_ngrams, "TUNING", 40)
    plain = random_checkpoint(scale=0.1)
    model = count_ngrams.with_ngrams(plain, sentences(200, seed=1), 0.35)
    unseen = sentences(50, seed=2)
    before, after = (evaluate(m, unseen).bits_per_char for m in (plain, model))
    assert before > 7
    assert after < 1.7
    assert model.ngrams
    assert (model.ngrams.shortest, model.ngrams.longest) == (4, 11)
    # Nothing is kept that does not pay.
    dearer = count_ngrams.with_ngrams(plain, sentences(200, seed=1), 100).ngrams
    assert dearer.nbytes < 0.7 * model.ngrams.nbytes
