"""A filter knows every run it was made of, hardly any other, and stays small."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textgen_core.model.verbatim_filter import MAX_BYTES, MIN_BYTES, VerbatimFilter

ALPHABET = np.array(list("abcdefghijklmnopqrstuvwxyz äß漢😀"))


def random_texts(count: int, *, seed: int, length: int = 60) -> list[str]:
    rng = np.random.default_rng(seed)
    return ["".join(row) for row in rng.choice(ALPHABET, (count, length))]


@settings(deadline=None, max_examples=15)
@given(st.lists(st.text(max_size=40), max_size=8), st.integers(8, 20))
def test_every_run_of_a_text_is_known(texts: list[str], run_chars: int) -> None:
    seen = VerbatimFilter.from_texts(iter(texts), run_chars=run_chars)
    for text in texts:
        assert len(seen.knows(text)) == max(0, len(text) - run_chars + 1)
        assert seen.knows(text).all()


def test_runs_within_a_longer_text_are_told_one_by_one() -> None:
    (text,) = random_texts(1, seed=1, length=24)
    seen = VerbatimFilter.from_texts([text])
    known = seen.knows(f"__{text}__")
    assert known.tolist() == [False, False, True, False, False]


def test_a_run_does_not_go_from_one_text_to_the_next() -> None:
    first, second = random_texts(2, seed=2)
    seen = VerbatimFilter.from_texts([first, second])
    known = seen.knows(first + second)
    assert known[: 60 - 23].all()
    assert known[60:].all()
    assert not known[60 - 23 : 60].any()


def test_few_runs_are_known_that_were_not_there() -> None:
    seen = VerbatimFilter.from_texts(random_texts(3_000, seed=3))
    others = np.concatenate([seen.knows(text) for text in random_texts(3_000, seed=4)])
    assert others.mean() < 0.01
    assert seen.false_positives < 0.004
    assert others.mean() == pytest.approx(seen.false_positives, rel=0.25)


def test_the_size_follows_the_corpus() -> None:
    sizes = [
        VerbatimFilter.from_texts(random_texts(n, seed=5)).bits.size for n in (0, 1, 1000, 4000)
    ]
    assert sizes[:2] == [MIN_BYTES, MIN_BYTES]
    assert sizes[3] == 4 * sizes[2]
    runs = 1000 * (60 - 23)
    assert 8 / np.log(2) * runs / 8 * 0.9 < sizes[2] < 8 / np.log(2) * runs / 8 * 2.1


@pytest.mark.parametrize(
    ("bits", "run_chars", "message"),
    [
        (np.zeros(1500, np.uint8), 24, "a power of two of bytes from 1,024 to 67,108,864"),
        (np.zeros(512, np.uint8), 24, "got 512"),
        (np.zeros(2 * MAX_BYTES, np.uint8), 24, "got 134,217,728"),
        (np.zeros(1024, np.int8), 24, "must be one row of bytes"),
        (np.zeros((2, 1024), np.uint8), 24, "must be one row of bytes"),
        (np.zeros(1024, np.uint8), 7, r"run_chars must be a whole number in \[8, 1000\], got 7"),
        (np.zeros(1024, np.uint8), 24.0, "run_chars must be"),
        (np.zeros(1024, np.uint8), True, "run_chars must be"),
    ],
)
def test_what_is_no_filter_is_refused(bits: Any, run_chars: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        VerbatimFilter(bits, run_chars)


def test_a_filter_that_grows_forgets_nothing_and_takes_little_for_known() -> None:
    grown = None
    said: list[str] = []
    for month in range(4):
        texts = random_texts(300, seed=month)
        grown = VerbatimFilter.from_texts(texts, known=grown)
        said += texts
        assert all(grown.knows(text).all() for text in said)
    assert grown is not None
    fresh = np.concatenate([grown.knows(text) for text in random_texts(300, seed=99)])
    assert fresh.mean() < 0.01


def test_a_filter_is_not_copied_and_cannot_be_changed() -> None:
    seen = VerbatimFilter.from_texts(["a sentence that was said by somebody"])
    assert not seen.bits.flags.writeable
    assert np.shares_memory(VerbatimFilter(seen.bits).bits, seen.bits)
