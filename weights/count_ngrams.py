"""Give a model n-grams of the text that it was trained on: base becomes large.

Run: python weights/count_ngrams.py base.safetensors mix.txt.gz large.safetensors
         [--least-gain BITS]

The last 10,000 messages of the text are left out, as they are held out in training. For
each length of a context, from the shortest, what followed each context is counted. With
c of its n occurrences followed by x, and k different ids in all,

    q(x) = trust (c - 0.4) / (n + k).

A context is kept if, at all the places where it stands, the model with what is kept of
shorter contexts needs at least BITS bits less for each byte that it takes. A place is
scored as if it had not been counted itself, so that what occurred once gains nothing.
The trust is that by which 10,000 other messages, not counted, cost the least; contexts
that stand equally often somewhere and are followed by as many ids share one.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from textgen_core import Checkpoint, load_checkpoint, read_messages, save_checkpoint
from textgen_core.exponential import exponentials, mass_from
from textgen_core.layout import lay_out
from textgen_core.networks import advance, blank_state, logits_of, products_scratch
from textgen_core.ngrams import MAX_IDS, Ngrams, level_of, ngrams_of
from textgen_core.precision import Precision
from textgen_core.recall import further_back
from textgen_core.vocabulary import BOUNDARY_ID

HELD_OUT, TUNING = 10_000, 10_000  # messages
SHORTEST, LONGEST = 4, 11
DISCOUNT = 0.4
KINDS = 40
TRUSTS = np.linspace(0.05, 1.6, 32)
USUAL_TRUST = 0.9  # of kinds that stand at fewer places of the tuning text than
ENOUGH_PLACES = 50
LEAST_SHARE, MOST_GIVEN, LEAST_PROB = 1e-9, 0.98, 1e-7
CONTEXT_BYTES, ENTRY_BYTES = 2.1, 2.0  # a bucket's place shared by its contexts
ROWS = 64

Array = npt.NDArray[Any]


@numba.njit(nogil=True)
def _probabilities(
    network: Any,
    states: Array,
    ids: Array,
    starts: Array,
    lengths: Array,
    z: Array,
    logits: Array,
    scratch: Array,
    probs: Array,
) -> None:
    """Write the probability of each id of some messages, longest first, that ids hold."""
    rows = len(lengths)
    current = np.empty(rows, np.int32)
    for t in range(1, lengths[0]):
        while rows and lengths[rows - 1] <= t:
            rows -= 1
        for row in range(rows):
            current[row] = ids[starts[row] + t - 1]
        advance(network, states, current, z, rows, 0)
        logits_of(network, states, logits, rows, 0)
        for row in range(rows):
            target = np.float64(logits[row, ids[starts[row] + t]])
            largest = exponentials(logits[row], 1.0, scratch)
            mass = mass_from(logits[row], logits[row].view(np.int32), 0)
            probs[starts[row] + t] = math.exp(target - largest) / mass


def probabilities(model: Checkpoint, ids: Array) -> Array:
    """Return a model's probability of each id, (T,), of messages one after the other.

    Each begins with ``<s>``, which closes the one before; the first has 1.
    """
    network = lay_out(model)
    blank, columns = blank_state(network), len(network.output_bias)
    starts = np.flatnonzero(ids == BOUNDARY_ID)
    lengths = np.diff(starts) + 1
    order = np.argsort(-lengths, kind="stable")
    probs = np.ones(len(ids), np.float32)

    def some(first: int) -> None:
        numbers = order[first : first + ROWS]
        rows = len(numbers)
        states, z = np.repeat(blank, rows, axis=0), products_scratch(network, rows)
        logits, scratch = np.empty((rows, columns), np.float32), np.empty(columns, np.int32)
        _probabilities(
            network, states, ids, starts[numbers], lengths[numbers], z, logits, scratch, probs
        )

    with ThreadPoolExecutor(os.cpu_count()) as executor:
        list(executor.map(some, range(0, len(order), ROWS)))
    return probs


@numba.njit
def _reach_back(contexts: Array, ids: Array, length: int) -> None:
    """Lengthen each place's context to ``length`` ids; 0 where its message is too short."""
    start = 0
    for t in range(1, len(ids)):
        if t - start >= length:
            contexts[t] = further_back(contexts[t], ids[t - length])
        else:
            contexts[t] = 0
        if ids[t] == BOUNDARY_ID:
            start = t


@dataclass(frozen=True, slots=True)
class _Groups:
    """Equal keys of an array.

    Attributes:
        first: (G,), a place of each key.
        counts: (G,).
        of: (N,), which group each place is in.
    """

    first: Array
    counts: Array
    of: Array


def _grouped(keys: Array) -> _Groups:
    order = np.argsort(keys, kind="stable")
    in_order = keys[order]
    begins = np.flatnonzero(np.concatenate(([True], in_order[1:] != in_order[:-1])))
    counts = np.diff(np.append(begins, len(keys)))
    of = np.empty(len(keys), np.int32)
    of[order] = np.repeat(np.arange(len(begins), dtype=np.int32), counts)
    return _Groups(order[begins], counts, of)


