"""The vocabulary of a textgenrnn model: a table of characters, or of words.

Ids count from 1 in the order of the table; 0 is padding, which such a model
reads before a text's beginning and has among its outputs. ``<s>`` is one of the
table's entries. What the table lacks is read as 0, as textgenrnn does when it
writes on from a prompt, and is never scored or written.

A model of one single text knows no end of it, and its table no ``<s>``. Its boundary is
then 0: it begins where padding does, as in textgenrnn, and nothing closes a text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import re2

from textgen_core.errors import VocabularyError
from textgen_core.text.special_tokens import plain
from textgen_core.text.vocabulary import PADDING_ID, Ids

BOUNDARY = "<s>"
MAX_TOKENS = 65_534  # ids of a corpus are kept in 16 bits

_ALONE = re.compile("([!\"#$%&'()*+,\\-./:;<=>?@\\[\\]^_`{|}~‘’“”–—…\n\t])")
_BEFORE_WHITE = re.compile(" ([\n\t]) ")
_CLOSING = "!%),.:;?@]_}'\n\t"
_BEFORE_CLOSING = re.compile(f" ([{re.escape(_CLOSING)}])")
_AFTER_OPENING = re.compile("([$(\\[_'\n\t]) ")
# Of RE2: re would look for the second sign from each first one to the end of the text.
_QUOTED = re2.compile('" (.+?) "')


@dataclass(frozen=True, slots=True)
class LegacyVocabulary:
    """Map between text and the ids of a textgenrnn model.

    Args:
        tokens: single characters, or words, and ``<s>`` unless no text ends; the first has
            id 1.
        words: whether they are words. Those are lower-case, and a sign of
            punctuation is a word of its own.

    Raises:
        VocabularyError: an entry is malformed or comes twice.
    """

    tokens: tuple[str, ...]
    words: bool = False
    _ids_of: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.words, bool):
            raise VocabularyError(f"words must be true or false, got {self.words!r}")
        if not 1 <= len(self.tokens) <= MAX_TOKENS:
            raise VocabularyError(
                f"a vocabulary must have 1 to {MAX_TOKENS:,} entries, got {len(self.tokens):,}"
            )
        for token in self.tokens:
            if not isinstance(token, str) or not self._is_well_formed(token):
                kind = "a word without spaces" if self.words else "one character"
                raise VocabularyError(f"an entry must be {kind} or {BOUNDARY!r}, got {token!r:.60}")
        ids_of = {token: i for i, token in enumerate(self.tokens, 1)}
        if len(ids_of) != len(self.tokens):
            raise VocabularyError("an entry of the vocabulary is listed twice")
        object.__setattr__(self, "_ids_of", ids_of)

    def _is_well_formed(self, token: str) -> bool:
        if token == BOUNDARY:
            return True
        return token != "" and " " not in token if self.words else len(token) == 1

    @property
    def size(self) -> int:
        """Number of ids (V), padding and boundary included."""
        return 1 + len(self.tokens)

    @property
    def boundary_id(self) -> int:
        """Id of ``<s>``; that of padding where no text ends."""
        return self._ids_of.get(BOUNDARY, PADDING_ID)

    @property
    def widths(self) -> tuple[int, ...]:
        """Characters that each id stands for; a word's include the space beside it."""
        space = 1 if self.words else 0
        return (1, *(len(token) + space for token in self.tokens))

    @property
    def token_bytes(self) -> tuple[bytes, ...]:
        """UTF-8 bytes that each id stands for; empty for padding and boundary."""
        tokens = ("" if token == BOUNDARY else token for token in self.tokens)
        return (b"", *(token.encode("utf-8", "surrogatepass") for token in tokens))

    def encode(self, text: str) -> Ids:
        """Return the ids of ``text``, shape (T,), without boundaries; 0 for what is unknown."""
        ids = [self._ids_of.get(part, PADDING_ID) for part in self._parts(text)]
        return np.array(ids, dtype=np.int32)

    def encode_message(self, text: str) -> Ids:
        """Return ``<s>``, the ids of ``text``, ``<s>``."""
        boundary = np.array([self.boundary_id], np.int32)
        return np.concatenate([boundary, self.encode(text), boundary])

    def encode_voiced(self, text: str) -> Ids:
        """Return the ids of a message without the mark of a voice, which it cannot know."""
        return self.encode_message(plain(text))

    def voice_id(self, mark: str) -> int | None:
        """Return None: textgenrnn knows no voices."""
        return None

    def open_chars(self, text: str) -> int:
        """Return 0: textgenrnn goes on from the characters, or words, of a prompt as they are."""
        return 0

    def decode(self, ids: Sequence[int] | Ids) -> str:
        """Return the text of ``ids``; padding and boundaries are left out."""
        silent = (PADDING_ID, self.boundary_id)
        parts = [self.tokens[i - 1] for i in ids if i not in silent]
        return _tidied(" ".join(parts)) if self.words else "".join(parts)

    def joined(self, prompt: str, ids: Sequence[int] | Ids) -> str:
        """Return the prompt as it was typed and the text of the ids that follow it."""
        text = self.decode(ids)
        if self.words and prompt and text and not prompt[-1].isspace():
            text = text if text[0] in _CLOSING else f" {text}"
        return prompt + text

    def measure(self, text: str) -> tuple[int, int]:
        """Return how many characters the table has, and how many not.

        The closing ``<s>`` counts as one, where there is one. A word counts with the
        space after it, so that n words and their closing come to the length of the text
        plus one.
        """
        known, unknown = 0, 0
        space = 1 if self.words else 0
        for part in self._parts(text):
            if part in self._ids_of:
                known += len(part) + space
            else:
                unknown += len(part) + space
        if self.words or self.boundary_id == PADDING_ID:
            return max(1, known), unknown
        return known + 1, unknown

    def to_json(self) -> dict[str, Any]:
        """Return what a checkpoint stores."""
        return {"tokens": list(self.tokens), "words": self.words}

    def _parts(self, text: str) -> Sequence[str]:
        if not self.words:
            return text
        return split_words(text)


def split_words(text: str) -> list[str]:
    """Return the lower-case words of a text; a sign of punctuation is one of its own."""
    return [part for part in _ALONE.sub(r" \1 ", text).lower().split(" ") if part]


def _tidied(text: str) -> str:
    """Take back the spaces around punctuation, as textgenrnn does."""
    text = _BEFORE_WHITE.sub(r"\1", text)
    text = _BEFORE_CLOSING.sub(r"\1", text)
    text = _AFTER_OPENING.sub(r"\1", text)
    return str(_QUOTED.sub(r'"\1"', text))
