"""A checkpoint's weights in the order that the kernels read them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.quantization import FloatArray, StoredWeights

if TYPE_CHECKING:
    from textgen_core.kernels.bilstm import BidirectionalNetwork
    from textgen_core.kernels.int8_matmul import Int8Matrix
    from textgen_core.kernels.lstm import Network
    from textgen_core.kernels.network import AnyNetwork

CACHE_LINE_BYTES = 64


def pack_network(checkpoint: Checkpoint) -> AnyNetwork:
    """Return a checkpoint's network, ready for the kernels."""
    window = checkpoint.config.window
    return _both_ways(checkpoint) if window and window.bidirectional else _one_way(checkpoint)


def nbytes_of(parts: tuple[object, ...]) -> int:
    """Return the bytes of all arrays of a network."""
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    nested = [part for part in parts if isinstance(part, tuple)]
    return sum(array.nbytes for array in arrays) + sum(map(nbytes_of, nested))


def _one_way(checkpoint: Checkpoint) -> Network:
    from textgen_core.kernels.lstm import Network
    from textgen_core.kernels.ngram_lookup import recall_of

    config, weights = checkpoint.config, checkpoint.weights
    window = config.window
    names = [f"rnn_{layer}" for layer in range(config.rnn_layers)]
    biases = _empty((len(names), 4 * config.rnn_size))
    for layer, name in enumerate(names):
        biases[layer] = weights[f"{name}/bias"]
    ones, zeros = (
        np.ones(config.feature_size, np.float32),
        np.zeros(config.feature_size, np.float32),
    )
    attention = window is None or window.attention
    whole = _is_whole(checkpoint)
    return Network(
        _plain(weights["embedding"]),
        _whole(*_stored(checkpoint, "rnn_0/kernel")) if whole else _table(checkpoint, "rnn_0"),
        _matrices(checkpoint, [f"{name}/recurrent_kernel" for name in names], whole=whole),
        _matrices(checkpoint, [f"{name}/kernel" for name in names[1:]], whole=whole),
        biases,
        _plain(weights["attention/score"]) if attention else zeros,
        zeros if window and attention else ones,
        _plain(weights["attention/gate"]) if window is None else ones if attention else zeros,
        _whole_output(checkpoint) if whole else _output(checkpoint),
        _output_bias(checkpoint),
        window.context_chars if window else 1,
        window is None,
        window is not None and window.hard_sigmoid,
        recall_of(checkpoint.ngrams if window is None else None),
        recall_of(checkpoint.own_ngrams if window is None else None, knows_voices=True),
        recall_of(None),
        recall_of(None),
    )


def _both_ways(checkpoint: Checkpoint) -> BidirectionalNetwork:
    from textgen_core.kernels.bilstm import BidirectionalNetwork

    config, weights = checkpoint.config, checkpoint.weights
    assert config.window is not None
    ways = list(zip(*config.rnn_names, strict=True))

    def stacked(part: str, first: int) -> FloatArray:
        return np.stack([[weights[f"{n}/{part}"] for n in names[first:]] for names in ways])

    units = config.rnn_size
    several = config.rnn_layers > 1
    return BidirectionalNetwork(
        _plain(weights["embedding"]),
        np.stack([_table(checkpoint, names[0]) for names in ways]),
        _plain(stacked("recurrent_kernel", 0)),
        _plain(stacked("kernel", 1)) if several else np.empty((2, 0, 2 * units, 4 * units), "f4"),
        _plain(stacked("bias", 1)) if several else np.empty((2, 0, 4 * units), "f4"),
        _plain(weights["attention/score"]),
        _output(checkpoint),
        _output_bias(checkpoint),
        config.window.context_chars,
        config.window.hard_sigmoid,
        1,
        False,
    )


def _table(checkpoint: Checkpoint, name: str) -> FloatArray:
    """Return what a first layer's input product and bias give for each id, (V, 4H).

    BLAS would wake threads of its own for it, which other threads then wait for.
    """
    from textgen_core.kernels.matmul import add_products

    weights = checkpoint.weights
    embedding = _plain(weights["embedding"])
    table = _empty((len(embedding), 4 * checkpoint.config.rnn_size))
    table[...] = weights[f"{name}/bias"]
    add_products(embedding, 0, _plain(weights[f"{name}/kernel"]), table, len(embedding))
    return table


def _is_whole(checkpoint: Checkpoint) -> bool:
    """Whether the large matrices are stored in 8 bits, and gates fill whole tiles."""
    from textgen_core.kernels.matmul import TILE_COLUMNS

    weights, config = checkpoint.weights, checkpoint.config
    large = [name for name in weights if name.startswith("rnn_") and not name.endswith("/bias")]
    return (
        isinstance(weights, StoredWeights)
        and 4 * config.rnn_size % TILE_COLUMNS == 0
        and all(weights.whole(name) for name in [*large, "output/kernel"])
    )


def _matrices(
    checkpoint: Checkpoint, names: Sequence[str], *, whole: bool
) -> FloatArray | Int8Matrix:
    """Return matrices of the layers side by side, (N, H, 4H)."""
    from textgen_core.kernels.int8_matmul import whole_matrices

    weights, units = checkpoint.weights, checkpoint.config.rnn_size
    shape = (len(names), units, 4 * units)
    if not whole:
        together = _empty(shape)
        for place, name in enumerate(names):
            together[place] = weights[name]
        return together
    return whole_matrices([_stored(checkpoint, name) for name in names], shape[1:])


def _stored(checkpoint: Checkpoint, name: str) -> tuple[npt.NDArray[np.int8], FloatArray]:
    assert isinstance(checkpoint.weights, StoredWeights)
    stored = checkpoint.weights.whole(name)
    assert stored is not None
    return stored


def _whole(numbers: npt.NDArray[np.int8], scale: FloatArray) -> Int8Matrix:
    from textgen_core.kernels.int8_matmul import whole_matrix

    return whole_matrix(numbers, scale)


def _whole_output(checkpoint: Checkpoint) -> Int8Matrix:
    """Return the output's kernel in 8 bits; see ``_output``."""
    numbers, scale = _stored(checkpoint, "output/kernel")
    size = checkpoint.config.feature_size
    if len(numbers) < size:
        above = np.zeros((size - len(numbers), numbers.shape[1]), np.int8)
        numbers = np.concatenate((above, numbers))
    return _whole(numbers, scale)


def _output(checkpoint: Checkpoint) -> FloatArray:
    """Return the output's kernel, padded to whole tiles of columns.

    Where the output reads the last layer alone, other features have rows of zeros.
    """
    from textgen_core.kernels.matmul import TILE_COLUMNS, rounded_up

    size, inputs = checkpoint.vocabulary.size, checkpoint.config.output_inputs
    kernel = _empty((checkpoint.config.feature_size, rounded_up(size, TILE_COLUMNS)))
    kernel[...] = 0
    kernel[-inputs:, :size] = checkpoint.weights["output/kernel"]
    return kernel


def _output_bias(checkpoint: Checkpoint) -> FloatArray:
    """Return the output's bias, padded as its kernel, so that no id is beyond V."""
    from textgen_core.kernels.matmul import TILE_COLUMNS, rounded_up

    size = checkpoint.vocabulary.size
    bias = np.full(rounded_up(size, TILE_COLUMNS), -np.inf, np.float32)
    bias[:size] = checkpoint.weights["output/bias"]
    return _plain(bias)


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
