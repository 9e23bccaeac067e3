"""Compiled arithmetic of the network, for many texts at once and without the GIL.

A window's state is S floats::

    features | attended | weighted | cells | last ids | total, maximum
       F          F          F       L x H      R             2

A causal model reads a text in one window that never ends: a text's state is
that one. In textgenrnn's models each character is predicted from a window of W
ids that began in a zero state; W windows are in flight, each begun an id later
than the one before, all are fed each id, and the oldest is then complete. A
text's state is a row of W windows side by side, and a turn, 0 to W - 1, says
which of them has its turn: it is the complete one and begins anew with the next
id. With every id the turn passes to the window beside it.

``features`` are the embedding and every layer's output of the last step;
``weighted`` and ``total`` are the running sums of the attention average, scaled
by exp(-maximum); ``attended`` is what the output product reads; the last ids are those
that n-grams are looked up by (ngram_lookup.py), R = 0 in a model without. Layer i reads
the output of layer i - 1 and its own of the step before where they lie in
``features``, so no input is ever put together.

A row's result does not depend on the rows beside it, to the last bit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba.extending import overload

from textgen_core.kernels.exponential import exponential, floats
from textgen_core.kernels.int8_matmul import Int8Matrix, is_whole_kind, matrix_at, multiply
from textgen_core.kernels.matmul import Floats, compiled
from textgen_core.kernels.ngram_lookup import NgramLookup, mix_in, remember
from textgen_core.kernels.sums import dot
from textgen_core.text.vocabulary import Ids


class Network(NamedTuple):
    """Weights laid out for the kernels; Vp is V rounded up to whole tiles.

    The large matrices are all float32, or all in 8 bits.

    Attributes:
        embedding: (V, E).
        first: what the first layer reads ids by. In float32 (V, 4H), the input product
            of each id: a row to copy instead of a product at every step. In 8 bits the
            kernel itself, (E, 4H): a table would take as long to make as all else takes
            to load, and more memory.
        recurrent: (L, H, 4H).
        kernels: (L - 1, H, 4H), what the other layers read the one below by.
        biases: (L, 4H); a table in ``first`` has the first layer's already.
        score: (F,), gives the logarithm of a step's weight in the average.
        current: (F,), share of the newest step in each attended feature.
        gate: (F,), share of the average in each attended feature.
        output: (F, Vp).
        output_bias: (Vp,), minus infinity beyond V.
        turns: windows in flight (W), as many as a window has ids; 1 if it is endless.
        endless: whether there is one window, which never begins anew.
        hard_sigmoid: whether gates are clip(0.2 x + 0.5, 0, 1).
        recall: the n-grams of the base's text, of an endless network only.
        own_recall: those of the text that was trained on, above the others.
        counted: those of what several people said lately, above these.
        live: those of what was just said, above all.
    """

    embedding: Floats
    first: Floats | Int8Matrix
    recurrent: Floats | Int8Matrix
    kernels: Floats | Int8Matrix
    biases: Floats
    score: Floats
    current: Floats
    gate: Floats
    output: Floats | Int8Matrix
    output_bias: Floats
    turns: int
    endless: bool
    hard_sigmoid: bool
    recall: NgramLookup
    own_recall: NgramLookup
    counted: NgramLookup
    live: NgramLookup


def empty_state(network: Network) -> Floats:
    """Return the state, shape (1, W x S), of a text of which nothing is read yet."""
    features = len(network.score)
    units = network.biases.shape[1] // 4
    layers = len(network.biases)
    tables = (network.recall, network.own_recall, network.counted, network.live)
    remembered = max(ngrams.longest for ngrams in tables)
    size = 3 * features + layers * units + remembered + 2
    windows = np.zeros((network.turns, size), np.float32)
    windows[:, -1] = -np.inf
    return windows.reshape(1, -1)


_ZERO, _ONE, _HALF, _FIFTH = floats(0, 1, 0.5, 0.2)
_TANH_LIMIT = np.float32(7.90531110763549805)
_TANH_ABOVE = floats(
    -2.76076847742355e-16,
    2.00018790482477e-13,
    -8.60467152213735e-11,
    5.12229709037114e-08,
    1.48572235717979e-05,
    6.37261928875436e-04,
    4.89352455891786e-03,
)
_TANH_BELOW = floats(
    1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03
)


@compiled(fused=False)
def tanh(x: Any) -> Any:
    """Return tanh(x) to 3e-7, by the quotient of polynomials that Eigen uses.

    Unlike the C library's, it compiles into vector instructions.
    """
    x = min(max(x, -_TANH_LIMIT), _TANH_LIMIT)
    s = x * x
    a, b = _TANH_ABOVE, _TANH_BELOW
    above = ((((a[0] * s + a[1]) * s + a[2]) * s + a[3]) * s + a[4]) * s + a[5]
    return x * (above * s + a[6]) / (((b[0] * s + b[1]) * s + b[2]) * s + b[3])


@compiled(fused=False)
def sigmoid(x: Any) -> Any:
    return _HALF + _HALF * tanh(_HALF * x)


@compiled(fused=False)
def _hard_sigmoid(x: Any) -> Any:
    return min(max(_FIFTH * x + _HALF, _ZERO), _ONE)


@compiled()
def copy(source: Floats, target: Floats) -> None:
    """Copy a row to the front of another; a slice would compile for seconds."""
    for j in range(len(source)):
        target[j] = source[j]


@compiled()
def step(network: Network, states: Floats, ids: Ids, z: Floats, rows: int, turn: int) -> None:
    """Read one id into each of the first ``rows`` states; the turn passes on.

    Args:
        network: the weights.
        states: (B, W x S), changed in place.
        ids: (B,), each below V.
        z: (B x W, 4H), scratch.
        rows: 0 to B.
        turn: whose turn it was before, 0 to W - 1.
    """
    embedded = network.embedding.shape[1]
    units = network.biases.shape[1] // 4
    cells = 3 * len(network.score)
    count = network.turns
    windows = states.reshape(len(states) * count, states.shape[1] // count)
    for row in range(rows):
        if not network.endless:
            _begin(windows[row * count + turn])
        for window in range(row * count, (row + 1) * count):
            copy(network.embedding[ids[row]], windows[window])
    first_products(network.first, network.biases[0], windows, ids, z, rows, count)
    rows *= count
    multiply(windows, embedded, matrix_at(network.recurrent, 0), z, rows)
    cell_outputs(windows, embedded, cells, network.hard_sigmoid, z, rows)
    for layer in range(1, len(network.biases)):
        below = embedded + (layer - 1) * units
        for row in range(rows):
            copy(network.biases[layer], z[row])
        multiply(windows, below, matrix_at(network.kernels, layer - 1), z, rows)
        multiply(windows, below + units, matrix_at(network.recurrent, layer), z, rows)
        cell_outputs(windows, below + units, cells + layer * units, network.hard_sigmoid, z, rows)
    for row in range(rows):
        _attend(network, windows[row])
    if _remembered(network):
        for row in range(rows):
            remember(_last_ids(network, states[row]), ids[row])


@compiled()
def _remembered(network: Network) -> int:
    """Return how many of a text's last ids are part of its state (R)."""
    learned = max(network.recall.longest, network.own_recall.longest)
    return max(learned, network.counted.longest, network.live.longest)


