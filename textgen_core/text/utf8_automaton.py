"""Which ids may follow which, so that any drawn text is well-formed UTF-8.

The ids of single bytes could be put together into something that is no
character. A table of states rules that out: within a character only the bytes
that RFC 3629 (section 4) allows next, between characters anything that may
begin one. Padding, marks of voices, lone surrogates and control characters other than newline
and tab are never allowed.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textgen_core.text.special_tokens import AUTHOR_TOKENS
from textgen_core.text.token_text import is_part
from textgen_core.text.tokenizer import Tokenizer, kept_while_small

BETWEEN = 0
OPENING = 1  # nothing is written yet: neither <s> nor white space may come
_ONE_MORE, _TWO_MORE, _THREE_MORE = 2, 3, 4
_AFTER_C2, _AFTER_E0, _AFTER_ED, _AFTER_F0, _AFTER_F4 = 5, 6, 7, 8, 9
STATES = 10  # more where some characters only may be spelled

_CONTINUATIONS: dict[int, tuple[range, int]] = {
    _ONE_MORE: (range(0x80, 0xC0), BETWEEN),
    _TWO_MORE: (range(0x80, 0xC0), _ONE_MORE),
    _THREE_MORE: (range(0x80, 0xC0), _TWO_MORE),
    _AFTER_C2: (range(0xA0, 0xC0), BETWEEN),  # C2 80 … C2 9F are control characters
    _AFTER_E0: (range(0xA0, 0xC0), _ONE_MORE),
    _AFTER_ED: (range(0x80, 0xA0), _ONE_MORE),
    _AFTER_F0: (range(0x90, 0xC0), _TWO_MORE),
    _AFTER_F4: (range(0x80, 0x90), _TWO_MORE),
}
_SPECIAL_LEADS = {
    0xC2: _AFTER_C2,
    0xE0: _AFTER_E0,
    0xED: _AFTER_ED,
    0xF0: _AFTER_F0,
    0xF4: _AFTER_F4,
}
_FORBIDDEN = -1


@dataclass(frozen=True, slots=True)
class TokenAutomaton:
    """A finite automaton over ids.

    Attributes:
        mask: float32 (states, columns), 0 where an id may come, minus infinity
            elsewhere: to be added to logits.
        next_state: int64 (states, columns), the state that an id leads to;
            BETWEEN where a character is complete.
    """

    mask: npt.NDArray[np.float32]
    next_state: npt.NDArray[np.int64]


@kept_while_small
def spelling_rules(vocabulary: Tokenizer, columns: int, *, ends: bool = True) -> TokenAutomaton:
    """Return the rules for a vocabulary, padded to a number of columns >= V.

    They are shared: not to be written to.

    Args:
        vocabulary: the ids.
        columns: of the rules.
        ends: whether ``<s>`` may come.
    """
    targets = np.full((STATES, columns), _FORBIDDEN, np.int64)
    if ends:
        targets[BETWEEN, vocabulary.boundary_id] = BETWEEN
    for char_id, data in enumerate(vocabulary.token_bytes):
        if is_part(data):
            _allow_byte(targets, char_id, data[0])
        elif data:
            _allow_text(targets, char_id, data.decode("utf-8", "surrogatepass"))
    return _rules(targets)


def _rules(targets: npt.NDArray[np.int64]) -> TokenAutomaton:
    allowed = targets != _FORBIDDEN
    mask = np.where(allowed, np.float32(0), np.float32(-np.inf))
    return TokenAutomaton(mask, np.where(allowed, targets, BETWEEN))


def restricted(
    rules: TokenAutomaton, vocabulary: Tokenizer, *, banned: str = "", allowed: str | None = None
) -> TokenAutomaton:
    """Return rules under which some characters are never spelled.

    A state is added for each beginning of a listed character's bytes, so that no
    byte leads to a banned character, nor to where nothing may follow.

    Args:
        rules: those of the vocabulary.
        vocabulary: whose ids they are about.
        banned: characters that are not to come.
        allowed: the only ones that may come, banned ones excepted; None for all.
    """
    only = allowed is not None
    listed = set(allowed) - set(banned) if allowed is not None else set(banned)
    targets = np.where(rules.mask == 0, rules.next_state, _FORBIDDEN)
    byte_ids: dict[int, int] = {}
    for char_id, data in enumerate(vocabulary.token_bytes):
        if is_part(data):
            byte_ids[data[0]] = char_id
        elif data and not _may_come(data.decode("utf-8", "surrogatepass"), listed, only):
            targets[:, char_id] = _FORBIDDEN
    if not byte_ids:
        return _rules(targets)
    rows = list(targets)
    between = _branch(rows, BETWEEN, _tree_of(listed), byte_ids, only)
    for char_id in byte_ids.values():
        for state in (BETWEEN, OPENING):
            rows[state][char_id] = _FORBIDDEN if between == _FORBIDDEN else rows[between][char_id]
    return _rules(np.array(rows))


def _may_come(text: str, listed: set[str], only: bool) -> bool:
    return listed.issuperset(text) if only else listed.isdisjoint(text)


_Tree = dict[int, "_Tree"]


def _tree_of(chars: set[str]) -> _Tree:
    """Return the bytes of characters beyond ASCII as a tree; they end in empty branches."""
    tree: _Tree = {}
    for char in sorted(chars):
        branch = tree
        for byte in char.encode("utf-8", "surrogatepass") if ord(char) >= 0x80 else b"":
            branch = branch.setdefault(byte, {})
    return tree


def _branch(
    rows: list[npt.NDArray[np.int64]], like: int, tree: _Tree, byte_ids: dict[int, int], only: bool
) -> int:
    """Add a state in which the bytes of a tree may come only, or may not come.

    Returns its number, or _FORBIDDEN if nothing may follow in it.

    Args:
        rows: targets of each state; grows.
        like: the state that allows all characters there.
        tree: what may follow of the listed characters' bytes.
        byte_ids: ids of bytes.
        only: whether the listed characters are those that may come.
    """
    row = np.full_like(rows[like], _FORBIDDEN) if only else rows[like].copy()
    for byte, branch in tree.items():
        target = int(rows[like][byte_ids[byte]])
        if target == _FORBIDDEN:
            continue
        if branch:
            row[byte_ids[byte]] = _branch(rows, target, branch, byte_ids, only)
        else:
            row[byte_ids[byte]] = BETWEEN if only else _FORBIDDEN
    if (row == _FORBIDDEN).all():
        return _FORBIDDEN
    rows.append(row)
    return len(rows) - 1


def _allow_byte(targets: npt.NDArray[np.int64], char_id: int, byte: int) -> None:
    for state, (allowed, target) in _CONTINUATIONS.items():
        if byte in allowed:
            targets[state, char_id] = target
    if byte >= 0xC2:
        length_state = _ONE_MORE if byte < 0xE0 else _TWO_MORE if byte < 0xF0 else _THREE_MORE
        targets[[BETWEEN, OPENING], char_id] = _SPECIAL_LEADS.get(byte, length_state)


def _allow_text(targets: npt.NDArray[np.int64], char_id: int, text: str) -> None:
    """Allow a character, or a textgenrnn model's word, unless something in it is forbidden."""
    for char in text:
        category = unicodedata.category(char)
        if char in AUTHOR_TOKENS:
            return
        if category == "Cs" or (category == "Cc" and char not in "\n\t"):
            return
    targets[BETWEEN, char_id] = BETWEEN
    if not text[0].isspace():
        targets[OPENING, char_id] = BETWEEN
