"""What was just said, mixed into what a model writes: a cache of n-grams.

People take up each other's words. The n-grams of a channel's last messages stand above all
that a model learned (Kuhn and De Mori 1990, "A cache-based natural language model for speech
recognition"), from the shortest context to the longest. They are counted in milliseconds,
belong to one text, and are never stored.

How far a context is trusted depends on how often it stood there, and on whether the same
always followed: fitted by expectation maximization to three channels, whose messages cost
0.09, 0.10 and 0.04 bits a character less (benchmarks/listening.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textgen_core.model.ngram_table import (
    MIX_1,
    MIX_2,
    Ngrams,
    id_bits_for,
    level_of,
    ngrams_of,
)
from textgen_core.text.tokenizer import Tokenizer
from textgen_core.text.vocabulary import PADDING_ID

MOST_MESSAGES = 50  # docs/decisions.md has what 10 and 200 are worth
SHORTEST, LONGEST = 3, 8  # ids of a context
# What all that followed a context is worth together, where the same followed once, twice or
# more often, and where different things did: of contexts that might be longer, and of the longest.
_AGREED, _DIFFERED = np.array((0.05, 0.15, 0.2)), 0.02
_LONG_AGREED, _LONG_DIFFERED = np.array((0.14, 0.23, 0.28)), 0.1
COPIED_RUN = 24  # characters that no text may repeat of what was just said

Hashes = npt.NDArray[np.uint64]
_SPACES = re.compile(r"\s+")


class _Counted(NamedTuple):
    """Contexts of one length, (C,), and of what followed owners, ids and shares, (E,) each."""

    contexts: Hashes
    owners: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int64]
    shares: npt.NDArray[np.float64]


def live_ngrams(messages: Sequence[str], vocabulary: Tokenizer) -> Ngrams | None:
    """Return the n-grams of a channel's last messages, None if there are none.

    Args:
        messages: in time order; the newest ``MOST_MESSAGES`` count.
        vocabulary: of at most 4,096 ids.
    """
    encoded = [vocabulary.encode_message(text) for text in messages[-MOST_MESSAGES:]]
    if not encoded:
        return None
    ids = np.concatenate(encoded).astype(np.int64)
    starts = np.concatenate([np.arange(len(one)) for one in encoded])
    id_bits = id_bits_for(vocabulary.size)
    hashes = np.zeros(len(ids), np.uint64)
    counted: list[_Counted] = []
    for length in range(1, LONGEST + 1):
        hashes[length:] = _further_back(hashes[length:], ids[:-length])
        at = np.flatnonzero((starts >= length) & (ids != PADDING_ID))
        if length < SHORTEST or not len(at):
            continue
        counted.append(_counted(hashes[at], ids[at], is_longest=length == LONGEST))
    return _table(counted, id_bits) if counted else None


def _table(counted: Sequence[_Counted], id_bits: int) -> Ngrams:
    firsts = np.cumsum([0, *(len(one.contexts) for one in counted[:-1])])
    shares = np.concatenate([one.shares for one in counted])
    # What is below the lowest level is given that: a context needs what follows it.
    levels = np.maximum(level_of(shares, id_bits), 0)
    return ngrams_of(
        np.concatenate([one.contexts for one in counted]),
        np.concatenate([one.owners + first for one, first in zip(counted, firsts, strict=True)]),
        np.concatenate([one.ids for one in counted]),
        levels,
        (SHORTEST, LONGEST),
        id_bits=id_bits,
    )


def repeats(text: str, messages: Iterable[str]) -> bool:
    """Say whether a text has a run of ``COPIED_RUN`` characters from a message."""
    own = _spread(text)
    runs = {own[place : place + COPIED_RUN] for place in range(len(own) - COPIED_RUN + 1)}
    return any(run in said for said in map(_spread, messages) for run in runs)


def _spread(text: str) -> str:
    return _SPACES.sub(" ", text.casefold())


def _further_back(hashes: Hashes, ids: npt.NDArray[np.int64]) -> Hashes:
    """Return the hashes of contexts that reach one id further back; as ``ngram_lookup``'s."""
    values = (hashes + ids.astype(np.uint64) + np.uint64(1)) * np.uint64(MIX_1)
    values = (values ^ (values >> np.uint64(32))) * np.uint64(MIX_2)
    return values ^ (values >> np.uint64(32))


def _counted(hashes: Hashes, ids: npt.NDArray[np.int64], *, is_longest: bool) -> _Counted:
    found, owner_of = np.unique(hashes, return_inverse=True)
    most = int(ids.max()) + 1
    pairs, counts = np.unique(owner_of * most + ids, return_counts=True)
    owners = pairs // most
    stood, kinds = np.bincount(owner_of), np.bincount(owners)
    agreed, differed = (_LONG_AGREED, _LONG_DIFFERED) if is_longest else (_AGREED, _DIFFERED)
    trust = np.where(kinds == 1, agreed[np.minimum(stood, len(agreed)) - 1], differed)
    return _Counted(found, owners, pairs % most, (trust / stood)[owners] * counts)