@compiled()
def _last_ids(network: Network, state: Floats) -> Floats:
    end = len(state) - 2
    return state[end - _remembered(network) : end]


def first_products(
    first: Any, bias: Floats, windows: Floats, ids: Ids, z: Floats, rows: int, turns: int
) -> None:
    """Write the first layer's input products to z, the same for all windows of a row.

    Args:
        first: as ``Network.first``, float32 or in 8 bits.
        bias: (4H,).
        windows: (B x W, S), which begin with the embedding of the row's id.
        ids: (B,).
        z: (B x W, 4H).
        rows: 0 to B.
        turns: W.
    """
    raise NotImplementedError("only compiled functions call this")


@overload(first_products, strict=False)  # type: ignore[untyped-decorator, unused-ignore]
def _first_products(
    first: Any, bias: Any, windows: Any, ids: Any, z: Any, rows: Any, turns: Any
) -> Any:
    if is_whole_kind(first):
        return lambda first, bias, windows, ids, z, rows, turns: _multiply_first(
            first, bias, windows, z, rows, turns
        )
    return lambda first, bias, windows, ids, z, rows, turns: _copy_first(first, ids, z, rows, turns)


@compiled()
def _copy_first(table: Floats, ids: Ids, z: Floats, rows: int, turns: int) -> None:
    for window in range(rows * turns):
        copy(table[ids[window // turns]], z[window])


@compiled()
def _multiply_first(
    kernel: Int8Matrix, bias: Floats, windows: Floats, z: Floats, rows: int, turns: int
) -> None:
    for window in range(0, rows * turns, turns):
        copy(bias, z[window])
    if turns == 1:  # four rows at a time
        multiply(windows, 0, kernel, z, rows)
        return
    for window in range(0, rows * turns, turns):
        multiply(windows[window:], 0, kernel, z[window:], 1)
        for other in range(window + 1, window + turns):
            copy(z[window], z[other])


@compiled()
def _begin(window: Floats) -> None:
    """Forget all that a window has read."""
    for j in range(len(window) - 1):
        window[j] = 0
    window[-1] = -np.inf


@compiled()
def cell_outputs(
    states: Floats, output: int, cell: int, hard_sigmoid: bool, z: Floats, rows: int
) -> None:
    """Turn the products of one layer, gates i, f, g, o side by side, into its outputs.

    Args:
        states: (B, S).
        output: first of the H columns that the outputs go to.
        cell: first of the H columns that hold the cells.
        hard_sigmoid: as ``Network.hard_sigmoid``.
        z: (B, 4H).
        rows: 0 to B.
    """
    units = z.shape[1] // 4
    for row in range(rows):
        h, c = states[row, output : output + units], states[row, cell : cell + units]
        i, f = z[row, :units], z[row, units : 2 * units]
        g, o = z[row, 2 * units : 3 * units], z[row, 3 * units :]
        if hard_sigmoid:
            _hard_outputs(h, c, i, f, g, o)
        else:
            _outputs(h, c, i, f, g, o)


@compiled(fused=False)
def _outputs(h: Floats, c: Floats, i: Floats, f: Floats, g: Floats, o: Floats) -> None:
    for j in range(len(h)):
        c[j] = sigmoid(f[j]) * c[j] + sigmoid(i[j]) * tanh(g[j])
        h[j] = sigmoid(o[j]) * tanh(c[j])


@compiled(fused=False)
def _hard_outputs(h: Floats, c: Floats, i: Floats, f: Floats, g: Floats, o: Floats) -> None:
    for j in range(len(h)):
        c[j] = _hard_sigmoid(f[j]) * c[j] + _hard_sigmoid(i[j]) * tanh(g[j])
        h[j] = _hard_sigmoid(o[j]) * tanh(c[j])


@compiled(fused=False)
def _attend(network: Network, state: Floats) -> None:
    """Take the newest features into the running average and mix the two."""
    size = len(network.score)
    features, attended = state[:size], state[size : 2 * size]
    weighted = state[2 * size : 3 * size]
    score = dot(features, network.score)
    maximum = max(state[-1], score)
    kept, added = exponential(state[-1] - maximum), exponential(score - maximum)
    total = state[-2] * kept + added
    share = _ONE / total
    for j in range(size):
        weighted[j] = weighted[j] * kept + added * features[j]
        attended[j] = network.current[j] * features[j] + network.gate[j] * weighted[j] * share
    state[-2], state[-1] = total, maximum


@compiled()
def next_logits(network: Network, states: Floats, logits: Floats, rows: int, turn: int) -> None:
    """Write the logits of the next id, (B, Vp), for the first ``rows`` states."""
    size = len(network.embedding)
    for row in range(rows):
        copy(network.output_bias, logits[row])
    window = turn * (states.shape[1] // network.turns)
    multiply(states, window + len(network.score), network.output, logits, rows)
    if _remembered(network):
        for row in range(rows):
            last_ids = _last_ids(network, states[row])
            mix_in(network.recall, last_ids, logits[row], size)
            mix_in(network.own_recall, last_ids, logits[row], size)
            mix_in(network.counted, last_ids, logits[row], size)
            mix_in(network.live, last_ids, logits[row], size)
