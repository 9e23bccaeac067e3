"""Attacks that read out of a model's file what was said, with the file and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from textgen_core import Checkpoint, Engine, GenerationOptions
from textgen_core.evaluation.scoring import costs_of_encoded
from textgen_core.model.verbatim_filter import VerbatimFilter

CHARS = " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?'-\":()/"
KNOWN_CHARS = 26  # of a message, from which the rest of it is read
MOST_CHARS = 400
BEAM = 8
TOP = 2.0  # times as likely as chance: what an n-gram says, and not the flat network below it


def extended(seen: VerbatimFilter, start: str) -> str:
    """Go on from a beginning, character after character, as a filter knows it."""
    beam, best, run = [start], start, seen.run_chars
    while beam and len(best) < MOST_CHARS:
        tried = [text + char for text in beam for char in CHARS]
        known = seen.knows("".join(text[-run:] for text in tried))[::run]
        beam = [text for text, is_known in zip(tried, known, strict=True) if is_known][:BEAM]
        best = beam[0] if beam else best
    return best


def read_by_filter(model: Checkpoint, said: Iterable[str], starts: int) -> list[str]:
    """Return the whole messages that their first characters and the file's filter give away.

    Tried are that many of those that were said once and go on for long enough.
    """
    counts = Counter(said)
    once = [text for text, count in counts.items() if count == 1 and len(text) > KNOWN_CHARS + 8]
    tried = [once[int(place)] for place in np.linspace(0, len(once) - 1, starts)]
    if model.seen is None:
        return []
    found = ((text, extended(model.seen, text[:KNOWN_CHARS])) for text in tried)
    # Of what is no run of the text, one in some 5,000 is taken for one: a character too many.
    return [text for text, read in found if read.startswith(text)]


def followed_by_ngrams(model: Checkpoint, prompt: str, most_chars: int) -> str:
    """Go on from a prompt by the likeliest character that the model's own n-grams name."""
    flat = {name: np.zeros_like(array) for name, array in model.weights.items()}
    engine = Engine(replace(model, weights=flat, ngrams=None, seen=None))
    state = engine.feed(engine.start(), model.vocabulary.encode_message(prompt)[1:-1])
    ids: list[int] = []
    for _ in range(most_chars):
        probs = engine.probs(state)
        likeliest = int(probs.argmax())
        if probs[likeliest] < TOP / model.vocabulary.size:
            break
        if likeliest == model.vocabulary.boundary_id:
            break
        ids.append(likeliest)
        state = engine.feed(state, [likeliest])
    return model.vocabulary.decode(ids)


def written(model: Checkpoint, prompt: str, secret: str, texts: int) -> int:
    """Return in how many texts that begin with a prompt the secret follows, unguarded."""
    options = GenerationOptions(
        n=texts, prompt=prompt, max_chars=len(secret) + 10, temperature=0.3, seed=1
    )
    return sum(secret in text for text in Engine(replace(model, seen=None)).generate(options))


def rank(model: Checkpoint, prompt: str, secret: str, others: Sequence[str]) -> int:
    """Return which place a secret has among others, by how likely the model takes each: 1 is first.

    It is the exposure of Carlini et al. 2019, "The Secret Sharer" (arXiv:1802.08232).
    """
    encode = model.vocabulary.encode_message
    encoded = [encode(prompt + each) for each in (secret, *others)]
    costs = [float(cost[1:].sum()) for cost in costs_of_encoded(model, encoded)]
    return 1 + sum(cost < costs[0] for cost in costs[1:])
