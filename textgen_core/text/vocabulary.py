"""Characters and pieces of words and their ids, without loss for any Unicode text.

A ``Vocabulary`` has six ranges of ids::

    0                padding, never part of a text
    1                the boundary ``<s>`` that opens and closes a message
    2 … 129          the 128 ASCII characters
    130 … 244        the 115 bytes that UTF-8 uses outside ASCII
    245 …            pieces of words, two characters or more
    …                frequent characters with ids of their own

A character with an id of its own is one token; any other is spelled with the
bytes of its UTF-8 form (RFC 3629), so nothing is ever unknown. Where there are
pieces, a text is the likeliest sequence of them (unigram.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from textgen_core.errors import VocabularyError
from textgen_core.text.special_tokens import AUTHOR_TOKENS, MARKS, plain
from textgen_core.text.unigram import Scores, Segmenter, check_scores

PADDING_ID = 0
BOUNDARY_ID = 1
FIRST_ASCII_ID = 2
FIRST_BYTE_ID = FIRST_ASCII_ID + 128
UTF8_BYTES = (*range(0x80, 0xC0), *range(0xC2, 0xF5))
FIRST_PIECE_ID = FIRST_BYTE_ID + len(UTF8_BYTES)
FIRST_FREQUENT_ID = FIRST_PIECE_ID  # in a vocabulary without pieces
SMALL_CORPUS_CHARS = 200_000

Ids = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Map between text and ids.

    Args:
        frequent: characters beyond ASCII that get one id each, in id order.
        scores: pieces with their log-probabilities in nats, in id order: those of two
            characters or more get ids, of single characters only the score is new.

    Raises:
        VocabularyError: an entry is not one non-ASCII character, no piece with its
            score, or comes twice.
    """

    frequent: tuple[str, ...] = ()
    scores: Scores = ()
    pieces: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _ids_of: dict[str, tuple[int, ...]] = field(init=False, repr=False, compare=False)
    _bytes_of: tuple[bytes, ...] = field(init=False, repr=False, compare=False)
    _segmenter: Segmenter | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for char in self.frequent:
            if not isinstance(char, str) or len(char) != 1 or ord(char) < 128:
                raise VocabularyError(
                    f"a frequent character must be one non-ASCII character, got {char!r}"
                )
        if len(set(self.frequent)) != len(self.frequent):
            raise VocabularyError("a frequent character is listed twice")
        check_scores(self.scores)
        pieces = tuple(text for text, _ in self.scores if len(text) > 1)
        object.__setattr__(self, "pieces", pieces)
        ids_of = {chr(code): (FIRST_ASCII_ID + code,) for code in range(128)}
        ids_of |= {
            char: (self._first_frequent_id + i,)
            for i, char in enumerate(self.frequent)
            if char not in AUTHOR_TOKENS
        }
        object.__setattr__(self, "_ids_of", ids_of)
        piece_ids = {piece: FIRST_PIECE_ID + i for i, piece in enumerate(pieces)}
        segmenter = Segmenter(self.scores, piece_ids, self._ids_of_char) if pieces else None
        object.__setattr__(self, "_segmenter", segmenter)
        object.__setattr__(
            self,
            "_bytes_of",
            (
                b"",
                b"",
                *(bytes([code]) for code in range(128)),
                *(bytes([code]) for code in UTF8_BYTES),
                *(piece.encode("utf-8") for piece in pieces),
                *(char.encode("utf-8", "surrogatepass") for char in self.frequent),
            ),
        )

    @classmethod
    def from_texts(
        cls,
        texts: Iterable[str],
        *,
        max_frequent: int = 200,
        min_count: int = 20,
        scores: Scores = (),
    ) -> Vocabulary:
        """Build a vocabulary of the marks (special_tokens.py) and the characters common in
        ``texts``.

        Of voices' marks it has those that stand in the texts.

        Args:
            texts: consumed once.
            max_frequent: at most this many characters of the texts get ids beyond ASCII.
            min_count: rarer characters are spelled in bytes.
            scores: as of the class.
        """
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(text)
        common = [
            (-n, c)
            for c, n in counts.items()
            if ord(c) >= 128 and n >= min_count and c not in (*MARKS, *AUTHOR_TOKENS)
        ]
        voices = [mark for mark in AUTHOR_TOKENS if counts[mark]]
        frequent = (*MARKS, *voices, *(char for _, char in sorted(common)[:max_frequent]))
        return cls(frequent, scores)

    @property
    def size(self) -> int:
        """Number of ids (V), padding and boundary included."""
        return self._first_frequent_id + len(self.frequent)

    @property
    def _first_frequent_id(self) -> int:
        return FIRST_PIECE_ID + len(self.pieces)

    @property
    def boundary_id(self) -> int:
        """Id of ``<s>``."""
        return BOUNDARY_ID

    @property
    def widths(self) -> tuple[int, ...]:
        """Characters that each id completes when it ends one."""
        frequent = (1,) * len(self.frequent)
        return ((1,) * FIRST_PIECE_ID) + tuple(map(len, self.pieces)) + frequent

    @property
    def token_bytes(self) -> tuple[bytes, ...]:
        """UTF-8 bytes that each id stands for; empty for padding and boundary."""
        return self._bytes_of

    def encode(self, text: str) -> Ids:
        """Return the ids of ``text``, shape (T,), without boundaries."""
        if self._segmenter:
            return np.array(self._segmenter.ids(text), np.int32)
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
        if not codes.size or codes.max() < 128:
            return (codes + FIRST_ASCII_ID).astype(np.int32)
        ids: list[int] = []
        for char in text:
            ids.extend(self._ids_of_char(char))
        return np.array(ids, dtype=np.int32)

    def encode_message(self, text: str) -> Ids:
        """Return ``<s>``, the ids of ``text``, ``<s>``."""
        return np.concatenate(
            [
                np.array([BOUNDARY_ID], np.int32),
                self.encode(text),
                np.array([BOUNDARY_ID], np.int32),
            ]
        )

    def encode_voiced(self, text: str) -> Ids:
        """Return the ids of a message that may begin with the mark of a voice (special_tokens.py).

        The mark opens it in the place of the first ``<s>``, if it has an id of its own.
        """
        ids = self.encode_message(plain(text))
        if text.startswith(AUTHOR_TOKENS):
            ids[0] = self.voice_id(text[0]) or BOUNDARY_ID
        return ids

    def voice_id(self, mark: str) -> int | None:
        """Return the id of a voice's mark, None if it has none of its own.

        In a text it is spelled as any other rare character, so that none can ask for it.
        """
        if mark not in self.frequent:
            return None
        return self._first_frequent_id + self.frequent.index(mark)

    def open_chars(self, text: str) -> int:
        """Return how many characters at the end of a text a longer piece may begin with.

        A text that is gone on from is read without them, and begins with them again:
        "I lo" is no word of a text, and "lo" need not be a piece of "love".
        """
        return self._segmenter.open_chars(text) if self._segmenter else 0

    def decode(self, ids: Sequence[int] | Ids) -> str:
        """Return the text of ``ids``; padding and boundaries are left out.

        Bytes that do not form a character become U+FFFD.
        """
        table = self._bytes_of
        return _from_utf8(b"".join(table[i] for i in ids))

    def joined(self, prompt: str, ids: Sequence[int] | Ids) -> str:
        """Return the prompt and the text of the ids that follow it."""
        return prompt + self.decode(ids)

    def measure(self, text: str) -> tuple[int, int]:
        """Return how many characters, the closing ``<s>`` included, are known, how many not."""
        return len(plain(text)) + 1, 0

    def to_json(self) -> Any:
        """Return what a checkpoint stores."""
        if not self.scores:
            return list(self.frequent)
        return {"characters": list(self.frequent), "pieces": [list(row) for row in self.scores]}

    def _ids_of_char(self, char: str) -> tuple[int, ...]:
        return self._ids_of.get(char) or self._spell(char)

    def _spell(self, char: str) -> tuple[int, ...]:
        spelled = tuple(_BYTE_IDS[byte] for byte in char.encode("utf-8", "surrogatepass"))
        self._ids_of[char] = spelled
        return spelled


def new_vocabulary(texts: Sequence[str], max_frequent: int = 200) -> Vocabulary:
    """Return a new model's vocabulary.

    In a small corpus every character has an id of its own, as far as they go, so that
    bytes of some are never put together into others.
    """
    is_small = sum(map(len, texts)) <= SMALL_CORPUS_CHARS
    return Vocabulary.from_texts(texts, max_frequent=max_frequent, min_count=1 if is_small else 20)


_BYTE_IDS = {byte: FIRST_BYTE_ID + i for i, byte in enumerate(UTF8_BYTES)}


def _from_utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")
