"""A live message's row is noise without its key, and belongs to no other message."""

from __future__ import annotations

from dataclasses import replace

from bot.generation.live_seal import LiveSeal
from bot.storage.live_counts import LiveRow
from textgen_core import Vocabulary
from textgen_core.generation.counted_speech import counts_of
from textgen_core.model.filter_key import FilterKey

VOCABULARY = Vocabulary()
SEAL = LiveSeal(FilterKey(bytes(range(32))), lambda: VOCABULARY)
SAID = "the zorblax is late"


def row(message_id: int, author: int, text: str = SAID, seal: LiveSeal = SEAL) -> LiveRow:
    message = {"id": str(message_id), "author": {"id": str(author)}}
    (made,) = seal.rows(1, [(5, message, text)])
    return made


def test_rows_of_two_people_make_speech() -> None:
    assert SEAL.speech(1, [row(1, 7), row(2, 8)]).ngrams is not None
    assert SEAL.speech(1, [row(1, 7), row(2, 7)]).ngrams is None


def test_without_its_key_a_row_tells_nothing() -> None:
    one = row(1, 7)
    grams = counts_of(SAID, VOCABULARY).grams
    assert not any(int(gram).to_bytes(8, "little") in one.counts for gram in grams)
    assert row(1, 7).counts != one.counts  # a new nonce each time
    other = LiveSeal(FilterKey(bytes(32)), lambda: VOCABULARY)
    assert other.speech(1, [row(1, 7), row(2, 8)]).ngrams is None
    assert other.speaker(1, 7) != SEAL.speaker(1, 7)


def test_a_row_is_of_its_message_server_and_spelling_alone() -> None:
    first, second = row(1, 7), row(2, 8)
    assert SEAL.speech(2, [first, second]).ngrams is None
    assert SEAL.speech(1, [first, replace(second, message_id=3)]).ngrams is None
    elsewhere = LiveSeal(FilterKey(bytes(range(32))), lambda: Vocabulary(("ä",)))
    assert elsewhere.speech(1, [first, second]).ngrams is None
    broken = replace(second, counts=second.counts[:-1])
    assert SEAL.speech(1, [first, broken, replace(second, counts=b"")]).ngrams is None


def test_an_author_is_another_in_another_server() -> None:
    assert SEAL.speaker(1, 7) == SEAL.speaker(1, "7") != SEAL.speaker(2, 7)
    nobody = {"id": "3"}
    (made,) = SEAL.rows(1, [(5, nobody, SAID)])
    assert made.speaker != row(4, 7).speaker
