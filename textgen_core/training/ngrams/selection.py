"""Which contexts of a text are worth remembering beside a network, and what of them.

With c of a context's n occurrences followed by x, and k different ids in all,

    q(x) = trust (c - 0.4) / (n + k).

A context is kept if, at all the places where it stands, the model with what is kept of
shorter contexts needs at least so many bits less for each byte that it takes. A place is
scored as if it had not been counted itself, so that what occurred once gains nothing.

A server's messages (``select_ngrams``) have one trust, and training chooses how much of it
is left. Of them only what several people said is kept, context and continuation together:
what one person repeats, such as an address, is nobody else's to read out of the file.

Messages of a large text are weighed by another text, which is not counted: the trust is
that by which it costs the least, and contexts that stand equally often somewhere and are
followed by as many ids share one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.ngram_table import LEAST_SHARE, MAX_IDS, Ngrams, level_of, ngrams_of
from textgen_core.text.vocabulary import Ids
from textgen_core.training.ngrams.counts import Array, Text, scored_text
from textgen_core.training.ngrams.shared_speech import SharedSpeech

DISCOUNT = 0.4
KINDS = 40
TRUSTS = np.linspace(0.05, 1.6, 32)
USUAL_TRUST = 0.9  # of kinds that stand at fewer places of the other text than
ENOUGH_PLACES = 50
MOST_GIVEN, LEAST_PROB = 0.98, 1e-7
CONTEXT_BYTES, ENTRY_BYTES = 2.1, 2.0  # a bucket's place is shared by its contexts
OWN_LONGEST, OWN_TRUST = 8, 0.5  # docs/pretraining.md has what others gave
OWN_LEAST_COUNT = 2
OWN_BUCKET_BITS = 12  # in every such table, so that one can be merged with a later one


@dataclass(frozen=True, slots=True)
class SelectedContexts:
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


def select_ngrams(
    model: Checkpoint, encoded: list[Ids], speakers: Ids, most_ids: int
) -> Ngrams | None:
    """Return what a causal model is to remember of the messages that it was trained on.

    Args:
        model: of at most 4,096 ids.
        encoded: ids of each message, (T,), in time order, with what opens and closes them;
            whose voice opens it is part of a context.
        speakers: (N,), who wrote each message; see ``number_speakers``.
        most_ids: of the newest messages, that are counted.

    Returns:
        The n-grams, or None if none is worth it.
    """
    sizes = np.cumsum([len(ids) for ids in reversed(encoded)])
    first = len(encoded) - max(1, int((sizes <= most_ids).sum()))
    newest = encoded[first:]
    said_by = np.repeat(speakers[first:], [len(ids) - 1 for ids in newest])
    text = scored_text(model, newest)
    speech = SharedSpeech(text, said_by)
    text.reach_back()
    all_kept: list[SelectedContexts] = []
    trust = np.full(KINDS, OWN_TRUST)
    while len(all_kept) < OWN_LONGEST and text.contexts.any():
        counts = _counts_of(text, OWN_LEAST_COUNT, speech)
        all_kept.append(_kept(counts, text, trust, least_gain=0))
        text.reach_back()
    if not any(len(kept.ids) for kept in all_kept):
        return None
    return table(all_kept, 1, text.id_bits, OWN_BUCKET_BITS)


def chosen(text: Text, tuning: Text, least_gain: float) -> SelectedContexts:
    """Return the contexts that are worth their bytes, and change the texts' ``probs`` by them.

    Args:
        text: what is counted.
        tuning: the other text.
        least_gain: bits a byte.
    """
    counts = _counts_of(text, 1)
    trust = np.full(KINDS, USUAL_TRUST)
    for _ in range(2):  # by what is kept it is weighed, and by its weight it is kept
        keep = counts.worth(counts.probs(trust), least_gain)
        found = counts.found_in(tuning, keep)
        trust = found.best_trust()
    tuning.probs[found.places] = found.probs(trust[found.kinds])
    return _kept(counts, text, trust, least_gain)


def table(
    all_kept: list[SelectedContexts], shortest: int, id_bits: int, bucket_bits: int | None = None
) -> Ngrams:
    """Lay contexts of all lengths, from the shortest on, out in one table."""
    before = np.cumsum([0, *(len(kept.hashes) for kept in all_kept)])
    return ngrams_of(
        np.concatenate([kept.hashes for kept in all_kept]),
        np.concatenate([k.owners + first for k, first in zip(all_kept, before, strict=False)]),
        np.concatenate([kept.ids for kept in all_kept]),
        np.concatenate([kept.levels for kept in all_kept]),
        (shortest, shortest + len(all_kept) - 1),
        bucket_bits=bucket_bits,
        id_bits=id_bits,
    )


def _kept(counts: _Counts, text: Text, trust: Array, least_gain: float) -> SelectedContexts:
    """Return the contexts that are worth their bytes; the text's ``probs`` change by them."""
    probs = counts.probs(trust)
    keep = counts.worth(probs, least_gain)
    is_kept = keep[counts.context.of]
    text.probs[counts.places[is_kept]] = probs[is_kept]
    return counts.kept(keep, trust)


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

    def probs(self, trust: Any) -> Array:
        """Return the probabilities with the contexts, each trusted so far."""
        return _mixed(self.shares, self.given, trust, self.before)

    def best_trust(self) -> Array:
        """Return, for each kind of context, the trust by which the places cost the least."""
        costs = [
            np.bincount(self.kinds, weights=-np.log2(self.probs(trust)), minlength=KINDS)
            for trust in TRUSTS
        ]
        enough = np.bincount(self.kinds, minlength=KINDS) >= ENOUGH_PLACES
        return np.where(enough, TRUSTS[np.argmin(costs, axis=0)], USUAL_TRUST)


