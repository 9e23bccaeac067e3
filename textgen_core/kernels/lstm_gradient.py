"""An LSTM layer over a whole batch, compiled, with its gradient.

What training on a CPU does between its large matrix products. A stock layer runs
a dozen small operations at every step of a batch; here a thread takes some rows
of the batch through all their steps, and a step is one product whose sums stay
in registers, then one sweep over the cells.

Arrays are float32: B rows, T steps, H units. Gates stand in the order i, f, g, o,
as in Keras. The gradient is the textbook one (Graves and Schmidhuber 2005,
"Framewise phoneme classification", appendix).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textgen_core.kernels.lstm import sigmoid, tanh
from textgen_core.kernels.matmul import (
    TILE_COLUMNS,
    TILE_ROWS,
    Floats,
    add_packed_products,
    compiled,
    packed,
    rounded_up,
)
from textgen_core.kernels.threads import in_threads, sum_of

Index = npt.NDArray[np.int32]

_ONE = np.float32(1)


def lstm_forward(
    inputs: Floats, index: Index, bias: Floats, recurrent: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Run an LSTM layer from a zero state.

    Args:
        inputs: (N, 4H), products of the layer's inputs with its kernel.
        index: (B, T), which of them each step takes.
        bias: (4H,).
        recurrent: (H, 4H), the recurrent kernel.

    Returns:
        The outputs, (B, T, H), and for the gradient those of the step before and the
        cells, (B, T, H) each, and the activated gates, (B, T, 4H).
    """
    (rows, steps), columns = index.shape, inputs.shape[1]
    units = columns // 4
    w = packed(recurrent)
    outputs = np.empty((rows, steps, units), np.float32)
    before, cells = np.empty_like(outputs), np.empty_like(outputs)
    gates = np.empty((rows, steps, columns), np.float32)

    def run(part: slice) -> None:
        z = np.zeros(
            (rounded_up(part.stop - part.start, TILE_ROWS), w.shape[0] * TILE_COLUMNS), np.float32
        )
        h = np.zeros((len(z), units), np.float32)
        kept = (outputs[part], before[part], cells[part], gates[part])
        _forward(inputs, index[part], bias, w, *kept, z, h)

    in_threads(run, rows)
    return outputs, before, cells, gates


def lstm_backward(
    d_outputs: Floats, recurrent: Floats, cells: Floats, gates: Floats
) -> tuple[Floats, Floats]:
    """Return the gradients of each step's input, (B, T, 4H), and of the bias, (4H,)."""
    rows, steps, units = d_outputs.shape
    w = packed(recurrent.T)
    dz = np.empty((rows, steps, 4 * units), np.float32)
    biases: list[Floats] = []

    def run(part: slice) -> None:
        z = np.zeros((rounded_up(part.stop - part.start, TILE_ROWS), 4 * units), np.float32)
        dh = np.zeros((len(z), w.shape[0] * TILE_COLUMNS), np.float32)
        dc = np.zeros((len(z), units), np.float32)
        bias = np.zeros(4 * units, np.float32)
        _backward(d_outputs[part], w, cells[part], gates[part], dz[part], bias, z, dh, dc)
        biases.append(bias)

    in_threads(run, rows)
    return dz, sum_of(biases)


def sums_by_index(values: Floats, index: Index, count: int) -> Floats:
    """Return, (count, J), for each number the sum of the values, (B, T, J), at its places."""
    sums: list[Floats] = []

    def run(part: slice) -> None:
        mine = np.zeros((count, values.shape[2]), np.float32)
        _add_at(values[part], index[part], mine)
        sums.append(mine)

    in_threads(run, len(values))
    return sum_of(sums)


# Loops over one row's numbers are functions of their own: the arrays they get do
# not overlap, LLVM checks that once a call, and the loop becomes vector instructions.


@compiled()
def _forward(
    inputs: Floats,
    index: Index,
    bias: Floats,
    w: Floats,
    outputs: Floats,
    before: Floats,
    cells: Floats,
    gates: Floats,
    z: Floats,
    h: Floats,
) -> None:
    rows, steps, _ = outputs.shape
    for t in range(steps):
        for row in range(rows):
            _sum(inputs[index[row, t]], bias, z[row])
        if t:
            add_packed_products(h, w, z)
        for row in range(rows):
            _copy(h[row], before[row, t])
            _cell(z[row], cells[row, t - 1], cells[row, t], gates[row, t], h[row], t > 0)
            _copy(h[row], outputs[row, t])


@compiled()
def _sum(a: Floats, b: Floats, target: Floats) -> None:
    for j in range(len(a)):
        target[j] = a[j] + b[j]


@compiled()
def _copy(source: Floats, target: Floats) -> None:
    for j in range(len(source)):
        target[j] = source[j]


@compiled()
def _cell(z: Floats, before: Floats, cell: Floats, gates: Floats, h: Floats, goes_on: bool) -> None:
    units = len(cell)
    for j in range(units):
        i, f = sigmoid(z[j]), sigmoid(z[units + j])
        g, o = tanh(z[2 * units + j]), sigmoid(z[3 * units + j])
        c = i * g + (f * before[j] if goes_on else np.float32(0))
        gates[j], gates[units + j], gates[2 * units + j], gates[3 * units + j] = i, f, g, o
        cell[j] = c
        h[j] = o * tanh(c)


@compiled()
def _backward(
    d_outputs: Floats,
    w: Floats,
    cells: Floats,
    gates: Floats,
    dz: Floats,
    d_bias: Floats,
    z: Floats,
    dh: Floats,
    dc: Floats,
) -> None:
    rows, steps, _ = d_outputs.shape
    for t in range(steps - 1, -1, -1):
        for row in range(rows):
            _copy(d_outputs[row, t], dh[row])
        if t < steps - 1:
            add_packed_products(z, w, dh)
        for row in range(rows):
            before = cells[row, t - 1]
            _cell_back(dh[row], dc[row], gates[row, t], before, cells[row, t], z[row], t > 0)
            _copy(z[row], dz[row, t])
            _add(z[row], d_bias)


@compiled()
def _add(source: Floats, target: Floats) -> None:
    for j in range(len(source)):
        target[j] += source[j]


@compiled()
def _cell_back(
    dh: Floats,
    dc: Floats,
    gates: Floats,
    before: Floats,
    cell: Floats,
    dz: Floats,
    goes_on: bool,
) -> None:
    units = len(cell)
    for j in range(units):
        i, f, g, o = gates[j], gates[units + j], gates[2 * units + j], gates[3 * units + j]
        out = tanh(cell[j])
        d = dc[j] + dh[j] * o * (_ONE - out * out)
        d_f = d * before[j] * f * (_ONE - f)
        dz[j] = d * g * i * (_ONE - i)
        dz[units + j] = d_f if goes_on else np.float32(0)
        dz[2 * units + j] = d * i * (_ONE - g * g)
        dz[3 * units + j] = dh[j] * out * o * (_ONE - o)
        dc[j] = d * f


@compiled()
def _add_at(values: Floats, index: Index, sums: Floats) -> None:
    for row in range(index.shape[0]):
        for t in range(index.shape[1]):
            _add(values[row, t], sums[index[row, t]])
