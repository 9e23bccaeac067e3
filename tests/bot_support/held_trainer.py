"""The real training process, which stops in the middle until it is told to: no machine is too fast.

Run as `textgen` is. Taken up again, it goes on to the end.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textgen_core.cli.main import main
from textgen_core.training import pace, run
from textgen_core.training.state import part_path

HELD_AT = 20  # steps
LOOK_AGAIN_S = 0.01

train_to_the_end = run.train


def train(
    messages: list[str], output: Path, *, should_stop: Callable[[], bool], **more: Any
) -> None:
    """Train, and take no further step at the middle unless it was reached before."""
    resumed, steps = part_path(output).exists(), 0

    def held() -> bool:
        nonlocal steps
        while steps >= HELD_AT and not resumed and not should_stop():
            time.sleep(LOOK_AGAIN_S)
        steps += 1
        return should_stop()

    train_to_the_end(messages, output, should_stop=held, **more)


if __name__ == "__main__":
    pace.REPORT_EVERY_S = 0.0
    run.train = train  # type: ignore[assignment]
    raise SystemExit(main())