@dataclass(frozen=True, slots=True)
class _Counts:
    """Contexts of one length, N places where one stands, and the ids at these.

    Attributes:
        places: (N,).
        before: (N,), the ids' probabilities without the contexts.
        context: groups of the same context.
        gram: groups of the same context and id.
        owner: (E,), which context each of the latter belongs to.
        hashes: (C,), of contexts.
        gram_hashes: (E,).
        ids: (E,).
        shares: (E,), untrusted; 0 where it is too small for a level.
        less: (E,), as if each stood there one time less.
        given: (C,), what a context's shares add up to.
        kinds: (C,), of contexts.
        id_bits: as of the table that they are for.
    """

    places: Array
    before: Array
    context: _Groups
    gram: _Groups
    owner: Array
    hashes: Array
    gram_hashes: Array
    ids: Array
    shares: Array
    less: Array
    given: Array
    kinds: Array
    id_bits: int

    def probs(self, trust: Array) -> Array:
        """Return, (N,), the ids' probabilities with all contexts, (KINDS,) trusts given."""
        of = self.context.of
        return _mixed(self.less[self.gram.of], self.given[of], trust[self.kinds][of], self.before)

    def worth(self, probs: Array, least_gain: float) -> Array:
        """Return, (C,), which contexts save enough bits a byte with these probabilities."""
        gains = np.bincount(self.context.of, weights=np.log2(probs / self.before))
        entries = np.bincount(self.owner, weights=self.shares > 0)
        least = least_gain * (CONTEXT_BYTES + ENTRY_BYTES * entries)
        keep: Array = (entries > 0) & (gains > least)
        return keep

    def found_in(self, text: Text, keep: Array) -> _Found:
        """Look up where the contexts to keep stand in another text."""
        hashes, given, kinds = _sorted(self.hashes[keep], self.given[keep], self.kinds[keep])
        places = np.flatnonzero(text.contexts)
        at = _places_of(text.contexts[places], hashes)
        places, at = places[at >= 0], at[at >= 0]
        known = keep[self.owner]
        gram_hashes, shares = _sorted(self.gram_hashes[known], self.shares[known])
        grams = _gram_hashes(text.contexts[places], text.ids[places])
        gram_at = _places_of(grams, gram_hashes)
        share = np.where(gram_at >= 0, shares[gram_at], 0)
        return _Found(places, share, given[at], kinds[at], text.probs[places])

    def kept(self, keep: Array, trust: Array) -> SelectedContexts:
        """Return the contexts to keep, with the levels that trusted shares have."""
        weight = _bounded(trust[self.kinds], self.given)[self.owner]
        levels = level_of(np.maximum(weight * self.shares, LEAST_SHARE), self.id_bits)
        entries = np.flatnonzero((levels >= 0) & keep[self.owner])
        entries = entries[np.argsort(self.owner[entries], kind="stable")]
        keep = np.bincount(self.owner[entries], minlength=len(keep)) > 0
        number = np.cumsum(keep) - 1
        owners = number[self.owner[entries]]
        return SelectedContexts(self.hashes[keep], owners, self.ids[entries], levels[entries])


