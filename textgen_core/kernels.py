"""Compiled arithmetic of the network, for many texts at once and without the GIL.

A text's state is one row of floats::

    features | attended | weighted | cells | total, maximum
       F          F          F       L x H        2

``features`` are the embedding and every layer's output of the last step;
``weighted`` and ``total`` are the running sums of the attention average, scaled
by exp(-maximum); ``attended`` is what the output product reads. Layer i reads
the output of layer i - 1 and its own of the step before: they lie side by side
in ``features``, so no input is ever put together.

A row's result does not depend on the rows beside it, to the last bit.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from textgen_core.products import Floats, add_products, compiled
from textgen_core.vocabulary import Ids


class Network(NamedTuple):
    """Weights laid out for the kernels; Vp is V rounded up to whole tiles.

    Attributes:
        embedding: (V, E).
        table: (V, 4H), what the first layer's input product and bias give for
            each id: a row to copy instead of a product at every step.
        recurrent: (H, 4H) of the first layer.
        kernels: (L - 1, 2H, 4H), input above recurrent kernel, of the others.
        biases: (L - 1, 4H).
        score: (F,), gives the logarithm of a step's weight in the average.
        gate: (F,), share of the average in each attended feature.
        output: (F, Vp).
        output_bias: (Vp,), minus infinity beyond V.
    """

    embedding: Floats
    table: Floats
    recurrent: Floats
    kernels: Floats
    biases: Floats
    score: Floats
    gate: Floats
    output: Floats
    output_bias: Floats


def empty_states(network: Network, rows: int) -> Floats:
    """Return states, shape (rows, S), of texts of which nothing is read yet."""
    features = len(network.score)
    units = len(network.recurrent)
    layers = 1 + len(network.kernels)
    states = np.zeros((rows, 3 * features + layers * units + 2), np.float32)
    states[:, -1] = -np.inf
    return states


def _floats(*values: float) -> tuple[np.float32, ...]:
    """Return constants that keep the kernels in single precision."""
    return tuple(np.float32(value) for value in values)


_ONE, _HALF, _TANH_LIMIT, _EXP_LIMIT = _floats(1, 0.5, 7.90531110763549805, -87)
_TANH_ABOVE = _floats(
    -2.76076847742355e-16,
    2.00018790482477e-13,
    -8.60467152213735e-11,
    5.12229709037114e-08,
    1.48572235717979e-05,
    6.37261928875436e-04,
    4.89352455891786e-03,
)
_TANH_BELOW = _floats(
    1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03
)
_EXP = _floats(
    1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 0.5
)
_LOG2_E, _LN2_HIGH, _LN2_LOW = _floats(1.44269504088896341, 0.693359375, -2.12194440e-4)


@compiled()
def tanh(x: Any) -> Any:
    """Return tanh(x) to 3e-7, by the quotient of polynomials that Eigen uses.

    Unlike the C library's, it compiles into vector instructions.
    """
    x = min(max(x, -_TANH_LIMIT), _TANH_LIMIT)
    s = x * x
    a, b = _TANH_ABOVE, _TANH_BELOW
    above = ((((a[0] * s + a[1]) * s + a[2]) * s + a[3]) * s + a[4]) * s + a[5]
    return x * (above * s + a[6]) / (((b[0] * s + b[1]) * s + b[2]) * s + b[3])


@compiled()
def sigmoid(x: Any) -> Any:
    return _HALF + _HALF * tanh(_HALF * x)


@compiled()
def exponentials(values: Floats, factor: float, scratch: npt.NDArray[np.int32]) -> float:
    """Replace values by exp((value - largest) * factor), to 2e-7; below e^-87 by 0.

    Args:
        values: (Vp,), at least one of them finite.
        factor: the inverse temperature.
        scratch: (Vp,), takes the bits of powers of two.

    Returns:
        The largest value.
    """
    largest = values[0]
    for j in range(len(values)):
        largest = max(largest, values[j])
    scale = np.float32(factor)
    c = _EXP
    for j in range(len(values)):
        x = (values[j] - largest) * scale
        bounded = max(x, _EXP_LIMIT)
        n = np.floor(bounded * _LOG2_E + _HALF)
        r = bounded - n * _LN2_HIGH - n * _LN2_LOW
        p = ((((c[0] * r + c[1]) * r + c[2]) * r + c[3]) * r + c[4]) * r + c[5]
        values[j] = p * r * r + r + _ONE
        scratch[j] = 0 if x < _EXP_LIMIT else (np.int32(n) + 127) << 23
    powers = scratch.view(np.float32)
    for j in range(len(values)):
        values[j] = values[j] * powers[j]
    return np.float64(largest)


@compiled("reassoc", "nsz")
def mass_from(values: Floats, bits: npt.NDArray[np.int32], least: int) -> float:
    """Return the sum of the values whose bits, read as an integer, are >= least.

    Floats that are not negative are in the order of their bits.
    """
    total = np.float32(0)
    bound = np.int32(least)
    for j in range(len(values)):
        total += values[j] if bits[j] >= bound else np.float32(0)
    return np.float64(total)


@compiled("reassoc", "nsz")
def dot(a: Floats, b: Floats) -> Any:
    total = np.float32(0)
    for j in range(len(a)):
        total += a[j] * b[j]
    return total


@compiled()
def copy(source: Floats, target: Floats) -> None:
    """Copy a row to the front of another; a slice would compile for seconds."""
    for j in range(len(source)):
        target[j] = source[j]


@compiled()
def step(network: Network, states: Floats, ids: Ids, z: Floats, rows: int) -> None:
    """Read one id into each of the first ``rows`` states.

    Args:
        network: the weights.
        states: (B, S), changed in place.
        ids: (B,), each below V.
        z: (B, 4H), scratch.
        rows: 0 to B.
    """
    embedded = network.embedding.shape[1]
    units = len(network.recurrent)
    cells = 3 * len(network.score)
    for row in range(rows):
        copy(network.embedding[ids[row]], states[row])
        copy(network.table[ids[row]], z[row])
    add_products(states, embedded, network.recurrent, z, rows)
    _cells(states, embedded, cells, units, z, rows)
    for layer in range(len(network.kernels)):
        first = embedded + layer * units
        for row in range(rows):
            copy(network.biases[layer], z[row])
        add_products(states, first, network.kernels[layer], z, rows)
        _cells(states, first + units, cells + (layer + 1) * units, units, z, rows)
    for row in range(rows):
        _attend(network, states[row])


@compiled()
def _cells(states: Floats, output: int, cell: int, units: int, z: Floats, rows: int) -> None:
    """Turn the products of one layer into its outputs; gates come as i, f, g, o."""
    for row in range(rows):
        h, c = states[row, output : output + units], states[row, cell : cell + units]
        i, f = z[row, :units], z[row, units : 2 * units]
        g, o = z[row, 2 * units : 3 * units], z[row, 3 * units :]
        for j in range(units):
            c[j] = sigmoid(f[j]) * c[j] + sigmoid(i[j]) * tanh(g[j])
            h[j] = sigmoid(o[j]) * tanh(c[j])


@compiled()
def _attend(network: Network, state: Floats) -> None:
    """Take the newest features into the running average and add it to them."""
    size = len(network.score)
    features, attended = state[:size], state[size : 2 * size]
    weighted = state[2 * size : 3 * size]
    score = dot(features, network.score)
    maximum = max(state[-1], score)
    kept = np.float32(math.exp(state[-1] - maximum))
    added = np.float32(math.exp(score - maximum))
    total = state[-2] * kept + added
    share = _ONE / total
    for j in range(size):
        weighted[j] = weighted[j] * kept + added * features[j]
        attended[j] = features[j] + network.gate[j] * weighted[j] * share
    state[-2], state[-1] = total, maximum


@compiled()
def read(network: Network, states: Floats, ids: Ids, z: Floats) -> None:
    """Read ids, shape (T,), one after the other into the one state given, (1, S)."""
    for t in range(len(ids)):
        step(network, states, ids[t : t + 1], z, len(states))


@compiled()
def next_logits(network: Network, states: Floats, logits: Floats, rows: int) -> None:
    """Write the logits of the next id, (B, Vp), for the first ``rows`` states."""
    for row in range(rows):
        copy(network.output_bias, logits[row])
    add_products(states, len(network.score), network.output, logits, rows)


@compiled()
def nats_of(
    network: Network,
    states: Floats,
    ids: Ids,
    lengths: npt.NDArray[np.int64],
    z: Floats,
    logits: Floats,
    scratch: npt.NDArray[np.int32],
) -> float:
    """Return the total cost in nats of predicting ids[:, 1:], each from those before.

    Args:
        network: the weights.
        states: (B, S), empty; changed in place.
        ids: (B, T).
        lengths: (B,), ids of each row that count, longest first, >= 1.
        z: (B, 4H), scratch.
        logits: (B, Vp), scratch.
        scratch: (Vp,).
    """
    rows = len(lengths)
    current = np.empty(rows, np.int32)
    nats = 0.0
    for t in range(1, ids.shape[1]):
        while rows and lengths[rows - 1] <= t:
            rows -= 1
        for row in range(rows):
            current[row] = ids[row, t - 1]
        step(network, states, current, z, rows)
        next_logits(network, states, logits, rows)
        for row in range(rows):
            target = np.float64(logits[row, ids[row, t]])
            largest = exponentials(logits[row], 1.0, scratch)
            mass = mass_from(logits[row], logits[row].view(np.int32), 0)
            nats += math.log(mass) + largest - target
    return nats
