"""A unit held or pushed while the model writes: another model, as fast as the one it is of.

What reads a unit's output h are the recurrent kernel of its layer, the kernel of the layer
above, and the output product; h stands in each as h times a row of weights. So h + d is
those rows times d more in the biases, and h held at a value is rows of zeros and the value
times the rows in the biases. Both are exact, and the kernels stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.quantization import SCALE, FloatArray, StoredWeights, Tensors
from textgen_core.neurons.units import check_causal, unit_count

MOST = 10.0
_DIAL = re.compile(r"(\d{1,6})=([+-]?)(\d{1,3}(?:\.\d{1,6})?|\.\d{1,6})")


@dataclass(frozen=True, slots=True)
class Dial:
    """What is done to a unit's output, which is from -1 to 1.

    Attributes:
        unit: which one.
        amount: what is added to it, or what it is held at; -10 to 10.
        held: whether it is held.
    """

    unit: int
    amount: float
    held: bool = False

    def __str__(self) -> str:
        return f"{self.unit}={self.amount:g}" if self.held else f"{self.unit}={self.amount:+g}"


def parse_dial(typed: str) -> Dial:
    """Read ``137=+2`` or ``137=-2`` (added) or ``137=0.5`` (held at).

    Raises:
        ValueError: it is none of them.
    """
    match = _DIAL.fullmatch(typed.strip())
    if match is None or abs(float(match[3])) > MOST:
        raise ValueError(
            "--dial must be a unit and an amount from -10 to 10, such as 137=+2 (push it up by 2),"
            f" 137=-2 (down) or 137=0.5 (hold it there), got {typed!r}"
        )
    amount = -float(match[3]) if match[2] == "-" else float(match[3])
    return Dial(int(match[1]), amount, held=not match[2])


def dialled(checkpoint: Checkpoint, dials: Iterable[Dial]) -> Checkpoint:
    """Return a causal model with some of its units pushed or held.

    Raises:
        ValueError: it is a model of windows, or has no such unit.
    """
    for dial in dials:
        check_causal(checkpoint)
        if not 0 <= dial.unit < unit_count(checkpoint):
            raise ValueError(
                f"--dial must name a unit from 0 to {unit_count(checkpoint) - 1} of this model,"
                f" got {dial.unit}"
            )
        checkpoint = _dialled(checkpoint, dial)
    return checkpoint


def _dialled(checkpoint: Checkpoint, dial: Dial) -> Checkpoint:
    config, weights = checkpoint.config, checkpoint.weights
    layer, unit = divmod(dial.unit, config.rnn_size)
    feature = config.dim_embeddings + dial.unit
    reading = [(f"rnn_{layer}/recurrent_kernel", f"rnn_{layer}/bias", unit, 1.0)]
    if layer + 1 < config.rnn_layers:
        reading.append((f"rnn_{layer + 1}/kernel", f"rnn_{layer + 1}/bias", unit, 1.0))
    # The output reads each feature and, by the gate, its average over the text.
    share = 1.0 + float(weights["attention/gate"][feature])
    reading.append(("output/kernel", "output/bias", feature, share))
    changed: dict[str, FloatArray] = {}
    for matrix, bias, row, times in reading:
        added = np.float32(dial.amount * times) * weights[matrix][row]
        changed[bias] = changed.get(bias, weights[bias]) + added
    silent = [(matrix, row) for matrix, _, row, _ in reading] if dial.held else []
    if dial.held:
        score = weights["attention/score"].copy()
        score[feature] = 0
        changed["attention/score"] = score
    return replace(checkpoint, weights=_with(checkpoint, changed, silent))


def _with(
    checkpoint: Checkpoint, changed: dict[str, FloatArray], silent: Sequence[tuple[str, int]]
) -> StoredWeights:
    """Return the weights with some vectors replaced, and rows of zeros; all else as stored."""
    weights = checkpoint.weights
    tensors: Tensors = dict(weights.stored if isinstance(weights, StoredWeights) else weights)
    if isinstance(weights, StoredWeights):
        for name in weights:
            whole = weights.whole(name)
            if whole is not None:
                tensors[name + SCALE] = whole[1]
    tensors |= changed
    for name, row in silent:
        tensors[name] = tensors[name].copy()
        tensors[name][row] = 0
    return StoredWeights(tensors)
