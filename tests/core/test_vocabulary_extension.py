"""A base model gets ids for a corpus's characters and begins as it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from random_checkpoints import random_checkpoint

from textgen_core import Engine, GenerationOptions, evaluate
from textgen_core.vocabulary import Vocabulary
from textgen_core.vocabulary_extension import extended

HINDI = ["नमस्ते दुनिया"] * 40


def test_common_characters_get_ids_and_rare_ones_stay_spelled() -> None:
    base = random_checkpoint(units=4, embedded=3)
    model = extended(base, [*HINDI, "ж"])
    assert isinstance(model.vocabulary, Vocabulary)
    assert len(model.vocabulary.encode("न")) == 1
    assert len(model.vocabulary.encode("ж")) == 2
    assert evaluate(model, HINDI[:1]).skipped_chars == 0


def test_nothing_changes_where_nothing_is_new() -> None:
    base = random_checkpoint(units=4, embedded=3)
    assert extended(base, ["plain text"] * 50) is base


def test_the_new_ids_share_the_probability_of_their_first_byte() -> None:
    base = random_checkpoint(units=4, embedded=3)
    model = extended(base, HINDI)
    first = int(base.vocabulary.encode("न")[0])
    before = np.exp(base.weights["output/bias"][first])
    after = np.exp(model.weights["output/bias"])[
        [first, *range(base.vocabulary.size, model.vocabulary.size)]
    ]
    assert np.isclose(after.sum(), before, rtol=2e-3)
    untouched = [i for i in range(base.vocabulary.size) if i != first]
    np.testing.assert_array_equal(
        model.weights["output/bias"][untouched], base.weights["output/bias"][untouched]
    )


def test_an_extended_model_writes_and_is_extended_again() -> None:
    once = extended(random_checkpoint(units=4, embedded=3), HINDI)
    twice = extended(replace(once, manifest={}), ["жизнь"] * 40)
    assert twice.vocabulary.size > once.vocabulary.size
    assert Engine(twice).generate(GenerationOptions(max_chars=20, seed=1))
