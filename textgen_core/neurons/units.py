"""The cells of a causal model while it reads texts.

Units are numbered through the layers: unit ``u`` is number ``u % H`` of layer ``u // H``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from textgen_core.kernels.packing import pack_network
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.quantization import FloatArray
from textgen_core.text.vocabulary import Ids

_ROWS = 64  # texts read side by side


def check_causal(checkpoint: Checkpoint) -> None:
    """Raise ValueError for a model of windows."""
    window = checkpoint.config.window
    if window is not None:
        raise ValueError(
            f"this model begins anew for every window of {window.context_chars} characters, so"
            " its cells, what it looked at and the dial cannot be shown, only surprise; `textgen"
            " train FILES --base MODEL --convert stream` makes a causal model of it"
        )


def unit_count(checkpoint: Checkpoint) -> int:
    """Return the number of units of all layers."""
    return checkpoint.config.rnn_layers * checkpoint.config.rnn_size


def cells_of(checkpoint: Checkpoint, texts: Sequence[Ids]) -> list[FloatArray]:
    """Return the cells of all units after each id of texts, (T, units) each.

    Args:
        checkpoint: a causal model.
        texts: ids of each, (T,), at least one.

    Raises:
        ValueError: it is a model of windows.
    """
    from textgen_core.kernels import lstm
    from textgen_core.kernels.network import products_scratch

    check_causal(checkpoint)
    network = pack_network(checkpoint)
    assert isinstance(network, lstm.Network)
    first = 3 * len(network.score)
    units = unit_count(checkpoint)
    order = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
    cells = [np.empty((len(ids), units), np.float32) for ids in texts]
    for begin in range(0, len(order), _ROWS):
        numbers = order[begin : begin + _ROWS]
        states = np.repeat(lstm.empty_state(network), len(numbers), axis=0)
        scratch = products_scratch(network, len(numbers))
        rows = len(numbers)
        for t in range(len(texts[numbers[0]])):
            while len(texts[numbers[rows - 1]]) <= t:
                rows -= 1
            ids = np.array([texts[number][t] for number in numbers[:rows]], np.int32)
            lstm.step(network, states, ids, scratch, rows, 0)
            for row in range(rows):
                cells[numbers[row]][t] = states[row, first : first + units]
    return cells
