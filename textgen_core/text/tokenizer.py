"""What the rest of the library needs of a vocabulary, whichever kind it is.

``Vocabulary`` spells any text, with or without pieces of words; ``LegacyVocabulary`` is
textgenrnn's table. In both id 0 is padding and what the vocabulary lacks: never written
and never scored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from textgen_core.errors import VocabularyError
from textgen_core.text.legacy_vocabulary import LegacyVocabulary
from textgen_core.text.vocabulary import Ids, Vocabulary


class Tokenizer(Protocol):
    """Map between text and ids."""

    @property
    def size(self) -> int:
        """Number of ids (V), padding and boundary included."""

    @property
    def boundary_id(self) -> int:
        """Id of ``<s>``, which opens and closes a text; 0 where no text ends."""

    @property
    def token_bytes(self) -> tuple[bytes, ...]:
        """UTF-8 bytes that each id stands for; empty for padding and boundary."""

    @property
    def widths(self) -> tuple[int, ...]:
        """Characters that each id adds to a text."""

    def encode_message(self, text: str) -> Ids:
        """Return ``<s>``, the ids of ``text``, ``<s>``."""

    def encode_voiced(self, text: str) -> Ids:
        """Return the same of a message that may begin with the mark of a voice
        (special_tokens.py)."""

    def voice_id(self, mark: str) -> int | None:
        """Return the id of a voice's mark, None if the vocabulary has none for it."""

    def open_chars(self, text: str) -> int:
        """Return how many characters at the end of a text a longer token may begin with."""

    def decode(self, ids: Sequence[int] | Ids) -> str:
        """Return the text of ids; padding and boundaries are left out."""

    def joined(self, prompt: str, ids: Sequence[int] | Ids) -> str:
        """Return the prompt and the text of the ids that follow it."""

    def measure(self, text: str) -> tuple[int, int]:
        """Return how many characters, the closing ``<s>`` included, are known, how many not."""

    def to_json(self) -> Any:
        """Return what ``tokenizer_from_json`` takes back."""

    def __hash__(self) -> int:
        """What is made of a vocabulary is kept for the next model that has it."""


def tokenizer_from_json(value: Any) -> Tokenizer:
    """Read a vocabulary out of a checkpoint.

    Raises:
        VocabularyError: it is malformed.
    """
    if isinstance(value, list):
        return Vocabulary(tuple(value))
    if isinstance(value, dict) and set(value) == {"characters", "pieces"}:
        return _with_pieces(value["characters"], value["pieces"])
    parts = value if isinstance(value, dict) and set(value) == {"tokens", "words"} else {}
    if isinstance(parts.get("tokens"), list):
        return LegacyVocabulary(tuple(parts["tokens"]), parts["words"])
    raise VocabularyError("the vocabulary has the wrong form")


def read_vocabulary(path: Path) -> Tokenizer:
    """Read a vocabulary out of a file of its own, as weights/choose_pieces.py writes it.

    Raises:
        VocabularyError: it is malformed.
        OSError: it cannot be read.
    """
    try:
        return tokenizer_from_json(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, RecursionError) as error:
        raise VocabularyError(f"{path.name} is not a vocabulary: it is not JSON") from error


def _with_pieces(characters: Any, pieces: Any) -> Vocabulary:
    if not isinstance(characters, list) or not isinstance(pieces, list):
        raise VocabularyError("the vocabulary has the wrong form")
    if not all(isinstance(row, list) and len(row) == 2 for row in pieces):
        raise VocabularyError("each piece of the vocabulary must have a score")
    return Vocabulary(tuple(characters), tuple((text, score) for text, score in pieces))


Made = TypeVar("Made")
Options = ParamSpec("Options")

MAX_KEPT = 32
MAX_KEPT_IDS = 2_048


def kept_while_small(
    make: Callable[Concatenate[Tokenizer, Options], Made],
) -> Callable[Concatenate[Tokenizer, Options], Made]:
    """Keep what a function last made of small vocabularies, by all of its arguments."""
    kept: Any = lru_cache(maxsize=MAX_KEPT)(make)

    @wraps(make)
    def made(vocabulary: Tokenizer, /, *args: Options.args, **options: Options.kwargs) -> Made:
        chosen: Any = kept if vocabulary.size <= MAX_KEPT_IDS else make
        result: Made = chosen(vocabulary, *args, **options)
        return result

    return made
