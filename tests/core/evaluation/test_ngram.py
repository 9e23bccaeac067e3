"""The n-gram that models are compared with counts right."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

import ngram

from textgen_core import Vocabulary

CODEC = Vocabulary()


def test_probabilities_of_all_ids_add_up_to_one() -> None:
    model = ngram.count(["banana bandana", "an ant"], CODEC)
    context = [CODEC.boundary_id] * 3 + list(CODEC.encode("an"))
    total = 0.0
    for char_id in range(CODEC.size):
        total += model.probs(np.array([*context, char_id], np.int64))[0]
    assert total == pytest.approx(1)


def test_an_unseen_text_costs_what_the_uniform_distribution_costs_after_one_step() -> None:
    model = ngram.count(["aaaa"], CODEC)
    # The empty context has seen a (4 times) and the closing (once): 5 occurrences of 2 kinds.
    expected = (0 + 2 / CODEC.size) / (5 + 2)
    ids, scored = ngram.laid_out(["z"], CODEC)
    assert model.probs(ids)[scored][0] < expected  # the context <s> is known and halves it
    assert -math.log2(model.probs(ids)[scored][0]) > math.log2(CODEC.size)


def test_what_was_counted_is_cheap_and_more_of_it_is_cheaper() -> None:
    messages = ["the cat sat on the mat", "the dog sat on the log"]
    one = ngram.count(messages, CODEC)
    many = ngram.count(messages * 10, CODEC)
    cost = ngram.bits_per_char([one], [1.0], messages, CODEC)
    assert ngram.bits_per_char([many], [1.0], messages, CODEC) < cost < 3
    mixed = ngram.bits_per_char([one, many], [0.5, 0.5], messages, CODEC)
    assert ngram.bits_per_char([many], [1.0], messages, CODEC) < mixed < cost


def test_no_context_reaches_into_the_message_before() -> None:
    together = ngram.count(["ab", "cd"], CODEC)
    apart = ngram.count(["cd", "ab"], CODEC)
    ids, _ = ngram.laid_out(["cd"], CODEC)
    np.testing.assert_array_equal(together.probs(ids), apart.probs(ids))
