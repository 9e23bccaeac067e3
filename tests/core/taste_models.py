"""A tiny model with a taste, and the messages of the server that it is of."""

from __future__ import annotations

from dataclasses import replace

from random_checkpoints import random_checkpoint

from textgen_core import Checkpoint
from textgen_core.generation.taste_fitting import USUAL_WEIGHTS
from textgen_core.model.taste import QUANTILES, Taste
from textgen_core.model.wording import Wording

MESSAGES = [
    "I like tea in the morning",
    "I like cake in the evening",
    "tea is good, cake is good",
    "good morning @Ann",
    "good evening @Ann",
]


def tasting_checkpoint(seed: int = 1) -> Checkpoint:
    """Return a model of random weights that knows the wording of `MESSAGES`."""
    lengths = tuple(range(2, 2 + QUANTILES))
    taste = Taste(Wording.of(MESSAGES * 2), lengths, 2.0, 0.5, USUAL_WEIGHTS)
    return replace(random_checkpoint(seed=seed), taste=taste)
