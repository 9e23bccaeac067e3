"""Which characters of a text each id stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textgen_core.text.legacy_vocabulary import LegacyVocabulary, split_words
from textgen_core.text.tokenizer import Tokenizer
from textgen_core.text.vocabulary import Ids

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class AlignedText:
    """A text with the ids that a model reads it by.

    Attributes:
        text: as the model sees it: one of words has lower-case words with spaces between.
        ids: (T,), ``<s>``, the text's and the closing ``<s>``.
        starts: (T - 2,), the first character of each id between those two.
        stops: (T - 2,), the one after its last.
    """

    text: str
    ids: Ids
    starts: npt.NDArray[np.int64]
    stops: npt.NDArray[np.int64]

    def last_chars(self) -> npt.NDArray[np.int64]:
        """Return the last character of each id, or the one that it is a part of."""
        return np.maximum(self.stops - 1, self.starts)

    def spread(self, values: Sequence[float] | Values) -> Values:
        """Return what each character has of its ids' values, shape (characters,).

        A piece's value is shared equally by its characters; a character that is spelled
        in several bytes has all of theirs.
        """
        shares = np.zeros(len(self.text))
        for value, start, stop in zip(values, self.starts, self.stops, strict=True):
            shares[start:stop] += value / max(1, stop - start)
        return shares

    def repeated(self, values: Sequence[float] | Values) -> Values:
        """Return the value of the last id of each character, shape (characters,)."""
        repeated = np.zeros(len(self.text))
        for value, start, stop in zip(values, self.starts, self.stops, strict=True):
            repeated[start:stop] = value
        return repeated


def aligned(vocabulary: Tokenizer, text: str) -> AlignedText:
    """Return a text and where its ids lie in it."""
    if isinstance(vocabulary, LegacyVocabulary):
        return _aligned_table(vocabulary, text)
    ids = vocabulary.encode_message(text)
    lengths = [len(char.encode("utf-8", "surrogatepass")) for char in text]
    char_of_byte = np.repeat(np.arange(len(text)), lengths)
    widths = np.array([len(vocabulary.token_bytes[i]) for i in ids[1:-1]], np.int64)
    ends = np.cumsum(widths)
    return AlignedText(text, ids, char_of_byte[ends - widths], char_of_byte[ends - 1] + 1)


def _aligned_table(vocabulary: LegacyVocabulary, text: str) -> AlignedText:
    """Return the same of a textgenrnn model: an id a character, or a word and its space."""
    ids = vocabulary.encode_message(text)
    parts = [f"{word} " for word in split_words(text)] if vocabulary.words else list(text)
    stops = np.cumsum([len(part) for part in parts], dtype=np.int64)
    starts = stops - np.array([len(part) for part in parts], np.int64)
    return AlignedText("".join(parts), ids, starts, stops)
