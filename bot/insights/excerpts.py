"""Texts that stand for many others, and give nobody away."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from textgen_core.text.special_tokens import unmarked

MAX_CHARS = 26
COMMON = 3  # messages that a word must stand in
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_NAMELIKE = re.compile(r"[\d_@#]")


def excerpts(
    texts: Sequence[str], places: Iterable[int], count: int, *, names: Collection[str] = ()
) -> list[str]:
    """Return short texts, or openings of long ones, at some places, the first ones first.

    Each of their words stands in other texts too, so that what one person alone says is
    not among them; nor are numbers and what is written like a name.

    Args:
        texts: all there are.
        places: which of them may be taken, the best first.
        count: how many are wanted.
        names: words that people are called by.
    """
    called = {word for name in names for word in words_of(name)}
    common = Counter(word for text in texts for word in set(words_of(text)))
    found = []
    for place in places:
        text = opening(" ".join(texts[place].split()))
        words = words_of(text)
        if text != unmarked(text) or _NAMELIKE.search(text):
            continue
        if words and called.isdisjoint(words) and all(common[word] >= COMMON for word in words):
            found.append(text)
            if len(found) == count:
                break
    return found


def opening(text: str) -> str:
    """Return a text, or as many of its first words as there is room for and an ellipsis."""
    if len(text) <= MAX_CHARS:
        return text
    return text[:MAX_CHARS].rpartition(" ")[0].rstrip(" ,;:") + "…"


def words_of(text: str) -> list[str]:
    """Return the words of a text in small letters."""
    return _WORD.findall(text.casefold())
