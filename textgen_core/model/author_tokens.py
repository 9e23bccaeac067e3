"""Ids for the marks of voices (text/special_tokens.py), which a model to start from does not have.

Characters get none: a model that spells a script in bytes and is given ids for it forgets
what it knew, and learns less of a server's messages in the same time, even of a script
that it has never read. docs/pretraining.md has figures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from textgen_core.model.checkpoint import Checkpoint
from textgen_core.text.special_tokens import AUTHOR_TOKENS
from textgen_core.text.vocabulary import Vocabulary


def with_voices(base: Checkpoint, messages: Iterable[str]) -> Checkpoint:
    """Return the model with ids for the marks that open messages, which say what ``<s>`` says.

    Args:
        base: is returned as it is where its vocabulary is textgenrnn's.
        messages: what it is to learn; consumed once.
    """
    if not isinstance(base.vocabulary, Vocabulary):
        return base
    known = set(base.vocabulary.frequent)
    opening = {message[:1] for message in messages}
    marks = [mark for mark in AUTHOR_TOKENS if mark in opening and mark not in known]
    if not marks:
        return base
    weights = dict(base.weights)
    embedding, kernel = weights["embedding"], weights["output/kernel"]
    bias = weights["output/bias"]
    openings = embedding[[base.vocabulary.boundary_id] * len(marks)]
    unlikely = np.full(len(marks), bias.min(), np.float32)  # as they never follow anything
    weights["embedding"] = np.concatenate([embedding, openings])
    weights["output/kernel"] = np.concatenate(
        [kernel, np.zeros((len(kernel), len(marks)), kernel.dtype)], axis=1
    )
    weights["output/bias"] = np.concatenate([bias, unlikely])
    vocabulary = Vocabulary((*base.vocabulary.frequent, *marks), base.vocabulary.scores)
    return replace(base, vocabulary=vocabulary, weights=weights)
