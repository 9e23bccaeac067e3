"""How a run is asked to train; importing it imports no TensorFlow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from textgen_core.model.quantization import Precision

MIN_MESSAGES = 10  # that the command trains on


class FilterKeeping(StrEnum):
    """How the filter of what was trained on (model/verbatim_filter.py) lies in the model's file.

    SEALED by the key of this machine's user; OPEN for whoever has the file, and to be
    sealed by the caller; or NONE at all.
    """

    SEALED = "sealed"
    OPEN = "open"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """How to train.

    Attributes:
        epochs: passes over the training messages; None chooses by corpus size, and
            for a new model with a budget trains until that is used up.
        budget_s: the most wall seconds of training, over all attempts; the learning
            rate reaches zero when they are used up or the last epoch ends.
        learning_rate: Muon's and Adam's at the first step; it falls linearly to zero.
            None chooses by corpus size.
        batch_targets: predictions a step; None chooses by corpus size.
        patience: share of the run without a lower held-out figure that ends it; 1: never.
            While the learning rate is high the figure may rise for a while.
        seed: of the order of messages, of new weights and of dropout.
        precision: what the weights are stored in.
        held_out: share of the messages, the last ones and at most 10,000, that is not
            trained on, in [0, 0.5]; 0 trains on all: figures are then of a sample of
            what was trained on, and the last weights are kept, not the best.
        dropout: share of the layers' outputs zeroed in training; None: the model's own.
        pretrain: the corpus is large and nobody's own, and the model one to start from:
            it gets no filter (model/verbatim_filter.py) of what it was trained on.
        filter: how that filter lies in the file.
        taste: fit what chooses among drafts at the end, which takes a second or two for some
            thousand messages; who never drafts needs none.
    """

    epochs: float | None = None
    budget_s: float | None = None
    learning_rate: float | None = None
    batch_targets: int | None = None
    patience: float = 0.34
    seed: int = 0
    precision: Precision = Precision.FLOAT32
    held_out: float = 0.1
    dropout: float | None = None
    pretrain: bool = False
    filter: FilterKeeping = FilterKeeping.SEALED
    taste: bool = True

    def __post_init__(self) -> None:
        for name in ("epochs", "budget_s", "learning_rate", "batch_targets"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{name} must be above 0, got {value}")
        if not 0 <= self.held_out <= 0.5:
            raise ValueError(f"held_out must be in [0, 0.5], got {self.held_out}")