@dataclass(frozen=True, slots=True)
class Kept:
    """Contexts of one length and what follows them.

    Attributes:
        hashes: (C,).
        owners: (E,), which context each entry belongs to, ascending.
        ids: (E,).
        levels: (E,), of their shares.
    """

    hashes: Array
    owners: Array
    ids: Array
    levels: Array

    @property
    def bytes(self) -> float:
        """What they take in a file."""
        return CONTEXT_BYTES * len(self.hashes) + ENTRY_BYTES * len(self.ids)


@dataclass(slots=True)
class Text:
    """Messages one after the other, and how well they are predicted so far.

    Attributes:
        ids: int32, (T,); each message begins with ``<s>``, which closes the one before.
        probs: float32, (T,), of each id; 1 for the first.
        contexts: uint64, (T,), hashes of the ids before; 0 where the message is too short.
        length: ids of these contexts.
    """

    ids: Array
    probs: Array
    contexts: Array
    length: int = 0

    def reach_back(self) -> None:
        """Lengthen the contexts by an id."""
        self.length += 1
        _reach_back(self.contexts, self.ids, self.length)


def chosen(text: Text, tuning: Text, least_gain: float) -> Kept:
    """Return the contexts that are worth their bytes, and change the texts' ``probs`` by them.

    Args:
        text: what is counted.
        tuning: another text, by which the shares of contexts are weighed.
        least_gain: bits a byte.
    """
    places = np.flatnonzero(text.contexts)
    keys, followers = text.contexts[places], text.ids[places].astype(np.uint64)
    before = text.probs[places]
    context, gram = _grouped(keys), _grouped(_gram_keys(keys, followers))
    owner = context.of[gram.first]
    varied = np.bincount(owner)
    mass = (context.counts + varied).astype(np.float64)
    shares = (gram.counts - DISCOUNT) / mass[owner]
    listed = level_of(shares) >= 0
    shares[~listed] = 0
    # Of an id at a place where it stands: as if it stood there one time less.
    less = np.where(listed, np.maximum(gram.counts - 1 - DISCOUNT, 0) / (mass[owner] - 1), 0)
    given, entries = np.bincount(owner, weights=shares), np.bincount(owner, weights=listed)
    kind = _kinds(context.counts, varied)
    hashes, gram_hashes = keys[context.first], keys[gram.first]
    gram_hashes = _gram_keys(gram_hashes, followers[gram.first])

    def gained(trust: Array) -> tuple[Array, Array]:
        """Return which contexts are worth it, and what all probabilities are with them."""
        after = _mixed(less[gram.of], given[context.of], trust[kind][context.of], before)
        gains = np.bincount(context.of, weights=np.log2(after / before))
        worth = least_gain * (CONTEXT_BYTES + ENTRY_BYTES * entries)
        return (entries > 0) & (gains > worth), after

    trust = np.full(KINDS, USUAL_TRUST)
    for _ in range(2):  # by what is kept it is weighed, and by its weight it is kept
        keep, after = gained(trust)
        known = listed & keep[owner]
        found = _found(
            tuning,
            (hashes[keep], given[keep], kind[keep]),
            (gram_hashes[known], shares[known]),
        )
        trust = found.best_trust()
    tuning.probs[found.places] = found.mixed(trust[found.kinds])
    keep, after = gained(trust)
    is_kept = keep[context.of]
    text.probs[places[is_kept]] = after[is_kept]
    weight = _bounded(trust[kind], given)[owner]
    levels = level_of(np.maximum(weight * shares, LEAST_SHARE))
    return _kept(hashes, keep, owner, followers[gram.first], levels, listed & (levels >= 0))


def _gram_keys(contexts: Array, followers: Array) -> Array:
    keys: Array = contexts * np.uint64(2 * MAX_IDS + 1) ^ followers
    return keys


def _mixed(shares: Array, given: Array, trust: Array, below: Array) -> Array:
    """Return probabilities by contexts whose shares are trusted so far."""
    trust = _bounded(trust, given)
    mixed = trust * shares + (1 - trust * given) * below
    return np.maximum(mixed, LEAST_PROB).astype(np.float32)


def _bounded(trust: Any, given: Array) -> Array:
    """Return the trust that leaves something to what is below."""
    bounded: Array = np.minimum(trust, MOST_GIVEN / np.maximum(given, LEAST_SHARE))
    return bounded


