"""What a training chooses by itself, and a wider model that knows what the narrow one does."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from random_checkpoints import random_checkpoint

from textgen_core import Vocabulary, evaluate
from textgen_core.marks import MENTION
from textgen_core.training_corpus import recipe_for

TEXTS = ["hello there", "one two three", "ñandú é"]


@pytest.mark.parametrize("begun", [False, True])
def test_more_messages_are_read_fewer_times(begun: bool) -> None:
    epochs = [recipe_for(n, begun=begun).epochs for n in (100, 1_000, 10_000, 50_000)]
    assert epochs == sorted(epochs, reverse=True)


def test_few_messages_are_learned_gently() -> None:
    assert recipe_for(100, begun=True).learning_rate < recipe_for(1_000, begun=True).learning_rate


@pytest.fixture(scope="module")
def widen() -> ModuleType:
    path = Path(__file__).parents[2] / "weights" / "widen.py"
    spec = importlib.util.spec_from_file_location("widen", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_widened_model_begins_with_the_same_probabilities(widen: ModuleType) -> None:
    narrow = random_checkpoint(units=6, embedded=5)
    wide = widen.widened(narrow, 11, np.random.default_rng(0))
    assert wide.config.rnn_size == 11
    assert evaluate(wide, TEXTS).bits_per_char == pytest.approx(
        evaluate(narrow, TEXTS).bits_per_char, abs=1e-5
    )


def test_a_model_takes_another_vocabulary(widen: ModuleType) -> None:
    narrow = random_checkpoint(units=6, embedded=5)
    model = widen.with_vocabulary(narrow, Vocabulary((MENTION, "é", "ñ")))
    assert evaluate(model, TEXTS[:2]).bits_per_char == pytest.approx(
        evaluate(narrow, TEXTS[:2]).bits_per_char, rel=0.02
    )
