"""What a text looks like at a glance: words that look alike have one skeleton.

After Unicode Technical Standard #39, section 4, with Unicode's table of confusable
characters as the package confusable-homoglyphs brings it.
"""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from importlib.resources import files

from bot.text.appearance import Appearance, CharTable, appearances, translated, visible_char
from textgen_core.text.special_tokens import AUTHOR_TOKENS, EMOJI, LINK, MENTION

_GONE = frozenset((LINK, *AUTHOR_TOKENS))  # whoever shows a text takes them out
_SHOWN = {MENTION: "@", EMOJI: ":"}
_SIGNS = {"1": "l", "0": "o", "|": "l", "I": "l"}  # that are read as letters, among letters


def skeletons(text: str) -> list[Appearance]:
    """Return how a text may be read: as it is, and by what its characters look like.

    Two, because a capital I is an i that looks like an l. Case is folded in both.
    """
    return [translated(seen, table) for seen in appearances(text) for table in _readings(seen.text)]


def skeleton_texts(text: str) -> list[str]:
    """Return the skeletons of a text that is meant as it is written, such as a banned word."""
    return list(dict.fromkeys(text.translate(table) for table in _tables()[::2]))


def _readings(text: str) -> tuple[CharTable, ...]:
    """Return by which tables a text can be read."""
    if not text.isascii():
        return _tables()
    return _tables()[:2] if any(sign in text for sign in _SIGNS) else _tables()[:1]


@cache
def _tables() -> tuple[CharTable, CharTable, CharTable]:
    """Return what characters become: by meaning first, then by look, and by look first."""
    return CharTable(_folded), CharTable(_guessed), CharTable(_looked)


def _folded(char: str) -> str:
    """Fold case, then replace what looks like a letter of ASCII."""
    if char in _GONE:
        return ""
    shown = visible_char(_SHOWN.get(char, char)).casefold()
    return "".join(_look_alikes().get(part, part) for part in shown).casefold()


def _looked(char: str) -> str:
    """Replace what looks like a letter of ASCII, then fold case: В is a b, but в is not."""
    if char in _GONE:
        return ""
    look_alikes = _look_alikes()
    shown = look_alikes.get(char) or visible_char(_SHOWN.get(char, char))
    return "".join(look_alikes.get(part, part) for part in shown).casefold()


def _guessed(char: str) -> str:
    """Do the same where signs stand for letters, as in v0Idemort."""
    shown = _look_alikes().get(char, char)
    return _looked(_SIGNS.get(shown, shown))


@cache
def _look_alikes() -> dict[str, str]:
    """Return the letter or digit of ASCII that each other character looks like."""
    table = json.loads(files("confusable_homoglyphs").joinpath("confusables.json").read_bytes())
    found: dict[str, str] = {}
    for char, others in table.items():
        if len(char) != 1 or char.isascii():
            continue
        for other in others:
            letter = other["c"]
            if len(letter) == 1 and letter.isascii() and letter.isalnum():
                found[char] = "I" if letter == "l" and _is_capital_i(char) else letter
    return found


def _is_capital_i(char: str) -> bool:
    """Say whether a character that Unicode takes for an l is meant as an I."""
    name = unicodedata.name(char, "")
    return unicodedata.category(char) == "Lu" and "LETTER L" not in name
