"""How another model does on the messages that a training holds out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from textgen_core.errors import TextgenError
from textgen_core.evaluation.scoring import evaluate
from textgen_core.legacy.model_files import read_model
from textgen_core.text.special_tokens import plain
from textgen_core.training.events import Done, TrainingEvent
from textgen_core.training.recipe import held_out_of

log = logging.getLogger(__name__)

Report = Callable[[TrainingEvent], None]


def reporting_against(
    path: str, messages: Sequence[str], held_out: float, report: Report
) -> Report:
    """Return a ``report`` whose last event tells what the model at ``path`` scores.

    It is scored at once, so that nothing of a training is lost with it. A model that
    cannot be read is no reason not to train: the score is then None.

    Args:
        path: of the other model.
        messages: all of the training's, in its order.
        held_out: the share of them that the training holds out, above 0.
        report: what is told everything.
    """
    bits: float | None = None
    try:
        texts = messages[len(messages) - held_out_of(len(messages), held_out) :]
        bits = evaluate(read_model(path), map(plain, texts)).bits_per_char
    except TextgenError as error:
        log.warning("no comparison: %s", error)

    def told(event: TrainingEvent) -> None:
        report(replace(event, bits_per_char_against=bits) if isinstance(event, Done) else event)

    return told
