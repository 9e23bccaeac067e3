"""Compiled arithmetic of layers that read a window in both directions.

The backward pass begins at the newest id, so nothing of one window serves the
next: every id costs all the window's steps in both directions. A text's state
is one row of floats::

    ids | attended | cells | features of each step
     T       F         H           T x F

where features are the embedding and, layer after layer, the forward and the
backward outputs. Only the ids are carried from one step to the next.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from textgen_core.kernels.lstm import cell_outputs, copy
from textgen_core.kernels.matmul import Floats, add_products, compiled
from textgen_core.kernels.sums import dot
from textgen_core.text.vocabulary import Ids


class BidirectionalNetwork(NamedTuple):
    """Weights laid out for the kernels; the first axis of four is the direction.

    Attributes:
        embedding: (V, E).
        tables: (2, V, 4H), what the first layer's input product and bias give
            for each id.
        recurrent: (2, L, H, 4H).
        kernels: (2, L - 1, 2H, 4H), input kernels of the layers above the first.
        biases: (2, L - 1, 4H).
        score: (F,), gives the logarithm of a step's weight in the average.
        output: (F, Vp).
        output_bias: (Vp,), minus infinity beyond V.
        window: ids in a window (T).
        hard_sigmoid: whether gates are clip(0.2 x + 0.5, 0, 1).
        turns: 1, as there are no windows in flight.
        endless: false.
    """

    embedding: Floats
    tables: Floats
    recurrent: Floats
    kernels: Floats
    biases: Floats
    score: Floats
    output: Floats
    output_bias: Floats
    window: int
    hard_sigmoid: bool
    turns: int
    endless: bool


def empty_state(network: BidirectionalNetwork) -> Floats:
    """Return the state, one row, of a text of which nothing is read yet."""
    steps, features = network.window, len(network.score)
    units = network.recurrent.shape[2]
    return np.zeros((1, steps + features + units + steps * features), np.float32)


@compiled()
def step(
    network: BidirectionalNetwork, states: Floats, ids: Ids, z: Floats, rows: int, turn: int
) -> None:
    """Take one id into each of the first ``rows`` states and read their windows again.

    Args:
        network: the weights.
        states: (B, S), changed in place.
        ids: (B,), each below V.
        z: (B, 4H), scratch.
        rows: 0 to B.
        turn: 0.
    """
    steps, features = network.window, len(network.score)
    first = steps + features + network.recurrent.shape[2]
    for row in range(rows):
        state = states[row]
        for t in range(1, steps):
            state[t - 1] = state[t]
        state[steps - 1] = ids[row]
        for t in range(steps):
            copy(network.embedding[int(state[t])], state[first + t * features :])
    for layer in range(network.recurrent.shape[1]):
        _pass(network, states, z, rows, layer, 0)
        _pass(network, states, z, rows, layer, 1)
    for row in range(rows):
        _attend(network, states[row], first)


@compiled()
def _pass(
    network: BidirectionalNetwork, states: Floats, z: Floats, rows: int, layer: int, direction: int
) -> None:
    """Compute the outputs of one layer in one direction, for every step."""
    steps, features = network.window, len(network.score)
    units = network.recurrent.shape[2]
    cells = steps + features
    source = network.embedding.shape[1] + 2 * (layer - 1) * units
    output = source + (2 + direction) * units
    for row in range(rows):
        for j in range(units):
            states[row, cells + j] = 0
    for done in range(steps):
        t = steps - 1 - done if direction else done
        at = cells + units + t * features
        for row in range(rows):
            if layer:
                copy(network.biases[direction, layer - 1], z[row])
            else:
                copy(network.tables[direction, int(states[row, t])], z[row])
        if layer:
            add_products(states, at + source, network.kernels[direction, layer - 1], z, rows)
        if done:
            before = at + features if direction else at - features
            add_products(states, before + output, network.recurrent[direction, layer], z, rows)
        cell_outputs(states, at + output, cells, network.hard_sigmoid, z, rows)


@compiled()
def _attend(network: BidirectionalNetwork, state: Floats, first: int) -> None:
    """Average the features of all steps, weighted by the softmax of their scores."""
    steps, size = network.window, len(network.score)
    scores = np.empty(steps, np.float32)
    for t in range(steps):
        scores[t] = dot(state[first + t * size : first + (t + 1) * size], network.score)
    largest = scores.max()
    total = np.float32(0)
    for t in range(steps):
        scores[t] = np.float32(math.exp(scores[t] - largest))
        total += scores[t]
    attended = state[steps : steps + size]
    for j in range(size):
        attended[j] = 0
    for t in range(steps):
        share = scores[t] / total
        for j in range(size):
            attended[j] += share * state[first + t * size + j]


@compiled()
def next_logits(
    network: BidirectionalNetwork, states: Floats, logits: Floats, rows: int, turn: int
) -> None:
    """Write the logits of the next id, (B, Vp), for the first ``rows`` states."""
    for row in range(rows):
        copy(network.output_bias, logits[row])
    add_products(states, network.window, network.output, logits, rows)
