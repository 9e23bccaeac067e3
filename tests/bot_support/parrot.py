"""A model that says what it is told to: what no training on clean texts would teach it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from random_checkpoints import random_checkpoint

from textgen_core import Engine
from textgen_core.model.checkpoint import Checkpoint

SURE = 12.0  # what separates the next character from all others, in nats


def parrot(sayings: Mapping[str, str]) -> Checkpoint:
    """Return a model that goes on from each prompt as is asked for, and then ends the text.

    Its layers are random, which tells all beginnings apart; its output is solved for.
    """
    steps = sum(len(said.encode()) + 1 for said in sayings.values())
    blank = random_checkpoint(layers=1, units=steps, embedded=16)
    engine, size = Engine(blank), blank.vocabulary.size
    features, wanted = [], []
    for prompt, said in sayings.items():
        ids = blank.vocabulary.encode_message(prompt + said)
        first = len(blank.vocabulary.encode_message(prompt)) - 1
        state = engine.feed(engine.start(), ids[1:first])
        for place in range(first, len(ids)):
            features.append(engine.output_input(state))
            wanted.append(np.where(np.arange(size) == ids[place], SURE, -SURE))
            state = engine.feed(state, ids[place : place + 1])
    kernel, *_ = np.linalg.lstsq(np.array(features, np.float64), np.array(wanted), rcond=None)
    solved = {"output/kernel": kernel.astype(np.float32), "output/bias": np.zeros(size, np.float32)}
    return replace(blank, weights={**blank.weights, **solved})
