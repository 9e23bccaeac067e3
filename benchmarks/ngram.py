"""A character n-gram of order 6: what a model that only counts achieves.

Interpolated with Witten and Bell's weights (Bell, Cleary and Witten 1990, "Text
compression", method C): with c(h) occurrences of a context h and t(h) different
ids seen after it, P(x|h) = (c(hx) + t(h) P(x|shorter h)) / (c(h) + t(h)); the
empty context leads on to the uniform distribution. Ids are those of a model's
vocabulary, so that any text can be scored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textgen_core.text.tokenizer import Tokenizer

ORDER = 6
_BITS = 10  # an id has at most so many, so that six ids are one 64-bit key

Keys = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Level:
    """Counts of all contexts of one length, sorted by key."""

    grams: Keys
    gram_counts: Counts
    contexts: Keys
    context_counts: Counts
    kinds: Counts


@dataclass(frozen=True, slots=True)
class Ngram:
    """Counts of every order; made by ``count``."""

    levels: tuple[_Level, ...]
    size: int

    def probs(self, ids: Keys) -> npt.NDArray[np.float64]:
        """Return, (N,), the probability of each scored id of ``laid_out`` messages."""
        probs = np.full(len(ids) - ORDER + 1, 1 / self.size)
        for length, level in enumerate(self.levels):
            contexts, grams = _keys(ids, length)
            seen = _looked_up(level.grams, level.gram_counts, grams)
            total = _looked_up(level.contexts, level.context_counts, contexts)
            kinds = _looked_up(level.contexts, level.kinds, contexts)
            known = total > 0
            mixed = (seen + kinds * probs) / np.maximum(total + kinds, 1)
            probs = np.where(known, mixed, probs)
        return probs


def laid_out(messages: Iterable[str], codec: Tokenizer) -> tuple[Keys, npt.NDArray[np.bool_]]:
    """Return ids of messages one after the other, and which of them are scored.

    Before each stand ORDER - 1 boundaries, so that no context reaches into the
    message before; characters and each closing boundary are scored.
    """
    if codec.size > 1 << _BITS:
        raise ValueError(f"the vocabulary must have at most {1 << _BITS} ids, got {codec.size}")
    opening = np.full(ORDER - 1, codec.boundary_id, np.int32)
    parts = [part for message in messages for part in (opening, codec.encode_message(message)[1:])]
    ids = np.concatenate(parts).astype(np.int64)
    scored = np.concatenate(
        [np.full(len(part), number % 2 == 1) for number, part in enumerate(parts)]
    )
    return ids, scored[ORDER - 1 :]


def count(messages: Iterable[str], codec: Tokenizer) -> Ngram:
    """Count every context of up to ORDER - 1 ids in messages."""
    ids, scored = laid_out(messages, codec)
    levels = []
    for length in range(ORDER):
        contexts, grams = (keys[scored] for keys in _keys(ids, length))
        grams, gram_counts = np.unique(grams, return_counts=True)
        distinct, context_counts = np.unique(contexts, return_counts=True)
        kinds = np.unique(grams >> _BITS, return_counts=True)[1]
        levels.append(_Level(grams, gram_counts, distinct, context_counts, kinds))
    return Ngram(tuple(levels), codec.size)


def bits_per_char(
    models: Sequence[Ngram], weights: Sequence[float], messages: Sequence[str], codec: Tokenizer
) -> float:
    """Score messages with a mixture of models: bits over characters and closings."""
    ids, scored = laid_out(messages, codec)
    mixed = sum(w * model.probs(ids) for w, model in zip(weights, models, strict=True))
    chars = sum(len(message) + 1 for message in messages)
    return float(-np.log2(np.asarray(mixed)[scored]).sum()) / chars


def _keys(ids: Keys, length: int) -> tuple[Keys, Keys]:
    """Return keys of the contexts of a length, and of those with the id that follows."""
    last = len(ids)
    contexts = np.zeros(last - ORDER + 1, np.int64)
    for back in range(length, 0, -1):
        contexts = (contexts << _BITS) | ids[ORDER - 1 - back : last - back]
    return contexts, (contexts << _BITS) | ids[ORDER - 1 :]


def _looked_up(keys: Keys, values: Counts, wanted: Keys) -> Counts:
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], 0)
