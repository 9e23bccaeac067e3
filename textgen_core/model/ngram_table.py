"""What a model remembers of the text it was made from: which ids followed which.

A network is small and forgets most names and rare words that it has read. Beside it, a
model may hold n-grams: contexts of some ids, each with the ids that came after it
and their shares. They are interpolated with the network (Jelinek and Mercer 1980,
"Interpolated estimation of Markov source parameters from sparse data"), which stands
below the shortest context: from the shortest known context to the longest, with q(x) the
shares of one,

    P(x) = q(x) + (1 - sum of q) P_shorter(x).

A base model's table is made once, by weights/count_ngrams.py. Training leaves it as it is,
counts one more of the messages that were learned (training/ngram_selection.py), which stands above,
and chooses how far each is trusted: all q are multiplied by that.

Contexts lie in buckets by the upper bits of their hash, as 16-bit words: one with the
hash's lower bits, then one for each id that follows::

    id, 9 bits | level of its share, 6 bits | 1 in a context's last word

so that a context that is not there is taken for one that is once in some 6,000 times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

LONGEST = 16  # ids of a context
MAX_IDS = 512
LEVELS = 64
LEVELS_PER_OCTAVE = 7
WORDS_IN_BUCKET = 64  # on average, at most
LEAST_SHARE = 1e-9  # of which a level can be asked for
MIX_1, MIX_2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9  # odd

Words = npt.NDArray[np.uint16]
Buckets = npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class Ngrams:
    """Contexts and what follows them.

    Attributes:
        words: uint16, (M,), read-only.
        buckets: uint32, (B + 1,), B a power of two: where each bucket begins in
            ``words``, and their end; read-only.
        shortest: ids of the shortest contexts, at least 1.
        longest: ids of the longest, up to 16.
        trust: what all shares are multiplied by, from 0 to 1.

    Raises:
        ValueError: one of them is not like that.
    """

    words: Words
    buckets: Buckets
    shortest: int
    longest: int
    trust: float = 1.0

    def __post_init__(self) -> None:
        words, buckets = self.words, self.buckets
        if words.dtype != np.uint16 or buckets.dtype != np.uint32:
            raise ValueError("words must be of 16 bits, the places of buckets of 32")
        count = buckets.size - 1
        if words.ndim != 1 or buckets.ndim != 1 or count < 1 or count & (count - 1):
            raise ValueError(f"there must be a power of two of buckets, got {count}")
        if buckets[0] or buckets[-1] != words.size or (buckets[1:] < buckets[:-1]).any():
            raise ValueError("the buckets do not lie one after the other")
        lengths = (self.shortest, self.longest)
        if any(not isinstance(n, int) or isinstance(n, bool) for n in lengths) or not (
            1 <= self.shortest <= self.longest <= LONGEST
        ):
            raise ValueError(f"contexts must have from 1 to {LONGEST} ids, got {lengths}")
        trust = self.trust
        if not isinstance(trust, float | int) or isinstance(trust, bool) or not 0 <= trust <= 1:
            raise ValueError(f"trust must be a number from 0 to 1, got {trust!r}")
        # As they are when they lie in a file: kernels take one kind of array.
        for name, array in (("words", words), ("buckets", buckets)):
            as_mapped = np.require(array, requirements=["C", "A"]).view()
            as_mapped.flags.writeable = False
            object.__setattr__(self, name, as_mapped)

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return self.words.nbytes + self.buckets.nbytes

    @property
    def bucket_bits(self) -> int:
        """Upper bits of a hash, that name its bucket."""
        return (self.buckets.size - 1).bit_length() - 1

    def to_metadata(self) -> dict[str, float]:
        """Return what a checkpoint says of the arrays."""
        return {"shortest": self.shortest, "longest": self.longest, "trust": self.trust}


def ngrams_from_metadata(words: Words, buckets: Buckets, values: Any) -> Ngrams:
    """Put together what ``Ngrams.to_metadata`` and the arrays say.

    Raises:
        ValueError: something is missing or wrong.
    """
    if not isinstance(values, Mapping) or set(values) != {"shortest", "longest", "trust"}:
        raise ValueError("they must say how long their contexts are and what they are worth")
    return Ngrams(words, buckets, **values)


def level_of(shares: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the nearest levels: 63 is 1, 0 is 0.002; what is smaller has one below 0."""
    levels: npt.NDArray[np.float64] = np.rint(LEVELS - 1 + LEVELS_PER_OCTAVE * np.log2(shares))
    return levels.astype(np.int64)


