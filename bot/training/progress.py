"""How a training stands, as values: words are made of them where people read them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.corpus.progress import CorpusProgress, FileProgress
from bot.storage.records import JobOutcome, TrainJob
from bot.training.trainer import TrainDone, TrainProgress, TrainStarted


@dataclass(frozen=True, slots=True)
class Queued:
    """A job waits.

    Attributes:
        ahead: how many trainings come first.
        begins_at: when it begins, UTC, where that can be told.
        idle: no machine is there to train.
        file_name: the file that it will read; empty for channels.
    """

    ahead: int
    begins_at: datetime | None = None
    idle: bool = False
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class Preparing:
    """The corpus is read, and training is being set up."""

    messages: int


@dataclass(frozen=True, slots=True)
class Training:
    """The training process is at work; `start` is None where its beginning was not heard."""

    start: TrainStarted | None
    now: TrainProgress


@dataclass(frozen=True, slots=True)
class Tuning:
    """Several recipes are tried.

    Attributes:
        messages: of the corpus.
        recipes: how many there are.
        running: how far each has come that is under way.
        done: what each has come to that has ended.
    """

    messages: int
    recipes: int
    running: tuple[TrainProgress, ...]
    done: tuple[TrainDone, ...]


@dataclass(frozen=True, slots=True)
class WaitingForMachine:
    """The machines that train cannot be reached."""

    messages: int


@dataclass(frozen=True, slots=True)
class TryingSmallerSteps:
    """Training begins anew, because memory ran out."""

    messages: int


JobProgress = (
    Queued
    | CorpusProgress
    | FileProgress
    | Preparing
    | Training
    | Tuning
    | WaitingForMachine
    | TryingSmallerSteps
)


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """How a server's trainings stand.

    Attributes:
        open: its running and waiting jobs, the running one first.
        last: the last one that ended, where none is open.
    """

    open: tuple[JobProgress, ...]
    last: TrainJob | None = None


class Report(Protocol):
    """What is told of a job while it runs."""

    async def close(self) -> None:
        """Show nothing more."""
        ...


class OutcomeNotifier(Protocol):
    """Tells people how jobs ended."""

    def deliver(self, job: TrainJob, outcome: JobOutcome | None, report: Report | None) -> None:
        """Begin to show how a job ended; None: close its report without a word."""
        ...

    async def tell_untold(self, owns: Callable[[int], bool]) -> None:
        """Begin to tell what an earlier process did not come to tell."""
        ...

    async def close(self) -> None:
        """Let what is under way be said once, and no more."""
        ...
