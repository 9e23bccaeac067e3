"""Which ids may follow which, so that any drawn text is well-formed UTF-8.

The ids of single bytes could be put together into something that is no
character. A table of states rules that out: within a character only the bytes
that RFC 3629 (section 4) allows next, between characters anything that may
begin one. Padding, lone surrogates and control characters other than newline
and tab are never allowed.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textgen_core.codec import Codec

BETWEEN = 0
OPENING = 1  # nothing is written yet: neither <s> nor white space may come
_ONE_MORE, _TWO_MORE, _THREE_MORE = 2, 3, 4
_AFTER_C2, _AFTER_E0, _AFTER_ED, _AFTER_F0, _AFTER_F4 = 5, 6, 7, 8, 9
STATES = 10

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
class SpellingRules:
    """A finite automaton over ids.

    Attributes:
        mask: float32 (STATES, columns), 0 where an id may come, minus infinity
            elsewhere: to be added to logits.
        next_state: int64 (STATES, columns), the state that an id leads to;
            BETWEEN where a character is complete.
    """

    mask: npt.NDArray[np.float32]
    next_state: npt.NDArray[np.int64]


def spelling_rules(vocabulary: Codec, columns: int) -> SpellingRules:
    """Return the rules for a vocabulary, padded to a number of columns >= V."""
    targets = np.full((STATES, columns), _FORBIDDEN, np.int64)
    targets[BETWEEN, vocabulary.boundary_id] = BETWEEN
    for char_id, data in enumerate(vocabulary.token_bytes):
        if len(data) == 1 and data[0] >= 0x80:
            _allow_byte(targets, char_id, data[0])
        elif data:
            _allow_text(targets, char_id, data.decode("utf-8", "surrogatepass"))
    allowed = targets != _FORBIDDEN
    mask = np.where(allowed, np.float32(0), np.float32(-np.inf))
    return SpellingRules(mask, np.where(allowed, targets, BETWEEN))


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
        if category == "Cs" or (category == "Cc" and char not in "\n\t"):
            return
    targets[BETWEEN, char_id] = BETWEEN
    if not text.isspace():
        targets[OPENING, char_id] = BETWEEN
