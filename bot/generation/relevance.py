"""Which of several texts answers what was said.

Measured (docs/decisions.md): a model that learned single messages is only
confused by a conversation as its prompt, and cannot tell which message comes
next; rare words in common can.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

_WORD = re.compile(r"[^\W\d_]{3,}")
_TOPIC_CHARS = 5  # shorter words are rarely what a message is about
_FEWEST_WORDS = 3  # of an answer, where there is a choice
_FADING = 0.6  # how much less an older line counts than the one after it


def words(text: str) -> set[str]:
    """Return the words of a text that can tell what it is about."""
    return {word.casefold() for word in _WORD.findall(text)}


def topics(line: str, most: int = 2) -> list[str]:
    """Return the longest words of a line, which texts can begin with."""
    found = dict.fromkeys(word for word in _WORD.findall(line) if len(word) >= _TOPIC_CHARS)
    return sorted(found, key=len, reverse=True)[:most]


def relevance(text: str, lines: Sequence[str]) -> float:
    """Return how much a text has to do with some lines, the last of them most; 0: nothing.

    A word in common counts by its length, because long words are rare ones.
    """
    own = words(text)
    shared = 0.0
    weight = 1.0
    seen: set[str] = set()
    for line in reversed(lines):
        for word in (words(line) & own) - seen:
            shared += weight * (len(word) - 2)
            seen.add(word)
        weight *= _FADING
    return shared / math.sqrt(1 + len(own))


def most_relevant(texts: Sequence[str], lines: Sequence[str]) -> str:
    """Return the text that has most to do with some lines, and is none of them.

    Raises:
        ValueError: there are no texts.
    """
    said = {line.strip().casefold() for line in lines}

    def rank(text: str) -> tuple[bool, bool, float]:
        is_new = bool(text.strip()) and text.strip().casefold() not in said
        return (is_new, len(text.split()) >= _FEWEST_WORDS, relevance(text, lines))

    return max(texts, key=rank)
