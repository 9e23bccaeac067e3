"""Patterns whose matching takes time linear in the text, whoever wrote that.

Python's `re` backtracks: a pattern that looks innocent can take minutes on a text made
for it. RE2 (https://github.com/google/re2) never does, but knows no lookaround, so what
must stand before and after a match is given apart from it.
"""

from __future__ import annotations

from collections.abc import Iterator

import re2

WORD = r"\p{L}\p{N}_"  # what Python's \w means, for use within brackets; RE2's is ASCII
_MAX_PATTERN_BYTES = 64 << 20  # of the compiled form: hundreds of phrases, each of 100 letters

Span = tuple[int, int]


class LinearPattern:
    """A pattern of RE2 and its surroundings, which are no part of a match.

    Args:
        body: what is found; no match may be empty.
        before: what must stand before it, such as `not_after(WORD)`.
        after: what must stand after it.
        ignore_case: whether letters match in either case.
    """

    def __init__(
        self, body: str, *, before: str = "", after: str = "", ignore_case: bool = False
    ) -> None:
        options = re2.Options()
        options.max_mem = _MAX_PATTERN_BYTES
        options.log_errors = False
        options.case_sensitive = not ignore_case
        self.pattern = f"{before}({body}){after}"
        self._regexp = re2.compile(self.pattern.encode(), options)

    def finds(self, text: str) -> bool:
        """Say whether there is a match."""
        return self._regexp.search(_bytes_of(text)) is not None

    def spans(self, text: str) -> Iterator[Span]:
        """Yield where the matches begin and end, from left to right."""
        content = _bytes_of(text)
        at_byte, at_char, search_from = 0, 0, 0
        while (match := self._regexp.search(content, search_from)) is not None:
            first, last = match.span(1)
            start = at_char + _count_chars(content, at_byte, first)
            if first < at_byte:  # it begins with the last character of the one before
                start = at_char - _count_chars(content, first, at_byte)
            end = start + _count_chars(content, first, last)
            yield start, end
            at_byte, at_char = last, end
            # The last character of a match may be what must stand before the next one.
            of_last = _start_of_char(content, last - 1)
            search_from = of_last if of_last > first else last


def not_after(chars: str) -> str:
    """Return the surroundings of what follows none of some characters."""
    return f"(?:^|[^{chars}])"


def not_before(chars: str) -> str:
    """Return the surroundings of what none of some characters follows."""
    return f"(?:$|[^{chars}])"


def _bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "replace")  # of a surrogate alone: one character for one


def _count_chars(content: bytes, start: int, end: int) -> int:
    return len(content[start:end].decode("utf-8"))


def _start_of_char(content: bytes, place: int) -> int:
    while content[place] & 0xC0 == 0x80:
        place -= 1
    return place
