"""Bits per character, anchored in theory and in the engine's probabilities."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from random_checkpoints import random_checkpoint

from textgen_core.errors import CorpusError
from textgen_core.evaluation.scoring import evaluate
from textgen_core.generation.engine import Engine
from textgen_core.text.vocabulary import BOUNDARY_ID

MESSAGES = [
    "Hello!",
    "",
    "¿Qué tal, señor?",
    "😀👍🏽",
    "a\nb",
    "x" * 500,
    *("so " * n for n in range(90)),
]


def test_equally_likely_ids_cost_log2_of_their_number() -> None:
    checkpoint = random_checkpoint(scale=0)
    result = evaluate(checkpoint, ["abc", "de"])
    assert result.bits_per_char == pytest.approx(math.log2(checkpoint.vocabulary.size), abs=1e-9)
    assert (result.chars, result.messages, result.skipped_chars) == (7, 2, 0)


def test_a_character_spelled_in_bytes_counts_once() -> None:
    checkpoint = random_checkpoint(scale=0)
    result = evaluate(checkpoint, ["😀"])
    ids = 4 + 1  # four bytes and the closing
    assert result.chars == 2
    assert result.bits_per_char == pytest.approx(
        ids * math.log2(checkpoint.vocabulary.size) / 2, abs=1e-9
    )


def test_bits_are_those_of_the_engines_probabilities() -> None:
    checkpoint = random_checkpoint()
    engine = Engine(checkpoint)
    bits, chars = 0.0, 0
    for message in MESSAGES[:20]:
        state = engine.start()
        for char_id in [*checkpoint.vocabulary.encode(message).tolist(), BOUNDARY_ID]:
            bits -= math.log2(engine.probs(state)[char_id])
            state = engine.feed(state, [char_id])
        chars += len(message) + 1
    result = evaluate(checkpoint, MESSAGES[:20])
    assert result.chars == chars
    assert result.bits_per_char == pytest.approx(bits / chars, abs=1e-6)


def test_messages_are_scored_each_on_its_own() -> None:
    checkpoint = random_checkpoint()
    together = evaluate(checkpoint, MESSAGES)
    alone = [evaluate(checkpoint, [message]) for message in MESSAGES]
    bits = sum(each.bits_per_char * each.chars for each in alone)
    assert together.bits_per_char == pytest.approx(bits / together.chars, rel=1e-12)
    assert together.chars == sum(each.chars for each in alone)
    assert together.messages == len(MESSAGES)


def test_threads_do_not_change_the_result() -> None:
    checkpoint = random_checkpoint()
    assert evaluate(checkpoint, MESSAGES, threads=1) == evaluate(checkpoint, MESSAGES, threads=2)


def test_more_messages_than_are_held_at_once() -> None:
    checkpoint = random_checkpoint(units=2, embedded=2)

    def stream() -> Iterator[str]:
        for number in range(10_000):
            yield "ab"[: number % 3]

    result = evaluate(checkpoint, stream())
    share = evaluate(checkpoint, ["", "a", "ab"] * 2)
    assert result.messages == 10_000
    assert result.bits_per_char == pytest.approx(share.bits_per_char, abs=1e-3)


def test_nothing_to_evaluate_is_an_error() -> None:
    with pytest.raises(CorpusError, match="there is no message"):
        evaluate(random_checkpoint(), [])
