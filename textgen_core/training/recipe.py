"""How a run divides its messages, and what it chooses by their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from textgen_core.text.vocabulary import Ids
from textgen_core.training.batching import EncodedCorpus

MAX_HELD_OUT = 10_000


def number_speakers(speakers: Sequence[str | None] | None, texts: Sequence[str]) -> Ids:
    """Return a number for the author of each message, from 1 on.

    Where none is known it is below 0, and the same for the same text: who repeats a message
    is likely one person.

    Args:
        speakers: what tells each author from others; None where all are unknown.
        texts: the messages.

    Raises:
        ValueError: there are not as many speakers as messages.
    """
    names = [None] * len(texts) if speakers is None else speakers
    if len(names) != len(texts):
        raise ValueError(f"there must be one speaker a message, got {len(names)} for {len(texts)}")
    known: dict[str, int] = {}
    unknown: dict[str, int] = {}
    return np.array(
        [
            -unknown.setdefault(text, len(unknown) + 1)
            if name is None
            else known.setdefault(name, len(known) + 1)
            for name, text in zip(names, texts, strict=True)
        ],
        np.int32,
    )


def number_labels(labels: Sequence[str], messages: int) -> tuple[list[str], Ids]:
    """Return the names of the labels, sorted, and the number of each message's."""
    if len(labels) != messages:
        raise ValueError(f"there must be one label a message, got {len(labels)} for {messages}")
    names = sorted(set(labels))
    number_of = {name: number for number, name in enumerate(names)}
    return names, np.array([number_of[label] for label in labels], np.int32)


def held_out_of(messages: int, share: float) -> int:
    """Return how many of the last messages are not trained on."""
    return min(MAX_HELD_OUT, max(1, int(messages * share))) if share else 0


def every_nth(corpus: EncodedCorpus, at_most: int) -> EncodedCorpus:
    """Return an evenly spaced sample of the messages."""
    if len(corpus) <= at_most:
        return corpus
    picked = np.linspace(0, len(corpus) - 1, at_most).astype(np.int64)
    parts = [corpus.ids[corpus.starts[i] : corpus.starts[i + 1]] for i in picked]
    starts = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
    labels = corpus.labels[picked] if corpus.labels is not None else None
    return EncodedCorpus(np.concatenate(parts), starts, corpus.lengths[picked], labels)


def batch_targets_for(corpus: EncodedCorpus) -> int:
    """Choose a batch so that a small corpus still gives some tens of steps an epoch."""
    return int(np.clip(corpus.targets // 40, 512, 4096))


@dataclass(frozen=True, slots=True)
class Recipe:
    """How long and how fast a corpus is learned.

    Attributes:
        epochs: passes over the training messages.
        learning_rate: at the first step; it falls linearly to zero.
    """

    epochs: float
    learning_rate: float


def recipe_for(messages: int, *, begun: bool) -> Recipe:
    """Choose by the number of training messages; docs/pretraining.md has the measurements.

    Args:
        messages: how many are trained on.
        begun: the model goes on from another one, and does not begin from nothing.
    """
    if not begun:
        return Recipe(12 if messages < 2_000 else 6 if messages < 20_000 else 3, 4e-3)
    if messages < 250:
        return Recipe(6, 5e-4)
    return Recipe(4 if messages < 20_000 else 2, 3e-3)