def _kinds(counts: Array, kinds: Array) -> Array:
    """Return a number for how often a context stands somewhere and how varied what follows is."""
    often = np.minimum(np.log2(counts).astype(np.int64), KINDS // 4 - 1)
    return 4 * often + np.digitize(kinds / counts, [0.1, 0.3, 0.6])


@dataclass(frozen=True, slots=True)
class _Found:
    """Places of a text whose context is known.

    Attributes:
        places: (N,).
        shares: (N,), of the id that stands there, untrusted.
        given: (N,), of all ids that are listed after the context.
        kinds: (N,), of the context.
        before: (N,), the id's probability without it.
    """

    places: Array
    shares: Array
    given: Array
    kinds: Array
    before: Array

    def mixed(self, trust: Any) -> Array:
        """Return the probabilities with the contexts, each trusted so far."""
        return _mixed(self.shares, self.given, trust, self.before)

    def best_trust(self) -> Array:
        """Return, for each kind of context, the trust by which the places cost the least."""
        costs = [
            np.bincount(self.kinds, weights=-np.log2(self.mixed(trust)), minlength=KINDS)
            for trust in TRUSTS
        ]
        enough = np.bincount(self.kinds, minlength=KINDS) >= ENOUGH_PLACES
        return np.where(enough, TRUSTS[np.argmin(costs, axis=0)], USUAL_TRUST)


def _found(text: Text, contexts: tuple[Array, Array, Array], grams: tuple[Array, Array]) -> _Found:
    """Look a text's contexts up.

    Args:
        text: where.
        contexts: hashes, what all shares of each add up to, their kinds.
        grams: hashes of contexts with an id, and its share.
    """
    hashes, given, kinds = _sorted(*contexts)
    places = np.flatnonzero(text.contexts)
    at = _places_of(text.contexts[places], hashes)
    places, at = places[at >= 0], at[at >= 0]
    gram_hashes, shares = _sorted(*grams)
    keys = _gram_keys(text.contexts[places], text.ids[places].astype(np.uint64))
    gram_at = _places_of(keys, gram_hashes)
    listed = np.where(gram_at >= 0, shares[gram_at], 0)
    return _Found(places, listed, given[at], kinds[at], text.probs[places])


def _sorted(keys: Array, *values: Array) -> tuple[Array, ...]:
    order = np.argsort(keys)
    return (keys[order], *(value[order] for value in values))


def _places_of(keys: Array, known: Array) -> Array:
    """Return where each key is in sorted ones, -1 where it is not."""
    if not len(known):
        return np.full(len(keys), -1)
    places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[places] == keys, places, -1)


def _kept(
    hashes: Array, keep: Array, owner: Array, followers: Array, levels: Array, listed: Array
) -> Kept:
    entries = np.flatnonzero(listed & keep[owner])
    entries = entries[np.argsort(owner[entries], kind="stable")]
    keep = np.bincount(owner[entries], minlength=len(keep)) > 0
    number = np.cumsum(keep) - 1
    return Kept(hashes[keep], number[owner[entries]], followers[entries], levels[entries])


def table(all_kept: list[Kept]) -> Ngrams:
    """Lay contexts of all lengths, the shortest first, out in one table."""
    before = np.cumsum([0, *(len(kept.hashes) for kept in all_kept)])
    return ngrams_of(
        np.concatenate([kept.hashes for kept in all_kept]),
        np.concatenate([k.owners + first for k, first in zip(all_kept, before, strict=False)]),
        np.concatenate([kept.ids for kept in all_kept]),
        np.concatenate([kept.levels for kept in all_kept]),
        (SHORTEST, SHORTEST + len(all_kept) - 1),
    )


def counted(text: Text, tuning: Text, least_gain: float) -> Iterator[Kept]:
    """Yield what is kept of each length, the shortest first; the texts' ``probs`` change."""
    for length in range(1, LONGEST + 1):
        text.reach_back()
        tuning.reach_back()
        if length >= SHORTEST:
            yield chosen(text, tuning, least_gain)


def with_ngrams(model: Checkpoint, messages: list[str], least_gain: float) -> Checkpoint:
    """Return a causal model with n-grams of messages; the last ``TUNING`` weigh them."""
    encoded = [model.vocabulary.encode_message(message)[:-1] for message in messages]
    text, tuning = (
        _scored(model, np.concatenate([*part, [BOUNDARY_ID]]).astype(np.int32))
        for part in (encoded[:-TUNING], encoded[-TUNING:])
    )
    begun, all_kept = time.monotonic(), []
    for kept in counted(text, tuning, least_gain):
        all_kept.append(kept)
        print(
            f"{text.length} ids: {len(kept.hashes):,} contexts, {len(kept.ids):,} entries,"
            f" {sum(k.bytes for k in all_kept) / 1e6:.2f} MB in all,"
            f" {-np.log2(tuning.probs).mean():.3f} bits an id, {time.monotonic() - begun:.0f} s",
            flush=True,
        )
    return replace(model, ngrams=table(all_kept))


def _scored(model: Checkpoint, ids: Array) -> Text:
    return Text(ids, probabilities(model, ids), np.zeros(len(ids), np.uint64))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("text", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--least-gain", type=float, default=0.3, metavar="BITS")
    options = parser.parse_args()
    model = load_checkpoint(options.model)
    if model.config.window or model.vocabulary.size > MAX_IDS:
        sys.exit(f"The model must be a causal one of at most {MAX_IDS} ids.")
    messages = list(read_messages(options.text))[:-HELD_OUT]
    if len(messages) < 2 * TUNING:
        sys.exit(f"The text must have {HELD_OUT + 2 * TUNING:,} messages or more.")
    large = with_ngrams(model, messages, options.least_gain)
    save_checkpoint(large, options.output, precision=Precision.INT8)


if __name__ == "__main__":
    main()
