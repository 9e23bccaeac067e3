"""Which words a server uses, and which of them beside which: asked for, never read out.

A Bloom filter (Bloom 1970) of words, pairs and triples of units (text/word_units.py). It
holds no text: a phrase can be asked for. What was put in is always known; of other
phrases at most some 6% are taken for known.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from textgen_core.text.word_units import END, Phrase, names, phrases, units

LONGEST = 3  # units of a phrase
HASHES = 4
MIN_BYTES, MAX_BYTES = 1024, 256 * 1024
RARELY = 0.02  # of the texts that a word stands in
_FULL = math.log(2) / HASHES  # phrases a bit, at which half of the bits are set
_ROOMY = _FULL / 2  # so that what is learned later has room beside


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """A Bloom filter of phrases.

    Attributes:
        bits: uint8, a power of two of bytes from 1 to 256 KiB, read-only.

    Raises:
        ValueError: it is not like that.
    """

    bits: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        size = self.bits.size
        if self.bits.dtype != np.uint8 or self.bits.ndim != 1:
            raise ValueError("the wording must be one row of bytes")
        if size & (size - 1) or not MIN_BYTES <= size <= MAX_BYTES:
            raise ValueError(
                f"the wording must have a power of two of bytes from {MIN_BYTES:,} to"
                f" {MAX_BYTES:,}, got {size:,}"
            )

    @classmethod
    def of(cls, texts: Sequence[str]) -> Wording:
        """Return what knows the phrases of texts.

        What holds a word that stands in one text alone is left out, and so are the ends of
        sentences at words that hardly ever end one; of more than there is room for, the
        longest and rarest.

        Args:
            texts: gone through three times.
        """
        counts = Counter(phrase for text in texts for phrase in _words_of(text))
        shared = {phrase for phrase, count in counts.items() if is_shared(count)}
        for words in range(2, LONGEST + 1):
            for text in texts:
                found = set(phrases(units(text), words))
                counts.update(p for p in found if all((unit,) in shared for unit in p))
            if words == 2:
                for pair in [pair for pair in counts if _is_slip(pair, counts)]:
                    del counts[pair]
        by_worth = sorted(
            (phrase for phrase in counts if len(phrase) > 1 or phrase in shared),
            key=lambda phrase: (len(phrase), -counts[phrase]),
        )
        known = by_worth[: int(_FULL * 8 * MAX_BYTES)]
        size = MIN_BYTES
        while size < MAX_BYTES and len(known) > _ROOMY * 8 * size:
            size *= 2
        bits = np.zeros(size, np.uint8)
        for phrase in known:
            for place in _places(phrase, 8 * size):
                bits[place >> 3] |= 1 << (place & 7)
        bits.flags.writeable = False
        return cls(bits)

    def merged(self, other: Wording) -> Wording:
        """Return what knows the phrases of both."""
        size = max(self.bits.size, other.bits.size)
        # A place is a hash modulo the size, so a filter of twice the size says the same twice.
        mine, theirs = (np.tile(one.bits, size // one.bits.size) for one in (self, other))
        bits = mine | theirs
        bits.flags.writeable = False
        return Wording(bits)

    def knows(self, phrase: Phrase) -> bool:
        """Say whether a phrase of up to three units was put in; longer ones never were."""
        bits = self.bits
        return all(bits[place >> 3] >> (place & 7) & 1 for place in _places(phrase, 8 * len(bits)))

    def known_share(self, found: list[str], words: int) -> float:
        """Return the share of a text's runs of so many units that are known; 1 of none."""
        asked = [self.knows(phrase) for phrase in phrases(found, words)]
        return sum(asked) / len(asked) if asked else 1.0


def is_shared(texts: int) -> bool:
    """Say whether a word that stands in so many texts is the server's, and not somebody's."""
    return texts >= 2


def _is_slip(phrase: Phrase, counts: Counter[Phrase]) -> bool:
    """Say whether a pair is the end of a sentence at a word that hardly ever ends one."""
    if len(phrase) != 2 or phrase[1] != END:
        return False
    return counts[phrase] < RARELY * counts[phrase[:1]]


def _words_of(text: str) -> set[Phrase]:
    return {(unit,) for unit in (*units(text), *names(text))}


@lru_cache(maxsize=1 << 14)
def _places(phrase: Phrase, bits: int) -> tuple[int, ...]:
    digest = hashlib.blake2b("\0".join(phrase).encode("utf-8", "surrogatepass"), digest_size=16)
    first, step = np.frombuffer(digest.digest(), "<u8").tolist()
    return tuple((first + number * (step | 1)) % bits for number in range(HASHES))
