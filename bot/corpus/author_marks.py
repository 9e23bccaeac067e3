"""Whose way a message is written in, as a corpus tells it.

While a job reads, the messages of members who agreed begin with a character that stands
for their number. Once all is read it is known who wrote most, and the marks that the
model will know (textgen_core/text/special_tokens.py) take the place of those characters.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.corpus.files import new_corpus
from textgen_core.text.special_tokens import AUTHOR_TOKENS

# Of Unicode's last plane, for private use, which nobody is known to use.
_FIRST, _LAST = 0x100000, 0x10FFFD
_NUMBERS = re.compile(f"^[{chr(_FIRST)}-{chr(_LAST)}]+")
_CONTENT = b'"content":"'


def without_numbers(text: str) -> str:
    """Return a text that cannot be taken for one that begins with a number."""
    return _NUMBERS.sub("", text)


def numbered(text: str, number: int) -> str:
    """Return a text that begins with a number."""
    return chr(_FIRST + number) + text


def is_told_apart(message: Mapping[str, Any]) -> bool:
    """Say whether a message is among the half of their author's that shall be marked.

    The other half stays as it is, so that the model knows how they write among others.
    """
    return bool(zlib.crc32(str(message.get("id")).encode()) & 1)


def count_numbers(corpus: Path) -> Counter[int]:
    """Return how many of a corpus's messages begin with each number."""
    counts: Counter[int] = Counter()
    with corpus.open("rb") as lines:
        for line in lines:
            number, _ = _number_in(line)
            if number is not None:
                counts[number] += 1
    return counts


def apply_author_tokens(corpus: Path, marks: Mapping[int, int]) -> None:
    """Put marks in the place of numbers, all or nothing; numbers without one go."""
    with corpus.open("rb") as lines, new_corpus(corpus) as out:
        for line in lines:
            number, start = _number_in(line)
            if number is not None:
                mark = AUTHOR_TOKENS[marks[number]] if number in marks else ""
                line = line[:start] + mark.encode() + line[start + 4 :]
            out.write(line)


def _number_in(line: bytes) -> tuple[int | None, int]:
    """Return the number that a line's message begins with, if any, and where it stands."""
    start = line.index(_CONTENT) + len(_CONTENT)
    if line[start : start + 1] != b"\xf4":  # all of that plane, and of it alone
        return None, start
    return ord(line[start : start + 4].decode()) - _FIRST, start
