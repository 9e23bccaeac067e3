"""A text as the units that phrases are counted in: words, numbers, names, sentence ends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from textgen_core.text.special_tokens import MENTION

END = "."  # opens and closes a text, and stands for every sign that ends a sentence
NUMBER = "0"
NAME = "@"  # somebody is spoken to, whoever it is

Phrase = tuple[str, ...]

_UNIT = re.compile(rf"@[\w.\-]+|{MENTION}|[^\W\d_]+(?:['’][^\W\d_]+)*|\d[\d.,:]*|[.!?…。！？]+|\S")
_NAMED = re.compile(r"@[\w.\-]+")
_ENDS = ".!?…。！？"


def units(text: str) -> list[str]:
    """Return a text's units, in lower case, ``END`` first and last and never twice in a row."""
    found = [END]
    for unit in units_of(text):
        if unit != END or found[-1] != END:
            found.append(unit)
    if found[-1] != END:
        found.append(END)
    return found


def units_of(part: str) -> Iterator[str]:
    """Yield the units of a part of a text that white space sets apart."""
    for match in _UNIT.finditer(part.lower()):
        yield _unit(match[0])


def _unit(found: str) -> str:
    first = found[0]
    if first in _ENDS:
        return END
    if first == MENTION or (first == "@" and len(found) > 1):
        return NAME
    if first.isdigit():
        return NUMBER
    return found.replace("’", "'")


def names(text: str) -> set[str]:
    """Return the names that are spoken to, in lower case, each with its ``@``."""
    return set(_NAMED.findall(text.lower()))


def is_word(unit: str) -> bool:
    """Say whether a unit is a word, and no number, name or sign."""
    return unit[0].isalpha()


def phrases(found: Sequence[str], words: int) -> Iterator[Phrase]:
    """Yield the runs of so many units, such as the pairs."""
    if words == 2:
        yield from pairwise(found)
    else:
        yield from zip(*(found[start:] for start in range(words)), strict=False)


def distinct_words(text: str) -> set[str]:
    """Return the words of a text."""
    return set(filter(is_word, units_of(text)))
