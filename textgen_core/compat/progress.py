"""What a training run shows: a bar on a terminal, a line an epoch, and events."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from textgen_core.errors import TextgenWarning
from textgen_core.text.console import is_terminal, show
from textgen_core.training.events import Done, EpochEnded, Progress, Started, TrainingEvent


class Reporter:
    """Shows a run's events, and hands them to callbacks.

    Args:
        verbose: 0 shows nothing.
        callbacks: called with each event, in their order.
        worst_bits: a loss, in bits, that is higher has exploded, and is warned of.
    """

    def __init__(
        self,
        verbose: int,
        callbacks: Sequence[Callable[[TrainingEvent], object]],
        worst_bits: float = math.inf,
    ) -> None:
        self._worst_bits = worst_bits
        self._verbose, self._callbacks = verbose, callbacks
        self._bar: Any = None
        self._held_out = False
        self.done = False

    def __enter__(self) -> Reporter:
        if self._verbose and is_terminal():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
            console = Console(file=sys.stdout)
            self._bar = Bar(*columns, console=console, transient=True, redirect_stdout=False)
            self._bar.add_task("reading", total=None)
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.pause()

    def pause(self) -> None:
        """Make room for what others print."""
        if self._bar is not None:
            self._bar.stop()

    def show(self, event: TrainingEvent) -> None:
        """Take up an event of the run."""
        if isinstance(event, Started):
            self._held_out = event.val_messages + event.train_messages == event.messages
        elif isinstance(event, Done):
            self.done = True
        elif isinstance(event, Progress) and self._bar is not None:
            begun = math.ceil(event.epoch)
            note = f"epoch {begun}, {event.train_bits_per_char:.3f} bits a character"
            self._bar.start()
            self._bar.update(0, description=note, completed=event.step, total=event.steps)
        elif isinstance(event, EpochEnded) and self._verbose:
            self._print_epoch(event)
        if isinstance(event, EpochEnded):
            self._warn_of_loss(event)
        for callback in self._callbacks:
            callback(event)

    def _warn_of_loss(self, event: EpochEnded) -> None:
        if event.train_bits_per_char > self._worst_bits:
            warnings.warn(
                f"the loss has grown to {event.train_bits_per_char:.1f} bits a character, worse"
                f" than a guess ({self._worst_bits:.1f}): the learning rate is too high",
                TextgenWarning,
                stacklevel=2,
            )

    def _print_epoch(self, event: EpochEnded) -> None:
        self.pause()
        line = f"Epoch {event.epoch}/{event.epochs} - {event.train_bits_per_char:.3f} bits/char"
        if self._held_out:
            line += f" - {event.val_bits_per_char:.3f} held out at best"
        show(line)
