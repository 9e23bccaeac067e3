"""A text as counting reads it: ids, the contexts before them, and how well they are predicted."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from textgen_core import Checkpoint
from textgen_core.exponential import exponentials, mass_from
from textgen_core.layout import lay_out
from textgen_core.networks import advance, blank_state, logits_of, products_scratch
from textgen_core.recall import further_back
from textgen_core.vocabulary import BOUNDARY_ID

ROWS = 64  # messages read side by side

Array = npt.NDArray[Any]


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


def scored_text(model: Checkpoint, encoded: list[Array]) -> Text:
    """Return messages as a text, with a causal model's probabilities.

    Args:
        model: the model.
        encoded: ids of each message, ``<s>`` first and without the closing one.
    """
    ids = np.concatenate([*encoded, [BOUNDARY_ID]]).astype(np.int32)
    return Text(ids, _probabilities(model, ids), np.zeros(len(ids), np.uint64))


def _probabilities(model: Checkpoint, ids: Array) -> Array:
    network = lay_out(model)
    blank, columns = blank_state(network), len(network.output_bias)
    starts = np.flatnonzero(ids == BOUNDARY_ID)
    lengths = np.diff(starts) + 1
    order = np.argsort(-lengths, kind="stable")
    probs = np.ones(len(ids), np.float32)

    def score(first: int) -> None:
        some = order[first : first + ROWS]
        rows = len(some)
        states, z = np.repeat(blank, rows, axis=0), products_scratch(network, rows)
        logits, scratch = np.empty((rows, columns), np.float32), np.empty(columns, np.int32)
        _score(network, states, ids, starts[some], lengths[some], z, logits, scratch, probs)

    with ThreadPoolExecutor(os.cpu_count()) as executor:
        list(executor.map(score, range(0, len(order), ROWS)))
    return probs


@numba.njit(nogil=True)
def _score(
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
    """Write the probability of each id of some messages, the longest first."""
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


@numba.njit
def _reach_back(contexts: Array, ids: Array, length: int) -> None:
    start = 0
    for t in range(1, len(ids)):
        if t - start >= length:
            contexts[t] = further_back(contexts[t], ids[t - length])
        else:
            contexts[t] = 0
        if ids[t] == BOUNDARY_ID:
            start = t
