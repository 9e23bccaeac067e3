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
For more than 512 ids, up to 4,096, an id has more bits and a level fewer: then the steps
between levels are wider.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

LONGEST = 16  # ids of a context
MAX_IDS = 4096
FEWEST_ID_BITS = 9
OCTAVES = 9  # from the share of the highest level, 1, to that of the lowest
WORDS_IN_BUCKET = 64  # on average, at most
LEAST_SPEAKERS = 2  # of whatever a server's model keeps; docs/privacy.md has what more would cost
LEAST_MESSAGES = 8  # different ones, that stand for them where nobody says who wrote what
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
        id_bits: of a word, that name an id; 9 to 12.

    Raises:
        ValueError: one of them is not like that.
    """

    words: Words
    buckets: Buckets
    shortest: int
    longest: int
    trust: float = 1.0
    id_bits: int = FEWEST_ID_BITS

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
        _check_id_bits(self.id_bits)
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
        said = {"shortest": self.shortest, "longest": self.longest, "trust": self.trust}
        return said if self.id_bits == FEWEST_ID_BITS else {**said, "id_bits": self.id_bits}


def ngrams_from_metadata(words: Words, buckets: Buckets, values: Any) -> Ngrams:
    """Put together what ``Ngrams.to_metadata`` and the arrays say.

    Raises:
        ValueError: something is missing or wrong.
    """
    said = {"shortest", "longest", "trust"}
    if not isinstance(values, Mapping) or set(values) - {"id_bits"} != said:
        raise ValueError("they must say how long their contexts are and what they are worth")
    return Ngrams(words, buckets, **values)


def _check_id_bits(id_bits: int) -> None:
    most = (MAX_IDS - 1).bit_length()
    is_whole = isinstance(id_bits, int) and not isinstance(id_bits, bool)
    if not is_whole or not FEWEST_ID_BITS <= id_bits <= most:
        raise ValueError(f"an id must have {FEWEST_ID_BITS} to {most} bits, got {id_bits!r}")


def id_bits_for(size: int) -> int:
    """Return how many bits an id takes of a vocabulary of ``size`` ids, at most 4,096."""
    return max(FEWEST_ID_BITS, (size - 1).bit_length())


def highest_level(id_bits: int) -> int:
    """Return the level that stands for a share of 1."""
    return (1 << (15 - id_bits)) - 1


def level_of(
    shares: npt.NDArray[np.float64], id_bits: int = FEWEST_ID_BITS
) -> npt.NDArray[np.int64]:
    """Return the nearest levels: the highest is 1, 0 is 0.002, below 0 what is smaller."""
    top = highest_level(id_bits)
    levels: npt.NDArray[np.float64] = np.rint(top * (1 + np.log2(shares) / OCTAVES))
    return levels.astype(np.int64)


def share_of(
    levels: npt.NDArray[np.int64], id_bits: int = FEWEST_ID_BITS
) -> npt.NDArray[np.float64]:
    """Return the shares that levels stand for."""
    return share_table(id_bits)[levels]


@lru_cache
def share_table(id_bits: int) -> npt.NDArray[np.float64]:
    """Return what each level stands for, (L,); each is the nearest number there is.

    The C library's powers differ from one machine to the next.
    """
    top = highest_level(id_bits)
    return np.array(
        [float(Decimal(2) ** (OCTAVES * (Decimal(level) / top - 1))) for level in range(top + 1)]
    )


def ngrams_of(
    contexts: npt.NDArray[np.uint64],
    owners: npt.NDArray[np.int64],
    ids: npt.NDArray[Any],
    levels: npt.NDArray[np.int64],
    lengths: tuple[int, int],
    *,
    bucket_bits: int | None = None,
    id_bits: int = FEWEST_ID_BITS,
) -> Ngrams:
    """Lay contexts and what follows them out in buckets.

    Args:
        contexts: (C,), their hashes (``recall.further_back``).
        owners: (E,), the place in ``contexts`` that each entry belongs to; each has one.
        ids: (E,), of at most ``id_bits`` bits.
        levels: (E,), from 0 to the highest.
        lengths: ids of the shortest contexts and of the longest.
        bucket_bits: of a hash, that name its bucket; None for as many as the table needs.
        id_bits: as of the table.

    Raises:
        ValueError: an id or a level is not like that.
    """
    _check_id_bits(id_bits)
    most, top = 1 << id_bits, highest_level(id_bits)
    if len(ids) and (ids.max() >= most or levels.min() < 0 or levels.max() > top):
        raise ValueError(f"ids must be below {most} and levels at most {top}")
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
    words[is_entry] = (ids[by_rank].astype(np.int64) << 16 - id_bits) | (levels[by_rank] << 1)
    words[begins[1:] - 1] |= 1
    bits = (len(words) // WORDS_IN_BUCKET).bit_length() if bucket_bits is None else bucket_bits
    edges = np.arange(1, 1 << bits, dtype=np.uint64) << np.uint64(64 - bits)
    inner = begins[np.searchsorted(contexts[order], edges)]
    buckets = np.concatenate(([0], inner, [len(words)])).astype(np.uint32)
    return Ngrams(words, buckets, *lengths, id_bits=id_bits)


def merged(below: Ngrams, above: Ngrams) -> Ngrams:
    """Return one table in the place of two, of which one stands above the other.

    After a context of both it says what the two say together; their trusts are part of its
    shares. What is told apart by the finer buckets of one alone becomes one.

    Raises:
        ValueError: they are of vocabularies of other sizes.
    """
    if below.id_bits != above.id_bits:
        raise ValueError("the ids of the two tables have not as many bits")
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
    added: npt.NDArray[np.float64] = np.bincount(gram_at, weights=shares).astype(np.float64)
    levels = level_of(np.clip(added, LEAST_SHARE, 1.0), below.id_bits)
    grams, levels = grams[levels >= 0], levels[levels >= 0]
    kept, owners = np.unique(grams // MAX_IDS, return_inverse=True)
    lengths = (min(below.shortest, above.shortest), max(below.longest, above.longest))
    contexts = keys[kept]
    sizes = {"bucket_bits": bits, "id_bits": below.id_bits}
    return ngrams_of(contexts, owners, grams % MAX_IDS, levels, lengths, **sizes)


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
    levels = (words[entries] >> 1) & highest_level(ngrams.id_bits)
    shares = ngrams.trust * share_of(levels, ngrams.id_bits)
    ids = words[entries] >> 16 - ngrams.id_bits
    return _Entries(high | ngrams.words[owners].astype(np.uint64), ids, shares)


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
