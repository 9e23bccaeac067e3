"""Banned phrases are found as people would find them, and covered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.banned_phrases import PhraseFilter

texts = st.text(alphabet="abA \nß█▓字।.*(", max_size=30)


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("ass", "kiss my ASS!", True),
        ("ass", "the grass", False),
        ("two words", "Two \n words.", True),
        ("two words", "two swords", False),
        ("(a|b)", "see (A|B)", True),
        ("猫", "小猫咪", True),
        ("straße", "STRASSE", False),
    ],
)
def test_phrases_are_whole_words_in_any_case(phrase: str, text: str, found: bool) -> None:
    assert PhraseFilter([phrase]).finds(text) is found


def test_no_phrases_find_nothing() -> None:
    assert not PhraseFilter([]).finds("anything")
    assert PhraseFilter([" "]).masked("any thing") == "any thing"


@given(st.lists(texts, max_size=5), texts)
def test_a_masked_text_has_no_banned_phrase(phrases: list[str], text: str) -> None:
    banned = PhraseFilter(phrases)
    masked = banned.masked(text)
    assert not banned.finds(masked)
    assert len(masked) <= len(text)
    if not banned.finds(text):
        assert masked == text
