"""A checkpoint's weights in the order that the kernels read them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from textgen_core.checkpoint import Checkpoint
from textgen_core.precision import FloatArray

if TYPE_CHECKING:
    from textgen_core.both_ways import BothWays
    from textgen_core.kernels import Network
    from textgen_core.networks import AnyNetwork

CACHE_LINE_BYTES = 64


def lay_out(checkpoint: Checkpoint) -> AnyNetwork:
    """Return a checkpoint's network, ready for the kernels."""
    window = checkpoint.config.window
    return _both_ways(checkpoint) if window and window.bidirectional else _one_way(checkpoint)


def _one_way(checkpoint: Checkpoint) -> Network:
    from textgen_core.kernels import Network

    config, weights = checkpoint.config, checkpoint.weights
    units, window = config.rnn_size, config.window
    upper = range(1, config.rnn_layers)
    kernels = _empty((len(upper), 2 * units, 4 * units))
    biases = _empty((len(upper), 4 * units))
    for layer in upper:
        kernels[layer - 1, :units] = weights[f"rnn_{layer}/kernel"]
        kernels[layer - 1, units:] = weights[f"rnn_{layer}/recurrent_kernel"]
        biases[layer - 1] = weights[f"rnn_{layer}/bias"]
    ones, zeros = (
        np.ones(config.feature_size, np.float32),
        np.zeros(config.feature_size, np.float32),
    )
    attention = window is None or window.attention
    return Network(
        _plain(weights["embedding"]),
        _table(checkpoint, "rnn_0"),
        _plain(weights["rnn_0/recurrent_kernel"]),
        kernels,
        biases,
        _plain(weights["attention/score"]) if attention else zeros,
        zeros if window and attention else ones,
        _plain(weights["attention/gate"]) if window is None else ones if attention else zeros,
        *_output(checkpoint),
        window.context_chars if window else 1,
        window is None,
        window is not None and window.hard_sigmoid,
    )


def _both_ways(checkpoint: Checkpoint) -> BothWays:
    from textgen_core.both_ways import BothWays

    config, weights = checkpoint.config, checkpoint.weights
    assert config.window is not None
    ways = list(zip(*config.rnn_names, strict=True))

    def stacked(part: str, first: int) -> FloatArray:
        return np.stack([[weights[f"{n}/{part}"] for n in names[first:]] for names in ways])

    units = config.rnn_size
    several = config.rnn_layers > 1
    return BothWays(
        _plain(weights["embedding"]),
        np.stack([_table(checkpoint, names[0]) for names in ways]),
        _plain(stacked("recurrent_kernel", 0)),
        _plain(stacked("kernel", 1)) if several else np.empty((2, 0, 2 * units, 4 * units), "f4"),
        _plain(stacked("bias", 1)) if several else np.empty((2, 0, 4 * units), "f4"),
        _plain(weights["attention/score"]),
        *_output(checkpoint),
        config.window.context_chars,
        config.window.hard_sigmoid,
        1,
        False,
    )


def _table(checkpoint: Checkpoint, name: str) -> FloatArray:
    """Return what a first layer's input product and bias give for each id, (V, 4H).

    BLAS would wake threads of its own for it, which other threads then wait for.
    """
    from textgen_core.products import add_products

    weights = checkpoint.weights
    embedding, kernel = _plain(weights["embedding"]), _plain(weights[f"{name}/kernel"])
    table = _empty((len(embedding), kernel.shape[1]))
    table[...] = weights[f"{name}/bias"]
    add_products(embedding, 0, kernel, table, len(embedding))
    return table


def _output(checkpoint: Checkpoint) -> tuple[FloatArray, FloatArray]:
    """Return the output's kernel and bias, padded to whole tiles of columns.

    Where the output reads the last layer alone, other features have rows of zeros.
    """
    from textgen_core.products import TILE_COLUMNS

    size, inputs = checkpoint.vocabulary.size, checkpoint.config.output_inputs
    columns = math.ceil(size / TILE_COLUMNS) * TILE_COLUMNS
    kernel = _empty((checkpoint.config.feature_size, columns))
    kernel[...] = 0
    kernel[-inputs:, :size] = checkpoint.weights["output/kernel"]
    bias = np.full(columns, -np.inf, np.float32)
    bias[:size] = checkpoint.weights["output/bias"]
    return kernel, _plain(bias)


def _plain(array: FloatArray) -> FloatArray:
    """Return a writable copy in C order: kernels compile once, for one kind of array."""
    copy = _empty(array.shape)
    copy[...] = array
    return copy


def _empty(shape: tuple[int, ...]) -> FloatArray:
    """Return memory that begins where a cache line does.

    Loads that straddle two lines make writing 4 to 8% slower.
    """
    size = 4 * math.prod(shape)
    memory = np.empty(size + CACHE_LINE_BYTES, np.uint8)
    first = -memory.ctypes.data % CACHE_LINE_BYTES
    return memory[first : first + size].view(np.float32).reshape(shape)
