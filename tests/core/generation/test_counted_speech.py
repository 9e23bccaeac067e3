"""What several people say is counted message by message, and taken up without being repeated."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_checkpoints import random_checkpoint

from textgen_core import Engine, Vocabulary
from textgen_core.generation.counted_speech import (
    LONGEST,
    SHORTEST,
    CountedSpeech,
    counted_speech,
    counts_from_bytes,
    counts_of,
    spelling_of,
)
from textgen_core.text.special_tokens import AUTHOR_TOKENS

VOCABULARY = Vocabulary(("ä",))


def speech(*said: tuple[int, str]) -> CountedSpeech:
    messages = [counts_of(text, VOCABULARY) for _, text in said]
    return counted_speech(messages, [person for person, _ in said], VOCABULARY)


def listed(found: CountedSpeech) -> int:
    """Return how many contexts with what follows a table has."""
    return 0 if found.ngrams is None else len(found.ngrams.words)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(random_checkpoint(frequent="ä"))


def cost(engine: Engine, text: str) -> float:
    ids = engine.vocabulary.encode_message(text)[1:]
    return float(engine.costs(engine.start(), [ids])[0])


def test_what_one_person_says_is_never_in_the_table() -> None:
    assert speech((1, "my secret"), (1, "my secret"), (1, "my secret")).ngrams is None
    assert listed(speech((1, "my secret"), (2, "my secret"))) > 0
    mixed = speech((1, "hello my secret"), (2, "hello you"))
    shared = speech((1, "hello "), (2, "hello "))
    # Of "my secret" nothing is there; what two people said says how often it stood.
    assert listed(mixed) < listed(shared)


def test_a_text_that_several_said_becomes_likelier(engine: Engine) -> None:
    said = [(person, "the zorblax is late") for person in (1, 2, 3)]
    heard = engine.listening([], speech(*said))
    assert cost(heard, "the zorblax is late") < 0.75 * cost(engine, "the zorblax is late")
    alone = engine.listening([], speech((1, "the zorblax is late")))
    assert alone is engine
    both = engine.listening(["the zorblax is late"], speech(*said))
    assert cost(both, "the zorblax is late") < cost(heard, "the zorblax is late")


def test_leaving_a_message_out_is_taking_it_back() -> None:
    before = speech((1, "so late"), (2, "so late"))
    after = speech((1, "so late"), (2, "so late"), (3, "so early"))
    assert before.ngrams is not None
    assert after.ngrams is not None
    again = speech((2, "so late"), (1, "so late"))  # in whatever order
    assert again.ngrams is not None
    np.testing.assert_array_equal(again.ngrams.words, before.ngrams.words)
    assert after.ngrams.words.tobytes() != before.ngrams.words.tobytes()


def test_runs_of_any_message_are_known_again() -> None:
    found = speech((1, "I am going to the lake tomorrow morning"), (2, "ok"))
    assert found.repeats("so I am GOING  to the lake tomorrow")
    assert not found.repeats("so I am going to the sea tomorrow")
    assert not found.repeats("")
    assert not speech((1, "short")).repeats("I am going to the lake tomorrow morning")


@given(st.text(max_size=60))
def test_counts_are_read_as_they_were_written(text: str) -> None:
    counts = counts_of(text, VOCABULARY)
    again = counts_from_bytes(counts.to_bytes())
    np.testing.assert_array_equal(again.runs, counts.runs)
    np.testing.assert_array_equal(again.grams, counts.grams)
    ids = len(VOCABULARY.encode_message(text))
    most = sum(max(0, ids - length) for length in range(SHORTEST, LONGEST + 1))
    assert len(counts.grams) == most
    assert (np.diff(counts.grams.astype(object)) >= 0).all()  # in no order of the message


def test_counts_that_are_cut_short_are_refused() -> None:
    data = counts_of("I am going to the lake tomorrow morning", VOCABULARY).to_bytes()
    with pytest.raises(ValueError, match="cut short"):
        counts_from_bytes(data[:12])


def test_only_a_vocabulary_of_the_same_ids_takes_them_up(engine: Engine) -> None:
    voiced = Vocabulary(("ä", AUTHOR_TOKENS[0]))
    assert spelling_of(voiced) == spelling_of(VOCABULARY)
    assert spelling_of(Vocabulary(("ö",))) != spelling_of(VOCABULARY)
    assert spelling_of(Vocabulary((AUTHOR_TOKENS[0], "ä"))) != spelling_of(VOCABULARY)
    texts = [counts_of("so late", Vocabulary(("ö",)))] * 2
    other = counted_speech(texts, [1, 2], Vocabulary(("ö",)))
    assert engine.listening([], other) is engine
