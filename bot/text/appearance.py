"""Texts as readers see them: without what Discord and their eyes leave out.

Whoever wants to say something that a filter should not find writes it so that it looks
the same: with characters that have no width, in full width, with accents, in bold. So
filters read an `Appearance`, and map what they find back to the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.text.linear import Span
from textgen_core.text.special_tokens import AUTHOR_TOKENS, MARKS

_CACHED_CHARS = 20_000  # of more than a million there could be
# Format and control characters, marks on others, and what no font has agreed to draw.
_INVISIBLE = frozenset(("Cf", "Cc", "Mn", "Me", "Cs", "Co", "Cn"))
_SPACES, _DASHES = frozenset(("Zs", "Zl", "Zp")), frozenset(("Pd",))
_KEPT = frozenset(("\t", "\n", "\r", *MARKS, *AUTHOR_TOKENS))
_MINUS = "\u2212"  # a sign of arithmetic that looks like a dash
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")  # letters and signs that show nothing
_MARKDOWN = re.compile(r"[\\*_`|~\[]")
# Backslashes, masked links, spoilers and what makes letters bold, slanted, struck out.
_HIDDEN_PARTS = re.compile(
    r"\\|\[(?=[^\[\]\n]{0,300}\]\()|\]\([^()\s]{0,2000}\)"
    r"|\|\||\*+|~~|`+|__+|(?<![^\W_])_|_(?![^\W_])"
)


@dataclass(frozen=True, slots=True)
class Appearance:
    """How a text looks, and where each of its characters comes from.

    Attributes:
        text: what is seen.
        places: of each character its place in the original; None where all are the same.
    """

    text: str
    places: Sequence[int] | None = None

    def origin(self, span: Span) -> Span:
        """Return the part of the original that a part of what is seen comes from."""
        if self.places is None:
            return span
        start, end = span
        return self.places[start], self.places[end - 1] + 1


class CharTable(dict[int, str]):
    """What each character becomes, made when it is first met.

    Args:
        become: of a character what stands for it, which may be nothing.
    """

    def __init__(self, become: Callable[[str], str]) -> None:
        super().__init__()
        self._become = become

    def __missing__(self, code: int) -> str:
        became = self._become(chr(code))
        if len(self) < _CACHED_CHARS:
            self[code] = became
        return became


def visible_char(char: str) -> str:
    """Return what a character shows by itself: of "é" the e, of a full-width 1 the 1.

    Spaces and dashes of any kind are those of ASCII.
    """
    if char in _KEPT:
        return char
    return "".join(map(_shown, unicodedata.normalize("NFKD", char)))


def _shown(part: str) -> str:
    """Return what one part of a decomposed character shows."""
    category = unicodedata.category(part)
    if category in _INVISIBLE or part in _FILLERS:
        return ""
    if category in _SPACES:
        return " "
    if category in _DASHES or part == _MINUS:
        return "-"
    digit = unicodedata.digit(part, None)
    return part if digit is None else str(digit)


_VISIBLE = CharTable(visible_char)


def translated(seen: Appearance, table: CharTable) -> Appearance:
    """Return an appearance with each of its characters put through a table."""
    text = seen.text.translate(table)
    if len(text) == len(seen.text) and "" not in map(table.__getitem__, map(ord, seen.text)):
        return Appearance(text, seen.places)
    places = [place for place, char in enumerate(seen.text) for _ in table[ord(char)]]
    return Appearance(text, _composed(places, seen.places))


def appearances(text: str) -> list[Appearance]:
    """Return a text without what has no width, and once more without its Markdown if it has any.

    Both, because what looks like Markdown may be meant: a key may hold two underscores.
    """
    plain = Appearance(text)
    if not text.isascii() or not text.isprintable():
        plain = translated(plain, _VISIBLE)
    if _MARKDOWN.search(plain.text) is None:
        return [plain]
    return [plain, without_markdown(plain)]


def without_markdown(seen: Appearance) -> Appearance:
    """Return what is left when Discord has rendered bold, spoilers, masked links and the like."""
    kept: list[str] = []
    starts: list[int] = []  # of each kept part in what is seen
    after = 0
    for match in _HIDDEN_PARTS.finditer(seen.text):
        if match.start() > after:
            kept.append(seen.text[after : match.start()])
            starts.append(after)
        after = match.end()
    kept.append(seen.text[after:])
    starts.append(after)
    places = [
        start + number
        for start, part in zip(starts, kept, strict=True)
        for number in range(len(part))
    ]
    return Appearance("".join(kept), _composed(places, seen.places))


def merged(spans: list[Span]) -> list[Span]:
    """Return spans in order, those that touch or lie within each other as one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def replaced(text: str, spans: list[Span], put: Callable[[str], str]) -> str:
    """Return a text with something else in place of some parts of it."""
    parts: list[str] = []
    after = 0
    for start, end in merged(spans):
        parts += (text[after:start], put(text[start:end]))
        after = end
    return "".join((*parts, text[after:]))


def _composed(places: list[int], earlier: Sequence[int] | None) -> list[int]:
    return places if earlier is None else [earlier[place] for place in places]
