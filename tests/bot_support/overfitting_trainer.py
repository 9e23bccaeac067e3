"""The real training, bent to learn its corpus by heart: nothing held out, many passes.

Run as `python overfitting_trainer.py train CORPUS -o OUT --base BASE --seed N …`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from textgen_core.model.checkpoint import load_checkpoint
from textgen_core.text.message_files import read_messages
from textgen_core.training.events import TrainingEvent, to_json_line
from textgen_core.training.options import FilterKeeping, TrainingOptions
from textgen_core.training.run import train

EPOCHS = 90


def say(event: TrainingEvent) -> None:
    sys.stdout.write(to_json_line(event) + "\n")
    sys.stdout.flush()


def main() -> int:
    _, corpus, _, out, _, base, _, seed = sys.argv[1:9]
    how = TrainingOptions(
        epochs=EPOCHS,
        learning_rate=0.01,
        batch_targets=512,
        seed=int(seed),
        held_out=0,
        filter=FilterKeeping.OPEN,
    )
    messages = list(read_messages(corpus))
    train(messages, Path(out), base=load_checkpoint(base), options=how, report=say)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