def ngrams_of(
    contexts: npt.NDArray[np.uint64],
    owners: npt.NDArray[np.int64],
    ids: npt.NDArray[Any],
    levels: npt.NDArray[np.int64],
    lengths: tuple[int, int],
    *,
    bucket_bits: int | None = None,
) -> Ngrams:
    """Lay contexts and what follows them out in buckets.

    Args:
        contexts: (C,), their hashes (``recall.further_back``).
        owners: (E,), the place in ``contexts`` that each entry belongs to; each has one.
        ids: (E,), below 512.
        levels: (E,), from 0 to 63.
        lengths: ids of the shortest contexts and of the longest.
        bucket_bits: of a hash, that name its bucket; None for as many as the table needs.

    Raises:
        ValueError: an id or a level is not like that.
    """
    if len(ids) and (ids.max() >= MAX_IDS or levels.min() < 0 or levels.max() >= LEVELS):
        raise ValueError(f"ids must be below {MAX_IDS} and levels below {LEVELS}")
    order = np.argsort(contexts, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    by_rank = np.argsort(rank[owners], kind="stable")
    sizes = 1 + np.bincount(owners, minlength=len(order))[order]
    begins = np.concatenate(([0], np.cumsum(sizes)))
    words = np.empty(begins[-1], np.uint16)
    is_entry = np.ones(len(words), np.bool_)
    is_entry[begins[:-1]] = False
    words[begins[:-1]] = contexts[order] & np.uint64(0xFFFF)
    words[is_entry] = (ids[by_rank].astype(np.int64) << 7) | (levels[by_rank] << 1)
    words[begins[1:] - 1] |= 1
    bits = (len(words) // WORDS_IN_BUCKET).bit_length() if bucket_bits is None else bucket_bits
    edges = np.arange(1, 1 << bits, dtype=np.uint64) << np.uint64(64 - bits)
    inner = begins[np.searchsorted(contexts[order], edges)]
    buckets = np.concatenate(([0], inner, [len(words)])).astype(np.uint32)
    return Ngrams(words, buckets, *lengths)


def merged(below: Ngrams, above: Ngrams) -> Ngrams:
    """Return one table in the place of two, of which one stands above the other.

    After a context of both it says what the two say together; their trusts are part of its
    shares. What is told apart by the finer buckets of one alone becomes one.
    """
    bits = min(below.bucket_bits, above.bucket_bits)
    lower, upper = _unpacked(below, bits), _unpacked(above, bits)
    keys, at = np.unique(np.concatenate([lower.keys, upper.keys]), return_inverse=True)
    owners_below, owners_above = at[: len(lower.keys)], at[len(lower.keys) :]
    given = np.bincount(owners_above, weights=upper.shares, minlength=len(keys))
    left = np.maximum(1 - given, 0)
    shares = np.concatenate([lower.shares * left[owners_below], upper.shares])
    grams, gram_at = np.unique(
        at * MAX_IDS + np.concatenate([lower.ids, upper.ids]), return_inverse=True
    )
    levels = level_of(np.clip(np.bincount(gram_at, weights=shares), LEAST_SHARE, 1))
    grams, levels = grams[levels >= 0], levels[levels >= 0]
    kept, owners = np.unique(grams // MAX_IDS, return_inverse=True)
    lengths = (min(below.shortest, above.shortest), max(below.longest, above.longest))
    contexts = keys[kept]
    return ngrams_of(contexts, owners, grams % MAX_IDS, levels, lengths, bucket_bits=bits)


@dataclass(frozen=True, slots=True)
class _Entries:
    """What a table says, (E,) each.

    Attributes:
        keys: of a hash that is not known in whole, the bits of its bucket and its lowest 16.
        ids: what follows.
        shares: trusted.
    """

    keys: npt.NDArray[np.uint64]
    ids: npt.NDArray[np.int64]
    shares: npt.NDArray[np.float64]


def _unpacked(ngrams: Ngrams, bits: int) -> _Entries:
    words = ngrams.words.astype(np.int64)
    owners = heads_of(ngrams.words)
    entries = np.flatnonzero(owners != np.arange(len(words)))
    owners = owners[entries]
    buckets = np.searchsorted(ngrams.buckets, owners, side="right") - 1
    buckets >>= ngrams.bucket_bits - bits
    high = buckets.astype(np.uint64) << np.uint64(64 - bits) if bits else np.uint64(0)
    levels = (words[entries] >> 1) & (LEVELS - 1)
    shares = ngrams.trust * np.exp2((levels - (LEVELS - 1.0)) / LEVELS_PER_OCTAVE)
    return _Entries(high | ngrams.words[owners].astype(np.uint64), words[entries] >> 7, shares)


def heads_of(words: Words) -> npt.NDArray[np.int64]:
    """Return, (M,), where the word lies that each belongs to: its context's, which is its own."""
    heads = np.empty(len(words), np.int64)
    ends = (words & 1).tolist()
    place = 0
    while place < len(ends):
        end = place + 1
        while end < len(ends) and not ends[end]:
            end += 1
        heads[place : end + 1] = place
        place = end + 1
    return heads
