"""Texts end before stop strings and after whole sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textgen_core.text.sentences import before_stop, whole_sentences


@pytest.mark.parametrize(
    ("written", "stop", "expected"),
    [
        ("one two three", ("three", "two"), "one "),
        ("one two", ("o",), ""),
        ("one two", ("four",), None),
        ("one two", (), None),
        ("aab", ("ab", "aab"), ""),
    ],
)
def test_the_first_stop_string_counts(
    written: str, stop: tuple[str, ...], expected: str | None
) -> None:
    assert before_stop(written, stop) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Yes. No! And th", "Yes. No!"),
        ("Is it? It cou", "Is it?"),
        ("Well… I", "Well…"),
        ("He said “no.” Then", "He said “no.”"),
        ('(Really?!) "So." an', '(Really?!) "So."'),
        ("all of it.", "all of it."),
        ("そうです。でも", "そうです。"),
        ("「はい！」と", "「はい！」"),
        ("a line\nanother li", "a line"),
        ("pi is 3.14 or example.com or", "pi is 3.14 or example.com"),
        ("no end at al", "no end at"),
        ("oneword", "oneword"),
        (" oneword", " oneword"),
        ("\n\nfirst wor", "\n\nfirst"),
        ("", ""),
        ("   ", "   "),
        (". And on", "."),
        ("Mr.Smith. was", "Mr.Smith."),
        ("what?a", "what?a"),
    ],
)
def test_an_unfinished_sentence_goes(written: str, expected: str) -> None:
    assert whole_sentences(written) == expected


@given(st.text(alphabet="ab .!?…。”)\n", max_size=40))
def test_what_is_left_is_a_beginning_and_not_nothing(written: str) -> None:
    left = whole_sentences(written)
    assert written.startswith(left)
    assert bool(left.strip()) == bool(written.strip())
    is_cut = left != written
    assert not is_cut or left[-1] in ".!?…。”)" or written[len(left)].isspace()
