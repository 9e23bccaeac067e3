"""Whether a model that came from another machine is what it is said to be."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from bot.errors import TrainerError
from textgen_core import load_checkpoint
from textgen_core.errors import CheckpointError
from textgen_core.evaluation.scoring import evaluate
from textgen_core.text.message_files import read_messages
from textgen_core.text.special_tokens import plain
from textgen_core.training.recipe import held_out_of

_HELD_OUT = 0.1  # as textgen_core.training.options has it
SAMPLE_MESSAGES = 1000
SAMPLE_MESSAGES_OF_WINDOWS = 50  # textgenrnn's models take 40 steps a character
# Weights are stored in fewer bits than were measured; a sample differs from the whole by chance.
_TOLERANCE, _SAMPLED_TOLERANCE = 0.05, 0.2


class ResultError(TrainerError):
    """What a machine sent back is not what it says."""


def check_result(model: Path, corpus: Path, bits_per_char: float) -> None:
    """Refuse a model that does not predict the held-out messages as well as is said.

    Args:
        model: a checkpoint that came.
        corpus: what it was trained on.
        bits_per_char: what it is said to score.

    Raises:
        ResultError: it cannot be loaded, or scores otherwise; the text says which.
    """
    try:
        checkpoint = load_checkpoint(model)
    except CheckpointError as error:
        raise ResultError(f"its model cannot be used: {error}") from None
    count = sum(1 for _ in read_messages(corpus))
    held_out = held_out_of(count, _HELD_OUT)
    at_most = SAMPLE_MESSAGES if checkpoint.config.window is None else SAMPLE_MESSAGES_OF_WINDOWS
    every = -(-held_out // at_most)
    measured = evaluate(checkpoint, _sample(corpus, count - held_out, every)).bits_per_char
    tolerance = _TOLERANCE if every == 1 else _SAMPLED_TOLERANCE
    if not math.isfinite(bits_per_char) or abs(measured - bits_per_char) > tolerance:
        raise ResultError(
            f"its model scores {measured:.2f} bits/char on the newest messages, and not "
            f"{bits_per_char:.2f} as it says"
        )


def _sample(corpus: Path, first: int, every: int) -> Iterator[str]:
    """Yield evenly spaced messages of those from `first` on."""
    for index, message in enumerate(read_messages(corpus)):
        if index >= first and (index - first) % every == 0:
            yield plain(message)  # scored as a training does: nobody says whose it is
