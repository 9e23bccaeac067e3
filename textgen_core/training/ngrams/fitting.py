"""What a model remembers once its network has learned: n-grams, trusted as far as they help."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from textgen_core.evaluation.scoring import nats_of_encoded
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.ngram_table import Ngrams, merged
from textgen_core.text.vocabulary import Ids
from textgen_core.training.ngrams.selection import select_ngrams

TRUSTS = (1.0, 0.75, 0.5, 0.25)
USUAL_TRUST = 0.75  # where nothing is held out
MIN_COUNTED_IDS, MAX_COUNTED_IDS = 50_000, 800_000
COUNTING_COST = 1.3  # of an id, beside what scoring it costs


def fit_ngrams(
    model: Checkpoint,
    learned: list[Ids],
    speakers: Ids,
    held_out: list[Ids],
    *,
    weighs: bool,
    left_s: Callable[[], float],
) -> Checkpoint:
    """Return a model that remembers what it has learned, beside what its base remembered.

    Args:
        model: with the n-grams of its base, those of messages that were learned before as well.
        learned: ids of each message, (T,), in time order, of which as many of the newest are
            counted as there is time for; empty if none is to be.
        speakers: who wrote each of them; see ``select_ngrams``.
        held_out: others, by which each trust is chosen,
        weighs: if they were not learned.
        left_s: tells how many seconds are left.
    """

    def best(models: list[Checkpoint]) -> Checkpoint:
        return min(models, key=lambda model: nats_of_encoded(model, [held_out]))

    def trusted(ngrams: Ngrams, usual: float) -> list[Ngrams]:
        return [replace(ngrams, trust=trust) for trust in (TRUSTS if weighs else (usual,))]

    if model.ngrams:
        tried = trusted(model.ngrams, model.ngrams.trust)
        model = best([replace(model, ngrams=ngrams) for ngrams in tried])
    if model.own_ngrams:
        tried = trusted(model.own_ngrams, model.own_ngrams.trust)
        model = best([replace(model, own_ngrams=own) for own in (*tried, None)])
    if not learned:
        return model
    counted = select_ngrams(model, learned, speakers, _ids_in_time(model, held_out, left_s))
    if counted is None:
        return model
    before, tried = model.own_ngrams, trusted(counted, USUAL_TRUST)
    both = [merged(before, ngrams) if before else ngrams for ngrams in tried]
    return best([replace(model, own_ngrams=own) for own in (*both, before)])


def _ids_in_time(model: Checkpoint, held_out: list[Ids], left_s: Callable[[], float]) -> int:
    """Return how many ids can be counted, and what comes of it weighed, in the time left."""
    nats_of_encoded(model, [held_out[:1]])  # compiles, or loads what was compiled
    begun = time.monotonic()
    nats_of_encoded(model, [held_out])
    weighing_s = time.monotonic() - begun
    counting_s = left_s() - (len(TRUSTS) + 1) * weighing_s
    ids = counting_s * sum(map(len, held_out)) / weighing_s / COUNTING_COST
    return int(max(MIN_COUNTED_IDS, min(ids, MAX_COUNTED_IDS)))
