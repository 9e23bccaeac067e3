"""Ids of their own for characters that a corpus uses often and its base model spells.

A model that has read little Hindi spells each letter in three bytes: three steps for
one character, and a text that reaches a third as far back. A new id begins where that
spelling stands: what leads to the character's first byte leads to it, shared out by
the characters' frequencies, and it acts on the model as its last byte does.

Marks of voices (marks.py) get ids however seldom they stand there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from textgen_core.checkpoint import Checkpoint
from textgen_core.marks import VOICES
from textgen_core.precision import FloatArray
from textgen_core.vocabulary import Vocabulary

MAX_NEW = 400
MIN_COUNT = 20


def extended(base: Checkpoint, messages: Iterable[str]) -> Checkpoint:
    """Return the model with ids for the characters that it spells and that are common.

    Args:
        base: is returned as it is where its vocabulary is textgenrnn's.
        messages: consumed once.
    """
    if not isinstance(base.vocabulary, Vocabulary):
        return base
    counts = Counter(char for message in messages for char in message if ord(char) >= 128)
    for char in base.vocabulary.frequent:
        counts.pop(char, None)
    base = _with_voices(base, [mark for mark in VOICES if counts.pop(mark, 0)])
    new = [char for char, count in counts.most_common(MAX_NEW) if count >= MIN_COUNT]
    if not new:
        return base
    assert isinstance(base.vocabulary, Vocabulary)
    vocabulary = Vocabulary((*base.vocabulary.frequent, *new))
    weights = _weights(base.weights, base.vocabulary, new, counts)
    return replace(base, vocabulary=vocabulary, weights=weights)


def _with_voices(base: Checkpoint, marks: list[str]) -> Checkpoint:
    """Return the model with ids for voices' marks, which at first say what ``<s>`` says."""
    if not marks:
        return base
    assert isinstance(base.vocabulary, Vocabulary)
    weights = dict(base.weights)
    embedding, kernel = weights["embedding"], weights["output/kernel"]
    bias = weights["output/bias"]
    opening = embedding[[base.vocabulary.boundary_id] * len(marks)]
    unlikely = np.full(len(marks), bias.min(), np.float32)  # as they never follow anything
    weights["embedding"] = np.concatenate([embedding, opening])
    weights["output/kernel"] = np.concatenate(
        [kernel, np.zeros((len(kernel), len(marks)), kernel.dtype)], axis=1
    )
    weights["output/bias"] = np.concatenate([bias, unlikely])
    vocabulary = Vocabulary((*base.vocabulary.frequent, *marks))
    return replace(base, vocabulary=vocabulary, weights=weights)


def _weights(
    known: Mapping[str, FloatArray], vocabulary: Vocabulary, new: list[str], counts: Counter[str]
) -> dict[str, FloatArray]:
    spelled = [vocabulary.encode(char) for char in new]
    first = [int(ids[0]) for ids in spelled]
    last = [int(ids[-1]) for ids in spelled]
    weights = dict(known)
    bias = weights["output/bias"].copy()
    of_first: dict[int, int] = defaultdict(int)  # how often each first byte was met
    for char, count in counts.items():
        of_first[int(vocabulary.encode(char)[0])] += count
    shares = np.array([counts[char] / of_first[i] for char, i in zip(new, first, strict=True)])
    added = bias[first] + np.log(shares)
    for i in set(first):
        covered = sum(share for share, other in zip(shares, first, strict=True) if other == i)
        bias[i] += np.log(max(1 - covered, 0.5 / of_first[i]))
    kernel = weights["output/kernel"]
    weights["embedding"] = np.concatenate([weights["embedding"], weights["embedding"][last]])
    weights["output/kernel"] = np.concatenate([kernel, kernel[:, first]], axis=1)
    weights["output/bias"] = np.concatenate([bias, added]).astype(np.float32)
    return weights
