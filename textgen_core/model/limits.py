"""What a model may cost, asked before anything is made of its file.

A file says how large a window or a vocabulary is in a few bytes, and what follows from
that are hours of arithmetic or gigabytes of memory.
"""

from __future__ import annotations

import math
from typing import Any

from textgen_core.errors import CheckpointError
from textgen_core.model.config import ModelConfig

MAX_IDS = 65_536  # of a vocabulary; ids of a corpus are kept in 16 bits
# Multiply-adds. A core does some 3 billion a second: 0.07 s a character, 3 s to load.
MAX_CHAR_COST = 200_000_000
MAX_LOAD_COST = 10_000_000_000


def check_cost(config: ModelConfig, vocabulary_size: int) -> None:
    """Refuse a model that takes too long to load or to write with.

    A causal model reads each character once. A model of windows reads its whole window for
    each, and before the first one as many windows as that has places, unless it reads in
    both directions.

    Raises:
        CheckpointError: it would; the text says what it would take.
    """
    window = config.window
    if window is None:
        return  # its weights are read once a character, and a file's size limits them
    shapes = config.weight_shapes(vocabulary_size)
    step = sum(
        math.prod(shape)
        for name, shape in shapes.items()
        if name.startswith("rnn_") and len(shape) == 2
    )
    reads = window.context_chars
    char_cost = reads * step + math.prod(shapes["output/kernel"])
    if char_cost > MAX_CHAR_COST:
        raise CheckpointError(
            f"a window of {reads} with these layers takes {char_cost:,} multiplications a"
            f" character, and models may take {MAX_CHAR_COST:,}"
        )
    load_cost = char_cost if window.bidirectional else reads * reads * step
    if load_cost > MAX_LOAD_COST:
        raise CheckpointError(
            f"a window of {reads} with these layers takes {load_cost:,} multiplications to"
            f" load, and models may take {MAX_LOAD_COST:,}"
        )


def check_vocabulary_json(value: Any) -> None:
    """Refuse a vocabulary, as its file has it, that has too many entries to be made.

    Raises:
        CheckpointError: it has.
    """
    lists = value.values() if isinstance(value, dict) else [value]
    most = max((len(entries) for entries in lists if isinstance(entries, list | dict)), default=0)
    if most > MAX_IDS:
        raise CheckpointError(
            f"its vocabulary has {most:,} entries, and models may have {MAX_IDS:,}"
        )
