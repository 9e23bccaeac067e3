"""Bits per character of a model on messages."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from textgen_core.checkpoint import Checkpoint
from textgen_core.codec import Codec
from textgen_core.errors import CorpusError
from textgen_core.layout import lay_out
from textgen_core.precision import FloatArray
from textgen_core.vocabulary import PADDING_ID, Ids

if TYPE_CHECKING:
    from textgen_core.networks import AnyNetwork

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
        chunks: some messages each, consumed once and sorted in place.
        threads: as ``evaluate``'s.
    """
    from textgen_core.networks import blank_state

    network = lay_out(checkpoint)
    blank = blank_state(network)
    rows = max(_ROWS // network.turns, 1)

    def nats(batch: tuple[Ids, npt.NDArray[np.int64]]) -> float:
        return _nats(network, blank, *batch)

    total = 0.0
    threads = threads or min(_MAX_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads, thread_name_prefix="evaluate") as executor:
        for chunk in chunks:
            futures: list[Future[float]] = [executor.submit(nats, b) for b in _batches(chunk, rows)]
            total += math.fsum(future.result() for future in futures)
    return total


@dataclass(slots=True)
class _Chunk:
    """Some messages' ids, the number of their characters and closings, and of those left out."""

    encoded: list[Ids]
    chars: int = 0
    skipped: int = 0


def _batches(encoded: list[Ids], size: int) -> Iterator[tuple[Ids, npt.NDArray[np.int64]]]:
    """Yield ids, shape (B, T), padded at the end, and lengths; longest first."""
    encoded.sort(key=len, reverse=True)
    for first in range(0, len(encoded), size):
        rows = encoded[first : first + size]
        ids = np.full((len(rows), len(rows[0])), PADDING_ID, np.int32)
        for row, message in enumerate(rows):
            ids[row, : len(message)] = message
        yield ids, np.array([len(message) for message in rows], np.int64)


def _chunks(messages: Iterable[str], vocabulary: Codec) -> Iterator[_Chunk]:
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


def _nats(
    network: AnyNetwork, blank: FloatArray, ids: Ids, lengths: npt.NDArray[np.int64]
) -> float:
    from textgen_core.networks import nats_of, products_scratch

    columns = len(network.output_bias)
    return nats_of(
        network,
        np.repeat(blank, len(ids), axis=0),
        ids,
        lengths,
        products_scratch(network, len(ids)),
        np.empty((len(ids), columns), np.float32),
        np.empty(columns, np.int32),
    )
