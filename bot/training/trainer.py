"""What a trainer is asked for, and what it tells meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import TypeAdapter

from textgen_core.training.events import TrainingResult


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What to learn, from where and to where.

    `against` is a model to be scored on the same held-out messages; `batch_targets`
    are predictions a step; they, `epochs` and `learning_rate` are None for what the
    corpus suggests.
    """

    corpus: Path
    out: Path
    base: Path
    seed: int = 0
    budget_s: float | None = None
    against: Path | None = None
    batch_targets: int | None = None
    epochs: float | None = None
    learning_rate: float | None = None


@dataclass(frozen=True, slots=True)
class TrainStarted:
    """The corpus has been read and the base model measured on its held-out tenth.

    `precision` is what matrices are multiplied in.
    """

    messages: int
    chars: int
    device: str
    resumed: bool
    val_bits_per_char: float
    precision: str = "float32"


@dataclass(frozen=True, slots=True)
class TrainProgress:
    """How far training has come; `eta_s` is a guess, and None where time is the limit."""

    epoch: float
    epochs: float | None
    step: int
    steps: int | None
    train_bits_per_char: float | None
    val_bits_per_char: float | None
    elapsed_s: float
    eta_s: float | None


TrainDone = TrainingResult  # a checkpoint lies at the place that was asked for


@dataclass(frozen=True, slots=True)
class TrainWaiting:
    """No machine works on it at present; it goes on when one does."""


TrainEvent = TrainStarted | TrainProgress | TrainWaiting
# A training's events as another process tells them; fields that we do not know are left aside.
STARTED = TypeAdapter(TrainStarted)
PROGRESS = TypeAdapter(TrainProgress)
DONE = TypeAdapter(TrainDone)
OnEvent = Callable[[TrainEvent], None]


class Trainer(Protocol):
    """Turns a corpus into a checkpoint."""

    def capacity(self) -> int | None:
        """Return how many trainings can run at once; None: as many as are asked for."""
        ...

    async def train(self, request: TrainRequest, on_event: OnEvent) -> TrainDone:
        """Return when the checkpoint lies at `request.out`.

        Cancelling it stops the training, its state saved: the same request
        goes on from there.

        Raises:
            UserError: the corpus or the base model is no good.
            OutOfMemoryError: it took too much memory.
            TrainerError: training broke off.
        """
        ...
