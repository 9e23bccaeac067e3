"""One set of operations for both kinds of network; the compiler picks the kernel.

A text's state is a row of floats. In a network of windows in flight a turn goes
with it, which is 0 at the text's blank state and after every ``network.turns``
ids; see lstm.py. The other networks have one turn.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numba.extending import overload

from textgen_core.kernels import bilstm, lstm
from textgen_core.kernels.bilstm import BidirectionalNetwork
from textgen_core.kernels.exponential import exponentials
from textgen_core.kernels.lstm import Network
from textgen_core.kernels.matmul import Floats, compiled
from textgen_core.kernels.sums import mass_from
from textgen_core.text.vocabulary import PADDING_ID, Ids

AnyNetwork = Network | BidirectionalNetwork

_ROWS = 64  # texts read side by side


def advance(network: AnyNetwork, states: Floats, ids: Ids, z: Floats, rows: int, turn: int) -> None:
    """Read one id into each of the first ``rows`` states; the turn passes on."""
    raise NotImplementedError("only compiled functions call this")


def logits_of(network: AnyNetwork, states: Floats, logits: Floats, rows: int, turn: int) -> None:
    """Write the logits of the next id, (B, Vp), for the first ``rows`` states."""
    raise NotImplementedError("only compiled functions call this")


@overload(advance, strict=False)  # type: ignore[untyped-decorator, unused-ignore]
def _advance(
    network: Any, states: Any, ids: Any, z: Any, rows: Any, turn: Any
) -> Callable[..., None]:
    step = bilstm.step if network.instance_class is BidirectionalNetwork else lstm.step
    return lambda network, states, ids, z, rows, turn: step(network, states, ids, z, rows, turn)


@overload(logits_of, strict=False)  # type: ignore[untyped-decorator, unused-ignore]
def _logits_of(network: Any, states: Any, logits: Any, rows: Any, turn: Any) -> Callable[..., None]:
    of = bilstm.next_logits if network.instance_class is BidirectionalNetwork else lstm.next_logits
    return lambda network, states, logits, rows, turn: of(network, states, logits, rows, turn)


def blank_state(network: AnyNetwork) -> Floats:
    """Return the state, one row, of a text of which nothing is read yet.

    To a model of windows that is one that has read nothing but padding.
    """
    if isinstance(network, BidirectionalNetwork):
        state = bilstm.empty_state(network)
    else:
        state = lstm.empty_state(network)
    if not network.endless:
        padding = np.full(network.turns, PADDING_ID, np.int32)
        read(network, state, padding, products_scratch(network, 1))
    return state


def products_scratch(network: AnyNetwork, rows: int) -> Floats:
    """Return the memory that products of some states need: a row of 4H a window."""
    columns = (
        network.tables if isinstance(network, BidirectionalNetwork) else network.biases
    ).shape[-1]
    return np.empty((rows * network.turns, columns), np.float32)


def at_turn_0(network: AnyNetwork, state: Floats, turn: int) -> Floats:
    """Return a state, one row, with its windows put in the order of turns from ``turn`` on."""
    windows = state.reshape(network.turns, -1)
    return np.roll(windows, -turn, axis=0).reshape(1, -1)


@compiled()
def read(network: AnyNetwork, states: Floats, ids: Ids, z: Floats) -> None:
    """Read ids, shape (T,), one after the other into the one state given, at turn 0."""
    for t in range(len(ids)):
        advance(network, states, ids[t : t + 1], z, len(states), t % network.turns)


@compiled()
def last_logits(network: AnyNetwork, states: Floats, logits: Floats) -> None:
    """Write the logits of the next id, (1, Vp), for the one state given, at turn 0."""
    logits_of(network, states, logits, 1, 0)


def attended(network: AnyNetwork, state: Floats) -> Floats:
    """Return what the output product reads in a state, one row, at turn 0; shape (F,)."""
    features = len(network.score)
    first = network.window if isinstance(network, BidirectionalNetwork) else features
    return state.reshape(-1)[first : first + features].copy()


def vectors_of(network: AnyNetwork, texts: Sequence[Ids]) -> Floats:
    """Return what a network makes of texts, (N, F): see ``Engine.vectors``."""
    if isinstance(network, BidirectionalNetwork):
        return np.array([attended(network, _last_window(network, ids)) for ids in texts])
    # One window that reads the whole text, instead of many in flight.
    network = network._replace(turns=1, endless=True)
    order = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
    means = np.empty((len(texts), len(network.score)), np.float32)
    for first in range(0, len(order), _ROWS):
        numbers = order[first : first + _ROWS]
        lengths = np.array([len(texts[number]) for number in numbers])
        ids = np.zeros((len(numbers), int(lengths[0])), np.int32)
        for row, number in enumerate(numbers):
            ids[row, : lengths[row]] = texts[number]
        sums = np.zeros((len(numbers), means.shape[1]), np.float32)
        states = np.repeat(lstm.empty_state(network), len(numbers), axis=0)
        _add_features(network, states, ids, lengths, products_scratch(network, len(ids)), sums)
        means[numbers] = sums / lengths[:, None]
    return means


def _last_window(network: BidirectionalNetwork, ids: Ids) -> Floats:
    """Return the state after ids of which only the last window is read."""
    state = bilstm.empty_state(network)
    window = np.concatenate([np.full(network.window, PADDING_ID, np.int32), ids])[-network.window :]
    state[0, 1 : network.window] = window[:-1]
    read(network, state, window[-1:], products_scratch(network, 1))
    return state


@compiled()
def _add_features(
    network: Network,
    states: Floats,
    ids: Ids,
    lengths: npt.NDArray[np.int64],
    z: Floats,
    sums: Floats,
) -> None:
    """Read ids into blank states, adding up each row's features; lengths as of ``write_costs``."""
    rows = len(lengths)
    current = np.empty(rows, np.int32)
    for t in range(ids.shape[1]):
        while rows and lengths[rows - 1] <= t:
            rows -= 1
        for row in range(rows):
            current[row] = ids[row, t]
        lstm.step(network, states, current, z, rows, 0)
        for row in range(rows):
            for j in range(sums.shape[1]):
                sums[row, j] += states[row, j]


@compiled()
def write_costs(
    network: AnyNetwork,
    states: Floats,
    ids: Ids,
    lengths: npt.NDArray[np.int64],
    z: Floats,
    logits: Floats,
    scratch: npt.NDArray[np.int32],
    costs: npt.NDArray[np.float64],
) -> None:
    """Write the cost in nats of predicting each of ids[:, 1:] from those before it.

    An id 0 is read, but not scored.

    Args:
        network: the weights.
        states: (B, ...), blank; changed in place.
        ids: (B, T).
        lengths: (B,), ids of each row that count, longest first, >= 1.
        z: as ``products_scratch``.
        logits: (B, Vp), scratch.
        scratch: (Vp,).
        costs: (B, T), written where an id is scored.
    """
    rows = len(lengths)
    current = np.empty(rows, np.int32)
    for t in range(1, ids.shape[1]):
        while rows and lengths[rows - 1] <= t:
            rows -= 1
        for row in range(rows):
            current[row] = ids[row, t - 1]
        advance(network, states, current, z, rows, (t - 1) % network.turns)
        logits_of(network, states, logits, rows, t % network.turns)
        for row in range(rows):
            if ids[row, t] == PADDING_ID:
                continue
            target = np.float64(logits[row, ids[row, t]])
            largest = exponentials(logits[row], 1.0, scratch)
            mass = mass_from(logits[row], logits[row].view(np.int32), 0)
            costs[row, t] = math.log(mass) + largest - target
