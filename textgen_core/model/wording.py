"""Which words a server uses, and which of them beside which: asked for, never read out.

A Bloom filter (Bloom 1970) of words, pairs and triples of units (text/word_units.py). Of
each at least two people said the whole: whoever has the file can find out no more by it
than by the n-grams. What was put in is always known; of other phrases at most some 6% are
taken for known.

Beside a server's own stands one of public text (``is_common``), as most of what people say is
not peculiar to a server. weights/count_phrases.py makes it.
"""

from __future__ import annotations

import hashlib
import logging
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from safetensors import safe_open

from textgen_core.errors import CheckpointError
from textgen_core.model.bundled import shipped_path
from textgen_core.model.ngram_table import LEAST_MESSAGES
from textgen_core.text.word_units import END, Phrase, names, phrases, units

logger = logging.getLogger(__name__)

COMMON = "phrases"  # the file, and the tensor in it
LONGEST = 3  # units of a phrase
HASHES = 4
MIN_BYTES, MAX_BYTES = 1024, 2 * 1024 * 1024
MOST_OWN_BYTES = 256 * 1024  # of a server's
RARELY = 0.02  # of the texts that a word stands in
_FULL = math.log(2) / HASHES  # phrases a bit, at which half of the bits are set
_ROOMY = _FULL / 2  # so that what is learned later has room beside


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """A Bloom filter of phrases.

    Attributes:
        bits: uint8, a power of two of bytes from 1 KiB to 2 MiB, read-only.

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
    def of(cls, texts: Sequence[str], speakers: Sequence[int] | None = None) -> Wording:
        """Return what knows the phrases of texts, as far as several people say them.

        The ends of sentences at words that hardly ever end one are left out; of more than
        there is room for, the longest and rarest.

        Args:
            texts: gone through three times.
            speakers: who wrote each (``recipe.number_speakers``); None for as many people
                as there are texts.
        """
        numbers = range(1, len(texts) + 1) if speakers is None else speakers
        counts: Counter[Phrase] = Counter()
        shared: set[Phrase] = set()
        for words in range(1, LONGEST + 1):
            said = _SaidBySeveral()
            for text, number in zip(texts, numbers, strict=True):
                found = _phrases_of(text, words)
                if words > 1:  # what several say is made of what several say
                    found = {p for p in found if p[:-1] in shared and p[1:] in shared}
                said.note(found, number)
                counts.update(found)
            shared |= {p for p in said.phrases if not _is_slip(p, counts)}
        by_worth = sorted(
            shared,
            key=lambda phrase: (len(phrase), -counts[phrase]),
        )
        known = by_worth[: int(_FULL * 8 * MOST_OWN_BYTES)]
        size = MIN_BYTES
        while size < MOST_OWN_BYTES and len(known) > _ROOMY * 8 * size:
            size *= 2
        return cls.of_phrases(known, size)

    @classmethod
    def of_phrases(cls, phrases: Iterable[Phrase], size: int) -> Wording:
        """Return what knows phrases, in so many bytes."""
        bits = np.zeros(size, np.uint8)
        for phrase in phrases:
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


def is_common(phrase: Phrase) -> bool:
    """Say whether public text has a phrase of up to three units; some 0.5% by mistake."""
    known = _common()
    return known is not None and known.knows(phrase)


@lru_cache(maxsize=1)
def _common() -> Wording | None:
    try:
        with safe_open(shipped_path(COMMON), "np") as file:
            return Wording(file.get_tensor(COMMON))
    except CheckpointError as error:
        logger.warning("%s", error)
        return None


class _SaidBySeveral:
    """Gathers what several people said, by the rule that own n-grams go by.

    Attributes:
        phrases: those said by two people, or, where nobody says who wrote what, in eight
            different messages (model_privacy.py).
    """

    def __init__(self) -> None:
        self.phrases: set[Phrase] = set()
        self._first: dict[Phrase, int] = {}
        self._messages: Counter[Phrase] = Counter()
        self._seen: set[int] = set()

    def note(self, phrases: set[Phrase], speaker: int) -> None:
        """Take in the phrases of one message."""
        if speaker > 0:
            self.phrases |= {p for p in phrases if self._first.setdefault(p, speaker) != speaker}
        elif speaker not in self._seen:
            self._seen.add(speaker)
            self._messages.update(phrases)
            self.phrases |= {p for p in phrases if self._messages[p] >= LEAST_MESSAGES}


def phrases_of_one(texts: Iterable[str]) -> Iterator[Phrase]:
    """Yield the pairs and triples of texts, for a filter that is sealed; no pair that ends one.

    What stands at the end of a text once is a slip more often than not.
    """
    for text in texts:
        found = units(text)
        yield from phrases(found[:-1], 2)
        yield from phrases(found, 3)


def _is_slip(phrase: Phrase, counts: Counter[Phrase]) -> bool:
    """Say whether a pair is the end of a sentence at a word that hardly ever ends one."""
    if len(phrase) != 2 or phrase[1] != END:
        return False
    return counts[phrase] < RARELY * counts[phrase[:1]]


def _phrases_of(text: str, words: int) -> set[Phrase]:
    found = set(phrases(units(text), words))
    return found | {(name,) for name in names(text)} if words == 1 else found


@lru_cache(maxsize=1 << 14)
def _places(phrase: Phrase, bits: int) -> tuple[int, ...]:
    digest = hashlib.blake2b("\0".join(phrase).encode("utf-8", "surrogatepass"), digest_size=16)
    first, step = np.frombuffer(digest.digest(), "<u8").tolist()
    return tuple((first + number * (step | 1)) % bits for number in range(HASHES))
