"""Messages laid out as batches that waste next to no step on padding.

Messages of like length share a batch: a shuffled pool is sorted by length and
cut into batches of about ``batch_targets`` predictions each, whose order is
shuffled again. A row is one message, so that the recurrent state starts from
zero at each ``<s>``, as it does when text is generated. Long messages are cut
into rows that overlap; the overlap is read again but not scored again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textgen_core.text.tokenizer import Tokenizer
from textgen_core.text.vocabulary import PADDING_ID, Ids

BPTT_STEPS = 320
OVERLAP_STEPS = 64
POOL_BATCHES = 400

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class EncodedCorpus:
    """Encoded messages in one flat array.

    Attributes:
        ids: uint16, ``<s>`` text ``<s>`` of every message, one after the other.
        starts: int64, shape (N + 1,); message i is ``ids[starts[i]:starts[i + 1]]``.
        lengths: int32, shape (N,); known characters of each message plus one for
            its closing: their sum is what bits per character are divided by.
        labels: int32, shape (N,), what steers each message; None where nothing does.
    """

    ids: npt.NDArray[np.uint16]
    starts: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.int32]
    labels: Ids | None = None

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def chars(self) -> int:
        """Characters and closings of all messages."""
        return int(self.lengths.sum())

    @property
    def targets(self) -> int:
        """Ids that are predicted: all but the first of each message, and what is unknown."""
        known = np.count_nonzero(self.ids[self.starts[0] : self.starts[-1]] != PADDING_ID)
        return int(known) - len(self)

    @property
    def targets_per_char(self) -> float:
        """Predictions that a character takes: below 1 where tokens are pieces of words."""
        return self.targets / max(1, self.chars)

    def messages(self) -> list[Ids]:
        """Return the ids of each message, int32 (T,)."""
        edges = zip(self.starts[:-1], self.starts[1:], strict=True)
        return [self.ids[first:last].astype(np.int32) for first, last in edges]

    def slice(self, first: int, last: int) -> EncodedCorpus:
        """Return messages ``first`` … ``last - 1`` without copying their ids."""
        labels = self.labels[first:last] if self.labels is not None else None
        starts = self.starts[first : last + 1]
        return EncodedCorpus(self.ids, starts, self.lengths[first:last], labels)

    def labels_at(self, places: npt.NDArray[np.int64]) -> Ids:
        """Return the labels, int32 (R,), of the messages that places of ids, (R,), lie in."""
        if self.labels is None:
            raise ValueError("the messages of this corpus have no labels")
        messages = np.searchsorted(self.starts, places, side="right") - 1
        return self.labels[messages]


@dataclass(frozen=True, slots=True)
class Batch:
    """One step's worth of rows.

    Attributes:
        inputs: int32 (B, T), padded with 0 at the end.
        targets: int32 (B, T), the ids one step later.
        weights: float32 (B, T), 1 where a target is scored: 0 in the overlap, at the
            end and where the vocabulary lacks the character.
        labels: int32 (B,), for a learner that is steered by them; None otherwise.
    """

    inputs: Ids
    targets: Ids
    weights: npt.NDArray[np.float32]
    labels: Ids | None = None


def encode_corpus(messages: Iterable[str], vocabulary: Tokenizer) -> EncodedCorpus:
    """Encode messages once, two bytes an id."""
    parts: list[npt.NDArray[np.uint16]] = []
    sizes: list[int] = []
    lengths: list[int] = []
    for message in messages:
        encoded = vocabulary.encode_voiced(message).astype(np.uint16)
        parts.append(encoded)
        sizes.append(len(encoded))
        lengths.append(vocabulary.measure(message)[0])
    starts = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=starts[1:])
    ids = np.concatenate(parts) if parts else np.zeros(0, np.uint16)
    return EncodedCorpus(ids, starts, np.array(lengths, np.int32))


def rows_of(corpus: EncodedCorpus) -> Rows:
    """Cut messages into rows, shape (R, 3): first id, end, number of unscored steps.

    A row predicts ``ids[first + 1:end]`` from ``ids[first:end - 1]``.
    """
    rows: list[tuple[int, int, int]] = []
    stride = BPTT_STEPS - OVERLAP_STEPS
    for start, end in zip(corpus.starts[:-1].tolist(), corpus.starts[1:].tolist(), strict=True):
        first, unscored = start, 0
        while end - first > BPTT_STEPS + 1:
            rows.append((first, first + BPTT_STEPS + 1, unscored))
            first, unscored = first + stride, OVERLAP_STEPS
        rows.append((first, end, unscored))
    return np.array(rows, np.int64).reshape(-1, 3)


def plan_batches(
    corpus: EncodedCorpus, *, batch_targets: int, rng: np.random.Generator | None = None
) -> list[Rows]:
    """Divide every row of the corpus among batches; ``load_batch`` fills one in.

    Args:
        corpus: the messages.
        batch_targets: a batch holds at most this many cells (B x T), and at
            least one row.
        rng: shuffles rows and batches; None keeps them in order of length.
    """
    rows = rows_of(corpus)
    if not len(rows):
        return []
    if rng is not None:
        rows = rows[rng.permutation(len(rows))]
    mean_steps = float((rows[:, 1] - rows[:, 0]).mean())
    pool_rows = max(1, int(POOL_BATCHES * batch_targets / mean_steps))
    plan: list[Rows] = []
    for first in range(0, len(rows), pool_rows):
        pool = rows[first : first + pool_rows]
        pool = pool[np.argsort(pool[:, 1] - pool[:, 0], kind="stable")]
        plan.extend(pool[start:end] for start, end in _cut(pool, batch_targets))
    if rng is not None:
        plan = [plan[i] for i in rng.permutation(len(plan))]
    return plan


def _cut(pool: Rows, batch_targets: int) -> list[tuple[int, int]]:
    """Split rows sorted by length into runs whose padded size fits."""
    lengths = (pool[:, 1] - pool[:, 0] - 1).tolist()
    cuts: list[tuple[int, int]] = []
    first = 0
    for row, steps in enumerate(lengths):
        if row > first and (row + 1 - first) * steps > batch_targets:
            cuts.append((first, row))
            first = row
    if first < len(lengths):
        cuts.append((first, len(lengths)))
    return cuts


def load_batch(corpus: EncodedCorpus, rows: Rows) -> Batch:
    """Fill in one batch of a plan."""
    steps = int((rows[:, 1] - rows[:, 0]).max()) - 1
    inputs = np.full((len(rows), steps), PADDING_ID, np.int32)
    targets = np.full((len(rows), steps), PADDING_ID, np.int32)
    weights = np.zeros((len(rows), steps), np.float32)
    for i, (first, end, unscored) in enumerate(rows.tolist()):
        length = end - first - 1
        inputs[i, :length] = corpus.ids[first : end - 1]
        targets[i, :length] = corpus.ids[first + 1 : end]
        weights[i, unscored:length] = targets[i, unscored:length] != PADDING_ID
    return Batch(inputs, targets, weights)
