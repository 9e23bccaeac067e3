"""What a text looks like at a glance: words that look alike have one skeleton.

After Unicode Technical Standard #39, section 4, with Unicode's table of confusable
characters as the package confusable-homoglyphs brings it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from bot.text.appearance import Appearance, CharTable, appearances, translated, visible_char
from textgen_core.text.special_tokens import AUTHOR_TOKENS, EMOJI, LINK, MENTION

_GONE = frozenset((LINK, *AUTHOR_TOKENS))  # whoever shows a text takes them out
_SHOWN = {MENTION: "@", EMOJI: ":"}
# What is read as a letter among letters.
_SIGNS = {"1": "l", "0": "o", "|": "l", "I": "l", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b"}
_SIGNS |= {"$": "s", "@": "a", "!": "i", "€": "e", "£": "l", "+": "t", "†": "t", "‡": "t"}
# Letters in boxes, flags and small capitals, and those with strokes, hooks and tails.
_NAMED = re.compile(
    r"(?:LATIN (?:CAPITAL |SMALL )?LETTER (?:SMALL CAPITAL )?"
    r"|(?:NEGATIVE )?(?:CIRCLED|SQUARED|PARENTHESIZED) LATIN (?:CAPITAL|SMALL) LETTER "
    r"|REGIONAL INDICATOR SYMBOL LETTER )([A-Z])(?: WITH .*)?"
)
_Alike = dict[str, list[str]]


def skeletons(text: str) -> list[Appearance]:
    """Return how a text may be read: as it is, and by what its characters look like.

    Two, because a capital I is an i that looks like an l. Case is folded in both.
    """
    return _read_by(text, _tables()[::2])


def guesses(text: str) -> list[Appearance]:
    """Return how a text may be read where signs stand for letters, as in v0ld3m0rt.

    A number is no word, so whoever finds something looks whether there is a letter in it.
    """
    if text.isascii() and not any(sign in text for sign in _SIGNS):
        return []
    return _read_by(text, _tables()[1:2])


def skeleton_texts(text: str) -> list[str]:
    """Return the skeletons of a text that is meant as it is written, such as a banned word."""
    return list(dict.fromkeys(text.translate(table) for table in _tables()[::2]))


def _read_by(text: str, tables: Sequence[CharTable]) -> list[Appearance]:
    needed = tables[:1] if text.isascii() else tables
    return [translated(seen, table) for seen in appearances(text) for table in needed]


@cache
def _tables() -> tuple[CharTable, CharTable, CharTable]:
    """Return what characters become: by meaning first, by guess, and by look first."""
    return CharTable(_folded), CharTable(_guessed), CharTable(_looked)


def _folded(char: str) -> str:
    """Fold case, then replace what looks like a letter of ASCII."""
    if char in _GONE:
        return ""
    shown = _named_letter(char) or visible_char(_SHOWN.get(char, char)).casefold()
    return "".join(_look_alikes().get(part, part) for part in shown).casefold()


def _looked(char: str) -> str:
    """Replace what looks like a letter of ASCII, then fold case: В is a b, but в is not."""
    if char in _GONE:
        return ""
    look_alikes = _look_alikes()
    shown = look_alikes.get(char) or _named_letter(char) or visible_char(_SHOWN.get(char, char))
    return "".join(look_alikes.get(part, part) for part in shown).casefold()


def _guessed(char: str) -> str:
    """Do the same where signs stand for letters, as in v0Idem0rt."""
    shown = char if char in _SIGNS else _look_alikes().get(char, char)
    return _looked(_SIGNS.get(shown, shown))


@cache
def _look_alikes() -> dict[str, str]:
    """Return the letter or digit of ASCII that each other character looks like.

    Where the table knows none, one that a look-alike's name tells: т looks like a small
    capital T. Twice, as the table puts some of them behind a third character.
    """
    alike = _table()
    found: dict[str, str] = {}
    for char, others in alike.items():
        letter = next((other for other in others if other.isascii() and other.isalnum()), "")
        if letter:
            found[char] = "I" if letter == "l" and _is_capital_i(char) else letter
    for _ in range(2):
        for char in alike.keys() - found.keys():
            letters = (_named_letter(other) or found.get(other, "") for other in alike[char])
            letter = next(filter(None, letters), "")
            if letter:
                found[char] = letter
    return found


def _table() -> _Alike:
    """Return Unicode's table: characters outside of ASCII, and what each looks like."""
    content = files("confusable_homoglyphs").joinpath("confusables.json").read_bytes()
    return {
        char: sorted(bare for other in others if len(bare := _bare(other["c"])) == 1)
        for char, others in json.loads(content).items()
        if len(char) == 1 and not char.isascii()
    }


def _bare(shown: str) -> str:
    """Return characters without the marks on them, such as the stroke through a letter."""
    return "".join(part for part in shown if unicodedata.category(part) not in ("Mn", "Me"))


def _named_letter(char: str) -> str:
    """Return the letter that the name of a character outside of ASCII tells; else nothing."""
    if char.isascii():
        return ""
    named = _NAMED.fullmatch(unicodedata.name(char, ""))
    return named[1].lower() if named else ""


def _is_capital_i(char: str) -> bool:
    """Say whether a character that Unicode takes for an l is meant as an I."""
    name = unicodedata.name(char, "")
    return unicodedata.category(char) == "Lu" and "LETTER L" not in name
