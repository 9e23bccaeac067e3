"""What people wrote that nobody should learn: keys, addresses, numbers that belong to someone.

Pure text in, pure text out. Precise rather than greedy: what is only like a number of a
person (a year, a score, a price, pi) stays, because a model must learn how people talk.
A text is read as it looks (bot/text/appearance.py), in time linear in its length.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.text.appearance import Appearance, appearances, replaced
from bot.text.linear import Span
from bot.text.private_kinds import possible_kinds
from textgen_core.text.special_tokens import LINK

COVERED = "███"  # of one length, as the length would tell something
_MAX_ROUNDS = 8  # what is put in place of one thing may set another one free


def replace_pii(text: str, put: str = LINK) -> str:
    """Return a text with `put` in place of whatever is private in it."""
    for _ in range(_MAX_ROUNDS):
        spans = _private_spans(text)
        if not spans:
            return text
        text = replaced(text, spans, lambda found: put)
    return put if is_private(text) else text


def mask_pii(text: str) -> str:
    """Return a text for people with whatever is private in it made unreadable."""
    return replace_pii(text, COVERED)


def is_private(text: str) -> bool:
    """Say whether something in a text is private."""
    return any(True for seen in appearances(text) for _ in _found(seen))


def _private_spans(text: str) -> list[Span]:
    return [seen.origin(span) for seen in appearances(text) for span in _found(seen)]


def _found(seen: Appearance) -> Iterator[Span]:
    for kind in possible_kinds(seen.text):
        for start, end in kind.pattern.spans(seen.text):
            if kind.check(seen.text[start:end]):
                yield start, end
