"""Models that hold n-grams, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from random_checkpoints import random_checkpoint

from textgen_core.kernels.ngram_lookup import further_back
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.ngram_table import Ngrams, id_bits_for, level_of, ngrams_of
from textgen_core.text.vocabulary import BOUNDARY_ID, Vocabulary

Followers = Mapping[str, Mapping[str, float]]


def context_hash(ids: list[int]) -> int:
    """Return the hash of a context, its ids in the order of the text."""
    value = np.uint64(0)
    for id in reversed(ids):
        value = np.uint64(further_back(value, id))
    return int(value)


def ids_of(context: str, vocabulary: Vocabulary) -> list[int]:
    """Return ids of a context; it may begin with ``^``, the boundary, or the mark of a voice."""
    opening = {"^": BOUNDARY_ID}.get(context[:1]) or vocabulary.voice_id(context[:1])
    said = context[1:] if opening else context
    return [*([opening] if opening else []), *map(int, vocabulary.encode(said))]


def ngrams_that_say(followers: Followers, vocabulary: Vocabulary) -> Ngrams:
    """Return a table of contexts and the shares of the characters that follow."""
    id_bits = id_bits_for(vocabulary.size)
    contexts = [ids_of(context, vocabulary) for context in followers]
    entries = [
        (owner, vocabulary.encode(char)[0], share)
        for owner, chars in enumerate(followers.values())
        for char, share in chars.items()
    ]
    return ngrams_of(
        np.array([context_hash(ids) for ids in contexts], np.uint64),
        np.array([owner for owner, _, _ in entries]),
        np.array([id for _, id, _ in entries]),
        level_of(np.array([share for _, _, share in entries]), id_bits),
        (min(map(len, contexts)), max(map(len, contexts))),
        id_bits=id_bits,
    )


def with_ngrams(
    followers: Followers, checkpoint: Checkpoint | None = None, own: Followers | None = None
) -> Checkpoint:
    """Return a model, one of random weights if none is given, that remembers."""
    model = checkpoint or random_checkpoint()
    assert isinstance(model.vocabulary, Vocabulary)
    model = replace(model, ngrams=ngrams_that_say(followers, model.vocabulary))
    return replace(model, own_ngrams=ngrams_that_say(own, model.vocabulary)) if own else model
