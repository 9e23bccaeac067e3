"""Which units tell what of a text: a logistic probe of each, scored on held-out messages.

A probe of one unit ranks characters as the unit itself does, or the other way round, so the
area under its ROC curve (AUC, Fawcett 2006) needs no fit: 0.5 is chance and 1 a unit that
tells the property without fail. The best unit is chosen on half of the messages and scored
on the other half. Beside it stands what the last character alone tells, by a table of
shares: a unit that is no better has nothing to remember.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textgen_core.errors import CorpusError
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.quantization import FloatArray
from textgen_core.neurons.alignment import AlignedText, aligned
from textgen_core.neurons.properties import PROPERTIES, Flags
from textgen_core.neurons.units import cells_of, check_causal
from textgen_core.text.special_tokens import AUTHOR_TOKENS
from textgen_core.text.vocabulary import Ids

Scores = npt.NDArray[np.float64]

HALF_IDS = 20_000  # read of each half, at most
LEAST_HELD = 25  # characters with a property, in each half
_FITTING_STEPS = 25


@dataclass(frozen=True, slots=True)
class Cell:
    """A unit, and what it tells.

    Attributes:
        property: its name.
        unit: number, through the layers.
        auc: on held-out messages.
        last_char_auc: what the last character alone gives there.
        weight: of the logistic probe: the property holds with probability
            sigmoid(weight x cell + bias), as if it held of every second character.
        bias: of the probe.
        held_out: how many of the held-out characters have the property.
    """

    property: str
    unit: int
    auc: float
    last_char_auc: float
    weight: float
    bias: float
    held_out: int

    def probs(self, cells: FloatArray) -> Scores:
        """Return the probe's probability for each row of all units' cells, (T, units)."""
        scores = self.weight * cells[:, self.unit].astype(np.float64) + self.bias
        return 0.5 + 0.5 * np.tanh(0.5 * scores)


@dataclass(frozen=True, slots=True, eq=False)
class _Half:
    """Some messages that were read.

    Attributes:
        cells: (N, units), after each id.
        ids: (N,).
        labels: by property, (N,).
    """

    cells: FloatArray
    ids: Ids
    labels: dict[str, Flags]


def find_cells(
    checkpoint: Checkpoint, messages: Sequence[str], *, half_ids: int = HALF_IDS
) -> list[Cell]:
    """Return for each property the unit that tells it best, the surest first.

    Properties that too few characters have are left out. A model that knows voices reads
    its messages in turns as each of them, and that is a property too.

    Args:
        checkpoint: a causal model.
        messages: what is read; the model should not have learned from it.
        half_ids: how many ids are read of each half, at most; a thousand take 2 MB.

    Raises:
        CorpusError: there is too little text.
        ValueError: it is a model of windows.
    """
    check_causal(checkpoint)
    fitting, held_out = (_read(checkpoint, messages[half::2], half_ids) for half in (0, 1))
    names = [
        name
        for name in fitting.labels
        if min(_rarer(half.labels[name]) for half in (fitting, held_out)) >= LEAST_HELD
    ]
    if not names:
        raise CorpusError("there is too little text to probe the units on: give more messages")
    labels = np.array([fitting.labels[name] for name in names])
    found = _aucs(fitting.cells, labels)
    cells = []
    for name, aucs in zip(names, found, strict=True):
        unit = int(np.argmax(np.abs(aucs - 0.5)))
        weight, bias = _fit(fitting.cells[:, unit], fitting.labels[name])
        truth = held_out.labels[name]
        scores = np.sign(weight) * held_out.cells[:, [unit]]
        table = _shares_by_id(fitting.ids, fitting.labels[name])[held_out.ids]
        auc, last_char = (float(_aucs(s, truth[None])[0, 0]) for s in (scores, table[:, None]))
        cells.append(Cell(name, unit, auc, last_char, weight, bias, int(truth.sum())))
    return sorted(cells, key=lambda cell: -cell.auc)


def _read(checkpoint: Checkpoint, messages: Sequence[str], room: int) -> _Half:
    vocabulary = checkpoint.vocabulary
    voices = [id_ for mark in AUTHOR_TOKENS if (id_ := vocabulary.voice_id(mark)) is not None]
    texts: list[AlignedText] = []
    starts: list[int] = []
    for number, message in enumerate(messages):
        text = aligned(vocabulary, message)
        room -= len(text.ids) - 2
        if room < 0:
            break
        if len(text.ids) > 2:
            texts.append(text)
            starts.append(number % (len(voices) + 1) - 1)
    if not texts:
        raise CorpusError("there is too little text to probe the units on: give more messages")
    rows = []
    for text, voice in zip(texts, starts, strict=True):
        ids = text.ids[:-1].copy()
        if voice >= 0:
            ids[0] = voices[voice]
        rows.append(ids)
    cells = np.concatenate([read[1:] for read in cells_of(checkpoint, rows)])
    labels = {
        each.name: np.concatenate([each.holds(text.text)[text.last_chars()] for text in texts])
        for each in PROPERTIES
    }
    spoken = np.repeat(starts, [len(ids) - 1 for ids in rows])
    labels |= {f"voice {place + 1}": spoken == place for place in range(len(voices))}
    return _Half(cells, np.concatenate([ids[1:] for ids in rows]), labels)


def _rarer(flags: Flags) -> int:
    return int(min(flags.sum(), (~flags).sum()))


def _aucs(scores: npt.NDArray[np.floating], labels: Flags) -> Scores:
    """Return the area under the ROC curve of each of scores, (N, S), for labels, (K, N).

    It is the probability that a character with the property ranks above one without
    (Mann and Whitney's U); ties count half. Shape (K, S).
    """
    having = labels.sum(axis=1)[:, None].astype(np.float64)
    sums = np.empty((len(labels), scores.shape[1]))
    weights = labels.astype(np.float32)
    for column in range(scores.shape[1]):
        sums[:, column] = weights @ _ranks(scores[:, column])
    lowest = having * (having + 1) / 2
    areas: Scores = (sums - lowest) / (having * (labels.shape[1] - having))
    return areas


def _ranks(values: npt.NDArray[np.floating]) -> Scores:
    """Return ranks from 1, the mean of theirs for values that are equal."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    begins = np.append(True, ordered[1:] != ordered[:-1])
    firsts = np.flatnonzero(begins)
    lasts = np.append(firsts[1:], len(values))
    ranks = np.empty(len(values))
    ranks[order] = ((firsts + lasts + 1) / 2)[np.cumsum(begins) - 1]
    return ranks


def _shares_by_id(ids: Ids, flags: Flags) -> Scores:
    """Return how often the property holds at each id, drawn towards its share in all."""
    size = int(np.iinfo(np.uint16).max) + 1
    counts = np.bincount(ids, minlength=size)
    having = np.bincount(ids, weights=flags, minlength=size)
    shares: Scores = (having + flags.mean()) / (counts + 1)
    return shares


def _fit(cells: FloatArray, flags: Flags) -> tuple[float, float]:
    """Fit a logistic probe by Newton's method, both sides weighing the same."""
    mean, scale = float(cells.mean()), float(cells.std()) or 1.0
    x = np.stack([(cells - mean) / scale, np.ones(len(cells))], axis=1).astype(np.float64)
    shares = np.where(flags, 0.5 / flags.sum(), 0.5 / (~flags).sum())
    beta = np.zeros(2)
    for _ in range(_FITTING_STEPS):
        p = 0.5 + 0.5 * np.tanh(0.5 * (x @ beta))
        slope = x.T @ (shares * (flags - p)) - 1e-4 * beta
        curve = (x * (shares * p * (1 - p))[:, None]).T @ x + 1e-4 * np.eye(2)
        step = np.linalg.solve(curve, slope)
        beta += step / max(1.0, float(np.abs(step).max()))
    return float(beta[0]) / scale, float(beta[1] - beta[0] * mean / scale)
