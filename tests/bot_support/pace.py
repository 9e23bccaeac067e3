"""How far fake_trainer.py may go: a test stops it at a step, and lets it go on."""

from __future__ import annotations

import os
import time
from pathlib import Path

VARIABLE = "FAKE_PACE"  # names the file, for the process that trains
LOOK_AGAIN_S = 0.01


class Pace:
    """Holds trainings after a step, until they may go on; at first they may.

    Args:
        folder: where the file lies that says so.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "pace"

    def stop_after(self, step: int) -> None:
        """Let no training take a step beyond this one."""
        new = self.path.with_suffix(".new")
        new.write_text(str(step), encoding="ascii")
        new.replace(self.path)

    def go_on(self) -> None:
        """Let every training take all of its steps."""
        self.path.unlink(missing_ok=True)


def wait_for_turn(step: int) -> None:
    """Return when a step may be taken; for the process that trains."""
    path = os.environ.get(VARIABLE)
    while path and step > _last_allowed(Path(path), step):
        time.sleep(LOOK_AGAIN_S)


def _last_allowed(path: Path, step: int) -> int:
    try:
        return int(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return step
