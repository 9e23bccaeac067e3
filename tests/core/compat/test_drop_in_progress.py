"""A training is shown on a terminal, and told in lines elsewhere."""

from __future__ import annotations

import io

import pytest

from textgen_core.compat.progress import Reporter
from textgen_core.training.events import Done, EpochEnded, Progress, Started, TrainingEvent

STARTED = Started(100, 80, 20, 4000, "cpu", 2, False, 5.0)
PROGRESS = Progress(0.5, 2, 10, 40, 3.21, 3.0, 1.0, 3.0, 1000.0)
ENDED = EpochEnded(1, 2, 2.5, 2.75, 2.0)
DONE = Done(5.0, 2.5, 4.0, 2.0, "finished", checkpoint="m")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(reporter: Reporter) -> None:
    with reporter:
        for event in (STARTED, PROGRESS, ENDED, PROGRESS, DONE):
            reporter.show(event)


def test_a_terminal_has_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    run(Reporter(1, ()))
    shown = terminal.getvalue()
    assert "epoch 1, 3.210 bits a character" in shown
    assert "Epoch 1/2 - 2.500 bits/char - 2.750 held out at best\n" in shown


def test_a_file_has_lines(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[TrainingEvent] = []
    reporter = Reporter(1, (seen.append,))
    assert not reporter.done
    run(reporter)
    assert reporter.done
    assert seen == [STARTED, PROGRESS, ENDED, PROGRESS, DONE]
    assert capsys.readouterr().out == "Epoch 1/2 - 2.500 bits/char - 2.750 held out at best\n"
