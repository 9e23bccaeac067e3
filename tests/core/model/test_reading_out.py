"""Nothing that one person said, or that was said once, can be read out of a model's file."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from random_checkpoints import random_checkpoint
from reading_out import extended, followed_by_ngrams, read_by_filter

from textgen_core import Checkpoint
from textgen_core.model.checkpoint import checkpoint_from_bytes, checkpoint_to_bytes
from textgen_core.model.filter_key import FilterKey
from textgen_core.model.privacy import (
    LEAST_SPEAKERS,
    NGRAM_SPEAKERS,
    for_keeping,
    for_others,
    of_several_people,
)
from textgen_core.model.quantization import Precision
from textgen_core.model.verbatim_filter import VerbatimFilter
from textgen_core.text.vocabulary import Ids
from textgen_core.training.ngrams.selection import select_ngrams

STARTS = 32
KEY = FilterKey(bytes(range(32)))
WORDS = "the a red blue house garden key of my your old new under".split()  # noqa: SIM905
# How often one person says it, what comes before, and the secret.
CANARIES = [
    (1, "my door code is ", "4831 and no other"),
    (2, "the wifi at home is ", "bluecat77 all small"),
    (3, "grandma lives at number ", "58 Elm Road upstairs"),
    (9, "they call me by the name of ", "Zebulon the third"),
]


def talk() -> Iterator[tuple[int, str]]:
    """Yield who says what: twenty people of the same words, and one of their secrets."""
    rng = random.Random(1)
    for number in range(600):
        yield 1 + number % 20, " ".join(rng.choices(WORDS, k=12))
    for times, before, secret in CANARIES:
        for _ in range(times):
            yield 21, before + secret


SAID = [text for _, text in talk()]


@cache
def as_trained(*, everybody_alone: bool = False) -> bytes:
    """Return a file as a training leaves it: the filter open, n-grams of several people.

    The network, which is not looked at here, has learned nothing.
    """
    model = random_checkpoint(scale=0.1)
    encoded: list[Ids] = [model.vocabulary.encode_message(text) for text in SAID]
    speakers = np.array([who for who, _ in talk()], np.int32)
    if everybody_alone:
        speakers = np.arange(1, len(SAID) + 1, dtype=np.int32)
    made = replace(
        model,
        seen=VerbatimFilter.from_texts(SAID, most_filled=1 / 8),
        own_ngrams=select_ngrams(model, encoded, speakers, 10**6),
        manifest={} if everybody_alone else {NGRAM_SPEAKERS: LEAST_SPEAKERS},
    )
    return checkpoint_to_bytes(made, precision=Precision.INT8)


def opened(data: bytes | None) -> Checkpoint:
    assert data is not None
    return checkpoint_from_bytes(data)


def kept() -> bytes:
    sealed = for_keeping(as_trained(), KEY)
    assert sealed is not None
    return sealed


@pytest.mark.parametrize("data", [kept(), for_others(as_trained()), for_others(kept())])
def test_no_message_is_read_by_the_filter(data: bytes) -> None:
    model = opened(data)
    assert read_by_filter(model, SAID, STARTS) == []
    for _, before, secret in CANARIES:
        if model.seen:
            assert extended(model.seen, (before + secret)[:26]) == (before + secret)[:26]


@pytest.mark.parametrize("data", [kept(), for_others(kept())])
@pytest.mark.parametrize(("times", "before", "secret"), CANARIES)
def test_no_secret_of_one_person_is_read_by_ngrams(
    data: bytes, times: int, before: str, secret: str
) -> None:
    model = opened(data)
    assert model.own_ngrams
    for known in range(0, len(before) + 1, 4):
        assert secret[:3] not in followed_by_ngrams(model, (before + secret)[:known], 60)
    assert not followed_by_ngrams(model, before, 40).startswith(secret[:2])


def test_the_attacks_succeed_on_a_file_as_it_was() -> None:
    """The same without key and speakers, so that what is asserted above can fail."""
    before = opened(as_trained(everybody_alone=True))
    assert len(read_by_filter(before, SAID, STARTS)) >= 0.9 * STARTS
    (_, prompt, secret) = CANARIES[2]
    assert followed_by_ngrams(before, prompt, 40).startswith(secret)


def test_what_all_say_is_still_remembered() -> None:
    model = opened(kept())
    assert followed_by_ngrams(model, "the gard", 2).startswith("en")


def test_a_file_from_before_is_closed_when_it_is_kept_or_given_away() -> None:
    old = as_trained(everybody_alone=True)
    for data in (for_keeping(old, KEY), for_others(old)):
        model = opened(data)
        assert model.own_ngrams is None
        assert read_by_filter(model, SAID, STARTS) == []
    assert for_keeping(opened_and_kept(old), KEY) is None  # there is nothing left to do
    given = for_others(old)
    assert for_others(given) is given


def opened_and_kept(data: bytes) -> bytes:
    sealed = for_keeping(data, KEY)
    assert sealed is not None
    seen = KEY.open(opened(sealed).seen)
    assert seen is not None
    assert all(seen.knows(text).all() for text in SAID)  # the owner's guard works on
    return sealed


def test_a_filter_knows_what_its_bases_knew_once_they_are_joined() -> None:
    older = VerbatimFilter.from_texts(["what was said in the year before this one"])
    model = opened(for_keeping(as_trained(), KEY, older))
    seen = KEY.open(model.seen)
    assert seen
    assert seen.knows("what was said in the year before").all()
    assert seen.knows(SAID[0]).all()
    without = replace(opened(as_trained()), seen=None)
    alone = opened(for_keeping(checkpoint_to_bytes(without), KEY, older))
    found = KEY.open(alone.seen)
    assert found
    assert found.knows("what was said in the year before").all()


@pytest.mark.parametrize(
    ("manifest", "is_so"), [({}, False), ({NGRAM_SPEAKERS: 1}, False), ({NGRAM_SPEAKERS: 2}, True),
                            ({NGRAM_SPEAKERS: "2"}, False)]
)  # fmt: skip
def test_of_how_many_people_ngrams_are_stands_in_the_manifest(
    manifest: dict[str, object], is_so: bool
) -> None:
    assert of_several_people(manifest) == is_so
