"""Marks are shown for what they stand for, whatever text is around them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from textgen_core.text.special_tokens import EMOJI, LINK, MARKS, MENTION, readable, unmarked


def test_marks_become_readable() -> None:
    text = f"{MENTION} see {LINK} {EMOJI}kek: and {LINK}"
    assert readable(text) == "@user see :kek: and"
    assert readable("  nothing marked ") == "  nothing marked "


@given(st.text(alphabet=st.sampled_from([*MARKS, "a", ":", " ", "é"])))
def test_no_mark_is_ever_shown(text: str) -> None:
    assert not set(MARKS) & set(readable(text))
    assert not set(MARKS) & set(unmarked(text))
