"""Bits per character of a model on messages."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from textgen_core.errors import CorpusError
from textgen_core.kernels.packing import pack_network
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.quantization import FloatArray
from textgen_core.text.tokenizer import Tokenizer
from textgen_core.text.vocabulary import PADDING_ID, Ids

if TYPE_CHECKING:
    from textgen_core.kernels.network import AnyNetwork

Costs = npt.NDArray[np.float64]

_CHUNK_MESSAGES = 4096
_CHUNK_IDS = 2_000_000
_ROWS = 64  # windows read side by side, if there are no more in a message
_MAX_THREADS = 2


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well a model predicts messages.

    Attributes:
        bits_per_char: bits of every character and of every message's closing
            ``<s>``, over the number of both.
        chars: that number; a character spelled in several bytes counts once.
        messages: how many were scored.
        skipped_chars: characters that were read but not scored, as the vocabulary
            lacks them: only textgenrnn's do. In a model of words, those of
            unknown words.
    """

    bits_per_char: float
    chars: int
    messages: int
    skipped_chars: int = 0


def evaluate(
    checkpoint: Checkpoint, messages: Iterable[str], *, threads: int | None = None
) -> Evaluation:
    """Score messages, each on its own after ``<s>``, together with its closing ``<s>``.

    In a textgenrnn model each character is scored inside a window of its own.

    The messages are read as they come and never held together in memory. The
    result does not depend on the number of threads.

    Args:
        checkpoint: the model.
        messages: consumed once.
        threads: how many work at once; None for one a core, at most two.

    Raises:
        CorpusError: there is no message.
    """
    chars, skipped, count = 0, 0, 0

    def encoded() -> Iterator[list[Ids]]:
        nonlocal chars, skipped, count
        for chunk in _chunks(messages, checkpoint.vocabulary):
            count += len(chunk.encoded)
            chars += chunk.chars
            skipped += chunk.skipped
            yield chunk.encoded

    total = nats_of_encoded(checkpoint, encoded(), threads=threads)
    if not count:
        raise CorpusError("there is no message to evaluate the model on")
    return Evaluation(total / math.log(2) / chars, chars, count, skipped)


def nats_of_encoded(
    checkpoint: Checkpoint, chunks: Iterable[list[Ids]], *, threads: int | None = None
) -> float:
    """Return the nats of messages' ids, each beginning with ``<s>``, which is not scored.

    Args:
        checkpoint: the model.
        chunks: some messages each, consumed once.
        threads: as ``evaluate``'s.
    """
    found = _costs_of_batches(checkpoint, chunks, threads)
    return math.fsum(float(costs.sum()) for batch, costs in found)


def costs_of_encoded(checkpoint: Checkpoint, messages: list[Ids]) -> list[Costs]:
    """Return the nats of each id of messages, (T,) each, 0 for the first, which is not scored.

    Args:
        checkpoint: the model.
        messages: their ids, each beginning with ``<s>``.
    """
    costs_of: list[Costs] = [np.empty(0)] * len(messages)
    for batch, costs in _costs_of_batches(checkpoint, [messages], None):
        for number, length, row in zip(batch.numbers, batch.lengths, costs, strict=True):
            costs_of[number] = row[:length]
    return costs_of


def _costs_of_batches(
    checkpoint: Checkpoint, chunks: Iterable[list[Ids]], threads: int | None
) -> Iterator[tuple[_Batch, Costs]]:
    from textgen_core.kernels.network import blank_state

    network = pack_network(checkpoint)
    blank = blank_state(network)
    rows = max(_ROWS // network.turns, 1)
    threads = threads or min(_MAX_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads, thread_name_prefix="evaluate") as executor:
        for chunk in chunks:
            batches = list(_batches(chunk, rows))
            yield from zip(
                batches, executor.map(lambda b: _costs(network, blank, b), batches), strict=True
            )


@dataclass(slots=True)
class _Chunk:
    """Some messages' ids, the number of their characters and closings, and of those left out."""

    encoded: list[Ids]
    chars: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class _Batch:
    """Messages side by side, the longest first.

    Attributes:
        numbers: (B,), of the messages in their chunk.
        ids: (B, T), padded at the end.
        lengths: (B,).
    """

    numbers: npt.NDArray[np.int64]
    ids: Ids
    lengths: npt.NDArray[np.int64]


def _batches(encoded: list[Ids], size: int) -> Iterator[_Batch]:
    lengths = np.array([len(message) for message in encoded], np.int64)
    order = np.argsort(-lengths, kind="stable")
    for first in range(0, len(order), size):
        numbers = order[first : first + size]
        ids = np.full((len(numbers), lengths[numbers[0]]), PADDING_ID, np.int32)
        for row, number in enumerate(numbers):
            ids[row, : lengths[number]] = encoded[number]
        yield _Batch(numbers, ids, lengths[numbers])


def _chunks(messages: Iterable[str], vocabulary: Tokenizer) -> Iterator[_Chunk]:
    """Cut a stream into pieces of bounded size, large enough to sort by length."""
    chunk, ids = _Chunk([]), 0
    for message in messages:
        encoded = vocabulary.encode_voiced(message)
        chunk.encoded.append(encoded)
        scored, skipped = vocabulary.measure(message)
        chunk.chars += scored
        chunk.skipped += skipped
        ids += len(encoded)
        if len(chunk.encoded) == _CHUNK_MESSAGES or ids >= _CHUNK_IDS:
            yield chunk
            chunk, ids = _Chunk([]), 0
    if chunk.encoded:
        yield chunk


def _costs(network: AnyNetwork, blank: FloatArray, batch: _Batch) -> Costs:
    from textgen_core.kernels.network import products_scratch, write_costs

    rows, columns = len(batch.ids), len(network.output_bias)
    costs = np.zeros(batch.ids.shape)
    write_costs(
        network,
        np.repeat(blank, rows, axis=0),
        batch.ids,
        batch.lengths,
        products_scratch(network, rows),
        np.empty((rows, columns), np.float32),
        np.empty(columns, np.int32),
        costs,
    )
    return costs
