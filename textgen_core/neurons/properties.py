"""What a character of a text can be asked: is it inside a mention, a link, quotes …?

Each property says yes or no of every character, by that text alone. A unit that tells it
has learned it by itself, as the network was only ever asked for the next character.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textgen_core.text.special_tokens import LINK, MENTION

Flags = npt.NDArray[np.bool_]

BEGINNING_CHARS, FAR_CHARS, END_CHARS, LATE_LETTERS = 10, 100, 5, 6


@dataclass(frozen=True, slots=True)
class Property:
    """A question about each character.

    Attributes:
        name: in one word or two, as it is shown.
        holds: of a text, (characters,), where the answer is yes.
    """

    name: str
    holds: Callable[[str], Flags]


def _within(pattern: str, *, closing: int = 0) -> Callable[[str], Flags]:
    """Return what marks the matches of a pattern, less some characters at each one's end."""
    compiled = re.compile(pattern)

    def holds(text: str) -> Flags:
        flags = np.zeros(len(text), bool)
        for match in compiled.finditer(text):
            flags[match.start() : match.end() - closing] = True
        return flags

    return holds


def _late_in_word(text: str) -> Flags:
    flags, letters = np.zeros(len(text), bool), 0
    for place, char in enumerate(text):
        letters = letters + 1 if char.isalnum() or char == "'" else 0
        flags[place] = letters >= LATE_LETTERS
    return flags


def _script(ranges: str) -> Callable[[str], Flags]:
    """Return what marks all of a text most of whose letters are of one script."""
    compiled = re.compile(f"[{ranges}]")

    def holds(text: str) -> Flags:
        letters = sum(char.isalpha() for char in text)
        is_of_it = letters > 0 and 2 * len(compiled.findall(text)) > letters
        return np.full(len(text), is_of_it)

    return holds


PROPERTIES = (
    Property("mention", _within(rf"@[\w-]+|{MENTION}")),
    Property("link", _within(rf"https?://\S+|{LINK}")),
    Property("code", _within(r"`[^`\n]{2,200}`", closing=1)),
    Property("quotes", _within(r'"[^"\n]{2,200}"', closing=1)),
    Property("brackets", _within(r"\([^()\n]{2,200}\)", closing=1)),
    Property("capitals", _within(r"\b[A-Z]{2,}(?:[ ,!?]+[A-Z]{2,})*\b")),
    Property("number", _within(r"\d+")),
    Property("emoji", _within("[\U0001f300-\U0001faff\u2600-\u27bf\ufe0f\u200d]+")),
    Property("smiley", _within(r"(?<!\w)[:;=8][-']?[()DPpOo/|]+")),
    Property("dots", _within(r"\.{2,}")),
    Property("sentence end", _within(r"[.!?]+")),
    Property("between words", _within(r"[^\w']+")),
    Property("late in a word", _late_in_word),
    Property("laughter", _within(r"(?i)\b(?:a?(?:ha){2,}h?|l+o+l+|he(?:he)+)\b")),
    Property("first word", _within(r"^\S+")),
    Property("beginning", lambda text: np.arange(len(text)) < BEGINNING_CHARS),
    Property("far in", lambda text: np.arange(len(text)) >= FAR_CHARS),
    Property("end near", lambda text: np.arange(len(text)) >= len(text) - END_CHARS),
    Property("question", _within(r"[^.!?\n]+\?")),
    Property("Cyrillic", _script("\u0400-\u04ff")),
    Property("Japanese", _script("\u3040-\u30ff\u4e00-\u9fff")),
    Property("Korean", _script("\uac00-\ud7af")),
    Property("Arabic", _script("\u0600-\u06ff")),
    Property("Devanagari", _script("\u0900-\u097f")),
)
