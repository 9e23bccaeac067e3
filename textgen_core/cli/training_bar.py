"""A training shown to people: a bar with the time left, then the result below it."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType, TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from textgen_core.text.console import show
from textgen_core.training import events

SHOWN_BEFORE_THE_END = 0.99  # what follows the last step takes seconds too


class TrainingBar:
    """Shows a training's events; a context, after which the result is printed."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
        )
        self._bar = Progress(*columns, console=console, disable=not console.is_terminal)
        self._task = self._bar.add_task("reading", total=None, note="")
        self._last: events.TrainingEvent | None = None

    def __enter__(self) -> TrainingBar:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._bar.stop()
        if isinstance(self._last, events.Done):
            done = self._last
            show(
                f"{done.checkpoint}: {done.bits_per_char_before:.3f} →"
                f" {done.bits_per_char_after:.3f} bits/char held out (lower is better),"
                f" {done.train_s:.0f} s"
            )
        elif isinstance(self._last, events.Stopped):
            show(
                f"Stopped at step {self._last.step:,}, and saved. The same command goes on from "
                "there."
            )

    def report(self, event: events.TrainingEvent) -> None:
        """Show one event."""
        self._last = event
        if isinstance(event, events.Progress) and event.eta_s is not None:
            whole = max(event.elapsed_s + event.eta_s, 1e-9)
            done = min(event.elapsed_s, SHOWN_BEFORE_THE_END * whole)
            note = f"{event.train_bits_per_char:.3f} bits/char"
            self._bar.update(
                self._task, description="training", completed=done, total=whole, note=note
            )
        elif isinstance(event, events.Progress):
            note = f"{event.train_bits_per_char:.3f} bits/char, {event.elapsed_s:.0f} s"
            self._bar.update(self._task, description="training", note=note)


def stop_at_ctrl_c(stop: threading.Event) -> None:
    """Let Ctrl-C end a training with its state saved; a second one ends it at once."""

    def interrupted(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        show("Stopping and saving… (Ctrl-C again: stop at once, without saving)", sys.stderr)

    signal.signal(signal.SIGINT, interrupted)
