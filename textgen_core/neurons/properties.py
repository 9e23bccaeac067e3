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

_MENTION = re.compile(rf"@[\w-]+|{MENTION}")
_LINK = re.compile(rf"https?://\S+|{LINK}")
_CODE = re.compile(r"`[^`\n]{2,200}`")
_QUOTES = re.compile(r'"[^"\n]{2,200}"')
_BRACKETS = re.compile(r"\([^()\n]{2,200}\)")
_CAPITALS = re.compile(r"\b[A-Z]{2,}(?:[ ,!?]+[A-Z]{2,})*\b")
_NUMBER = re.compile(r"\d+")
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\ufe0f\u200d]+")
_SMILEY = re.compile(r"(?<!\w)[:;=8][-']?[()DPpOo/|]+")
_DOTS = re.compile(r"\.{2,}")
_SENTENCE_END = re.compile(r"[.!?]+")
_NO_WORD = re.compile(r"[^\w']+")
_LAUGHTER = re.compile(r"(?i)\b(?:a?(?:ha){2,}h?|l+o+l+|he(?:he)+)\b")
_FIRST_WORD = re.compile(r"^\S+")
_SENTENCE = re.compile(r"[^.!?\n]+\??")
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_KOREAN = re.compile("[\uac00-\ud7af]")
_ARABIC = re.compile("[\u0600-\u06ff]")
_DEVANAGARI = re.compile("[\u0900-\u097f]")


@dataclass(frozen=True, slots=True)
class Property:
    """A question about each character.

    Attributes:
        name: in one word or two, as it is shown.
        holds: of a text, (characters,), where the answer is yes.
    """

    name: str
    holds: Callable[[str], Flags]


def _within(pattern: re.Pattern[str], *, closing: int = 0) -> Callable[[str], Flags]:
    """Return what marks the matches of a pattern, less some characters at each one's end."""

    def holds(text: str) -> Flags:
        flags = np.zeros(len(text), bool)
        for match in pattern.finditer(text):
            flags[match.start() : match.end() - closing] = True
        return flags

    return holds


def _late_in_word(text: str) -> Flags:
    flags, letters = np.zeros(len(text), bool), 0
    for place, char in enumerate(text):
        letters = letters + 1 if char.isalnum() or char == "'" else 0
        flags[place] = letters >= LATE_LETTERS
    return flags


def _question(text: str) -> Flags:
    flags = np.zeros(len(text), bool)
    for match in _SENTENCE.finditer(text):
        flags[match.start() : match.end()] = match[0].endswith("?")
    return flags


def _script(letter: re.Pattern[str]) -> Callable[[str], Flags]:
    """Return what marks all of a text most of whose letters are of one script."""

    def holds(text: str) -> Flags:
        letters = sum(char.isalpha() for char in text)
        is_of_it = letters > 0 and 2 * len(letter.findall(text)) > letters
        return np.full(len(text), is_of_it)

    return holds


PROPERTIES = (
    Property("mention", _within(_MENTION)),
    Property("link", _within(_LINK)),
    Property("code", _within(_CODE, closing=1)),
    Property("quotes", _within(_QUOTES, closing=1)),
    Property("brackets", _within(_BRACKETS, closing=1)),
    Property("capitals", _within(_CAPITALS)),
    Property("number", _within(_NUMBER)),
    Property("emoji", _within(_EMOJI)),
    Property("smiley", _within(_SMILEY)),
    Property("dots", _within(_DOTS)),
    Property("sentence end", _within(_SENTENCE_END)),
    Property("between words", _within(_NO_WORD)),
    Property("late in a word", _late_in_word),
    Property("laughter", _within(_LAUGHTER)),
    Property("first word", _within(_FIRST_WORD)),
    Property("beginning", lambda text: np.arange(len(text)) < BEGINNING_CHARS),
    Property("far in", lambda text: np.arange(len(text)) >= FAR_CHARS),
    Property("end near", lambda text: np.arange(len(text)) >= len(text) - END_CHARS),
    Property("question", _question),
    Property("Cyrillic", _script(_CYRILLIC)),
    Property("Japanese", _script(_JAPANESE)),
    Property("Korean", _script(_KOREAN)),
    Property("Arabic", _script(_ARABIC)),
    Property("Devanagari", _script(_DEVANAGARI)),
)
