"""The characters that each id adds to a text, for what looks at whole characters.

Laid end to end, the pieces of a text's ids are the text itself. In a model of
words a piece is the word and one space, before textgenrnn's rules take some of
the spaces away again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textgen_core.text.legacy_vocabulary import LegacyVocabulary
from textgen_core.text.tokenizer import Tokenizer, kept_while_small

Codes = npt.NDArray[np.int32]

WHOLE, LEAD, CONTINUATION = 0, 1, 2


@dataclass(frozen=True, slots=True)
class TokenTexts:
    """Pieces of all ids, padded to a number of columns (Vp).

    Attributes:
        codes: int32, code points of all whole pieces, one after the other.
        starts: (Vp + 1,), where each id's begin in ``codes``; bytes have none.
        kinds: (Vp,), WHOLE, or a byte that begins a character or continues one.
        bits: (Vp,), what a byte adds to the code point (RFC 3629, section 3).
    """

    codes: Codes
    starts: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.int64]
    bits: npt.NDArray[np.int64]


@kept_while_small
def pieces_of(vocabulary: Tokenizer, columns: int) -> TokenTexts:
    """Return the pieces of a vocabulary's ids; they are shared: not to be written to."""
    kinds, bits = np.zeros(columns, np.int64), np.zeros(columns, np.int64)
    lengths = np.zeros(columns + 1, np.int64)
    after = space_after(vocabulary)
    texts: list[str] = []
    for char_id, data in enumerate(vocabulary.token_bytes):
        if is_part(data):
            kinds[char_id], bits[char_id] = _byte(data[0])
        elif data:
            texts.append(data.decode("utf-8", "surrogatepass") + after)
            lengths[char_id + 1] = len(texts[-1])
    return TokenTexts(code_points("".join(texts)), np.cumsum(lengths), kinds, bits)


def is_part(data: bytes) -> bool:
    """Tell whether an id's bytes are but a part of a character."""
    return len(data) == 1 and data[0] >= 0x80


def _byte(byte: int) -> tuple[int, int]:
    if byte < 0xC0:
        return CONTINUATION, byte & 0x3F
    return LEAD, byte & (0x1F if byte < 0xE0 else 0x0F if byte < 0xF0 else 0x07)


def space_after(vocabulary: Tokenizer) -> str:
    """Return what a piece has after its token: a space in a model of words."""
    return " " if isinstance(vocabulary, LegacyVocabulary) and vocabulary.words else ""


def laid_out(vocabulary: Tokenizer, texts: Iterable[str]) -> Iterator[str]:
    """Yield texts as the pieces of their ids would lie end to end.

    Those of a model of characters stay as they are. Of a model of words, unknown
    words leave a gap that the model cannot write.
    """
    after = space_after(vocabulary)
    if not after:
        yield from texts
        return
    tokens = [data.decode("utf-8", "surrogatepass") + after for data in vocabulary.token_bytes]
    for text in texts:
        yield "".join(tokens[i] for i in vocabulary.encode_message(text)[1:-1])


def code_points(text: str) -> Codes:
    """Return a text's code points, int32."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<i4").astype(np.int32)