def _counts_of(text: Text, least_count: int, speech: SharedSpeech | None = None) -> _Counts:
    """Count a text's contexts.

    Args:
        text: what is counted.
        least_count: of a context with what follows, to have a share.
        speech: tells what has a share; None for all.
    """
    places = np.flatnonzero(text.contexts)
    keys, ids = text.contexts[places], text.ids[places]
    gram_keys = _gram_hashes(keys, ids)
    context, gram = _grouped(keys), _grouped(gram_keys)
    owner = context.of[gram.first]
    varied = np.bincount(owner)
    mass = (context.counts + varied)[owner]
    shares = (gram.counts - DISCOUNT) / mass
    shares[(level_of(shares, text.id_bits) < 0) | (gram.counts < least_count)] = 0
    if speech:
        shares[~speech.of_next_length(gram.first, gram.of, places)] = 0
    less = np.maximum(gram.counts - 1 - DISCOUNT, 0) / (mass - 1)
    return _Counts(
        places=places,
        before=text.probs[places],
        context=context,
        gram=gram,
        owner=owner,
        hashes=keys[context.first],
        gram_hashes=gram_keys[gram.first],
        ids=ids[gram.first],
        shares=shares,
        less=np.where(shares > 0, less, 0),
        given=np.bincount(owner, weights=shares),
        kinds=_kinds(context.counts, varied),
        id_bits=text.id_bits,
    )


def _grouped(keys: Array) -> _Groups:
    order = np.argsort(keys, kind="stable")
    in_order = keys[order]
    begins = np.flatnonzero(np.concatenate(([True], in_order[1:] != in_order[:-1])))
    counts = np.diff(np.append(begins, len(keys)))
    of = np.empty(len(keys), np.int32)
    of[order] = np.repeat(np.arange(len(begins), dtype=np.int32), counts)
    return _Groups(order[begins], counts, of)


def _gram_hashes(contexts: Array, ids: Array) -> Array:
    hashes: Array = contexts * np.uint64(2 * MAX_IDS + 1) ^ ids.astype(np.uint64)
    return hashes


def _kinds(counts: Array, varied: Array) -> Array:
    """Return a number for how often a context stands somewhere and how varied what follows is."""
    often = np.minimum(np.log2(counts).astype(np.int64), KINDS // 4 - 1)
    return 4 * often + np.digitize(varied / counts, [0.1, 0.3, 0.6])


def _mixed(shares: Array, given: Array, trust: Any, below: Array) -> Array:
    """Return probabilities by contexts whose shares are trusted so far."""
    trust = _bounded(trust, given)
    mixed: Array = np.maximum(trust * shares + (1 - trust * given) * below, LEAST_PROB)
    return mixed.astype(np.float32)


def _bounded(trust: Any, given: Array) -> Array:
    """Return the trust that leaves something to what is below."""
    bounded: Array = np.minimum(trust, MOST_GIVEN / np.maximum(given, LEAST_SHARE))
    return bounded


def _sorted(keys: Array, *values: Array) -> tuple[Array, ...]:
    order = np.argsort(keys)
    return (keys[order], *(value[order] for value in values))


def _places_of(keys: Array, known: Array) -> Array:
    """Return where each key is in sorted ones, -1 where it is not."""
    if not len(known):
        return np.full(len(keys), -1)
    places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[places] == keys, places, -1)
