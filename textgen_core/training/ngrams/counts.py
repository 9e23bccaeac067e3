"""A text as counting reads it: ids, the contexts before them, and how well they are predicted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textgen_core.evaluation.scoring import costs_of_encoded
from textgen_core.kernels.matmul import compiled
from textgen_core.kernels.ngram_lookup import further_back
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.ngram_table import id_bits_for
from textgen_core.text.vocabulary import BOUNDARY_ID

Array = npt.NDArray[Any]


@dataclass(slots=True)
class Text:
    """Messages one after the other, and how well they are predicted so far.

    Attributes:
        ids: int32, (T,), what is predicted; each message ends with ``<s>``.
        read: int32, (T,), what stands before each; each message begins with what opens it.
        probs: float32, (T,), of each id.
        contexts: uint64, (T,), hashes of the ids before; 0 where the message is too short.
        id_bits: that an id takes in a table of n-grams.
        length: ids of these contexts.
    """

    ids: Array
    read: Array
    probs: Array
    contexts: Array
    id_bits: int
    length: int = 0

    def reach_back(self) -> None:
        """Lengthen the contexts by an id."""
        self.length += 1
        _reach_back(self.contexts, self.read, self.ids, self.length)


def scored_text(model: Checkpoint, encoded: list[Array]) -> Text:
    """Return messages as a text, with a causal model's probabilities.

    Args:
        model: the model.
        encoded: int32 ids of each message, (T,), ``<s>`` or the mark of a voice first and
            ``<s>`` last.
    """
    ids = np.concatenate([message[1:] for message in encoded])
    read = np.concatenate([message[:-1] for message in encoded])
    costs = np.concatenate([cost[1:] for cost in costs_of_encoded(model, encoded)])
    probs = np.exp(-costs).astype(np.float32)
    id_bits = id_bits_for(model.vocabulary.size)
    return Text(ids, read, probs, np.zeros(len(ids), np.uint64), id_bits)


@compiled()
def _reach_back(contexts: Array, read: Array, ids: Array, length: int) -> None:
    start = 0
    for t in range(len(ids)):
        first = t - length + 1
        if first >= start:
            contexts[t] = further_back(contexts[t], read[first])
        else:
            contexts[t] = 0
        if ids[t] == BOUNDARY_ID:
            start = t + 1
