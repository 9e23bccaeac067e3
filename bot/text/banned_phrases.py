"""Words and phrases that a server never wants to read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

MASKS = "█▓▒░"


class PhraseFilter:
    """Finds banned phrases in a text, whatever their case and the white space in them.

    A phrase of letters is found as whole words: "ass" is not found in "grass".
    Where a script does not part words (Chinese, Thai), it is found anywhere.

    Args:
        phrases: at most some hundreds; empty finds nothing.
    """

    def __init__(self, phrases: Sequence[str]) -> None:
        patterns = [_pattern(words) for phrase in phrases if (words := phrase.split())]
        self._found = re.compile("|".join(patterns), re.IGNORECASE) if patterns else None
        self._mask = next((mask for mask in MASKS if mask not in "".join(phrases)), "")

    def finds(self, text: str) -> bool:
        """Say whether a banned phrase stands in a text."""
        return self._found is not None and self._found.search(text) is not None

    def masked(self, text: str) -> str:
        """Return a text with every banned phrase covered, a mask for a character."""
        if self._found is None:
            return text
        while self.finds(text):  # what covers one phrase may part the letters of another
            text = self._found.sub(lambda match: self._mask * len(match[0]), text)
        return text

    def spoilered(self, text: str) -> str:
        """Return a text with every banned phrase behind a spoiler, which readers may lift."""
        if self._found is None:
            return text
        return self._found.sub(lambda match: f"||{match[0]}||", text.replace("||", "|"))


@lru_cache(maxsize=256)
def phrase_filter(phrases: tuple[str, ...]) -> PhraseFilter:
    """Return the filter of some phrases, the one made before if there is one."""
    return PhraseFilter(phrases)


def _pattern(words: list[str]) -> str:
    before = r"(?<!\w)" if _parts_words(words[0][0]) else ""
    after = r"(?!\w)" if _parts_words(words[-1][-1]) else ""
    return before + r"\s+".join(re.escape(word) for word in words) + after


def _parts_words(char: str) -> bool:
    """Say whether a character is of a script that parts words with spaces."""
    return char.isdigit() or char.upper() != char.lower()
