"""Compiled arithmetic of n-grams: what followed a text's last ids is mixed in.

The last ids of a text are part of its state (lstm.py), as floats, the newest
last; 0 stands where there is none. What opens a text is below 0 and ends a context: ``<s>``,
or the mark of a voice, which n-grams of the base's text do not tell from it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textgen_core.kernels.exponential import exponentials, logarithm
from textgen_core.kernels.matmul import Floats, compiled
from textgen_core.kernels.sums import mass_from
from textgen_core.model.ngram_table import (
    MIX_1,
    MIX_2,
    Buckets,
    Ngrams,
    Words,
    share_table,
)
from textgen_core.text.vocabulary import BOUNDARY_ID, PADDING_ID

_MOST = 256  # ids that are mixed in at once
_MIX_1, _MIX_2 = np.uint64(MIX_1), np.uint64(MIX_2)
_HALF_BITS, _CHECK = np.uint64(32), np.uint64(0xFFFF)
_LEAST_KEPT = 0.02  # of what shorter contexts say, however the shares of one add up


class NgramLookup(NamedTuple):
    """An ``Ngrams`` for the kernels; ``longest`` is 0 if there are none.

    Attributes:
        shift: bits of a hash below those that name its bucket.
        trust: what shares are multiplied by.
        id_shift: bits of a word below those that name an id.
        shares: (L,), float64, what each level stands for.
        knows_voices: whether the mark of a voice is another opening than ``<s>``.
    """

    words: Words
    buckets: Buckets
    shift: np.uint64
    shortest: int
    longest: int
    trust: float
    id_shift: int
    shares: npt.NDArray[np.float64]
    knows_voices: bool


def recall_of(ngrams: Ngrams | None, *, knows_voices: bool = False) -> NgramLookup:
    """Return a model's n-grams, if it has any, as the kernels read them."""
    if ngrams is None:
        ngrams = Ngrams(np.zeros(0, np.uint16), np.zeros(2, np.uint32), 1, 1)
        return NgramLookup(
            *(ngrams.words, ngrams.buckets, np.uint64(0), 1, 0, 1.0),
            *(16 - ngrams.id_bits, share_table(ngrams.id_bits), knows_voices),
        )
    shift = np.uint64(min(64 - ngrams.bucket_bits, 63))
    lengths = (ngrams.shortest, ngrams.longest)
    trust = float(ngrams.trust)
    word = (16 - ngrams.id_bits, share_table(ngrams.id_bits))
    return NgramLookup(ngrams.words, ngrams.buckets, shift, *lengths, trust, *word, knows_voices)


@compiled()
def further_back(context: np.uint64, id: int) -> np.uint64:
    """Return the hash of a context, 0 if it is empty, that reaches one id further back."""
    value = (context + np.uint64(id) + np.uint64(1)) * _MIX_1
    value = (value ^ (value >> _HALF_BITS)) * _MIX_2
    return value ^ (value >> _HALF_BITS)


@compiled()
def write_grams(
    ids: npt.NDArray[np.int32], shortest: int, longest: int, grams: npt.NDArray[np.uint64]
) -> int:
    """Write what follows the contexts of a message as numbers; return how many there are.

    A number's bits, from the highest: 33 upper ones of the context's hash, 3 of its length
    less ``shortest``, the hash's 16 lower ones, 12 of the id that followed.

    Args:
        ids: (T,), of a message, with what opens and closes it.
        shortest: ids of a context.
        longest: up to 7 more.
        grams: (T * (longest - shortest + 1),) at least.
    """
    count = 0
    for place in range(1, len(ids)):
        context = np.uint64(0)
        if ids[place] == PADDING_ID:
            continue
        for length in range(1, min(longest, place) + 1):
            context = further_back(context, ids[place - length])
            if length >= shortest:
                number = context >> np.uint64(31) << np.uint64(31)
                number |= np.uint64(length - shortest) << np.uint64(28)
                number |= (context & _CHECK) << np.uint64(12)
                grams[count] = number | np.uint64(ids[place])
                count += 1
    return count


@compiled()
def remember(last_ids: Floats, id: int) -> None:
    """Take in the newest id."""
    is_first = last_ids[-1] == PADDING_ID
    for j in range(len(last_ids) - 1):
        last_ids[j] = last_ids[j + 1]
    last_ids[-1] = -id if is_first else id


@compiled(fused=False)
def mix_in(recall: NgramLookup, last_ids: Floats, logits: Floats, size: int) -> None:
    """Change the logits, (Vp,), of what followed the last ids, (R,).

    Args:
        recall: the n-grams.
        last_ids: the newest last, ``recall.longest`` or more.
        logits: of what stands below.
        size: V; ids beyond are not looked at.
    """
    places = np.empty(recall.longest, np.int64)
    count = _found(recall, last_ids, places)
    if not count:
        return
    ids, shares = np.empty(_MOST, np.int32), np.empty(_MOST, np.float64)
    listed, kept = _listed(recall, places[:count], size, ids, shares)
    weights = logits.copy()
    largest = exponentials(weights, 1.0, np.empty(len(logits), np.int32))
    bits = weights.view(np.int32)
    mass = mass_from(weights, bits, 0) / kept
    # Of the others' logits nothing is to change but what they all have in common.
    for n in range(listed):
        weights[ids[n]] += np.float32(shares[n] * mass)
    for n in range(listed):
        logits[ids[n]] = np.float32(logarithm(bits[ids[n]]) + largest)


@compiled()
def _found(recall: NgramLookup, last_ids: Floats, places: npt.NDArray[np.int64]) -> int:
    """Write where the words that follow each known context begin, the shortest first."""
    words, buckets = recall.words, recall.buckets
    context = np.uint64(0)
    count = 0
    for length in range(1, recall.longest + 1):
        id = int(last_ids[-length])
        if id == PADDING_ID:
            break
        opens = id < 0
        if opens:
            id = -id if recall.knows_voices else BOUNDARY_ID
        context = further_back(context, id)
        if length >= recall.shortest:
            bucket = np.int64(context >> recall.shift) if len(buckets) > 2 else np.int64(0)
            place, end = np.int64(buckets[bucket]), np.int64(buckets[bucket + 1])
            check = np.uint16(context & _CHECK)
            while place < end:
                is_it = words[place] == check
                place += 1
                if is_it:
                    places[count] = place
                    count += 1
                    break
                while place < end and not words[place] & 1:
                    place += 1
                place += 1
        if opens or id == BOUNDARY_ID:
            break
    return count


@compiled(fused=False)
def _listed(
    recall: NgramLookup,
    places: npt.NDArray[np.int64],
    size: int,
    ids: npt.NDArray[np.int32],
    shares: npt.NDArray[np.float64],
) -> tuple[int, float]:
    """Write ids and what they are given, an id for each context that has it.

    Returns:
        How many, and the share that is left to the network.
    """
    words = recall.words
    count, kept = 0, 1.0
    for n in range(len(places) - 1, -1, -1):
        place, given, first = places[n], 0.0, count
        while place < len(words) and count < _MOST:
            word = np.int64(words[place])
            id = word >> recall.id_shift
            if PADDING_ID < id < size:
                level = (word >> 1) & (len(recall.shares) - 1)
                share = recall.trust * recall.shares[level]
                ids[count], shares[count] = id, kept * share
                given += share
                count += 1
            place += 1
            if word & 1:
                break
        if given > 1 - _LEAST_KEPT:
            for j in range(first, count):
                shares[j] *= (1 - _LEAST_KEPT) / given
            given = 1 - _LEAST_KEPT
        kept *= 1 - given
    return count, kept
