"""Cross-entropy of many predictions, compiled, with its gradient.

TensorFlow's own sweeps over the logits several times; here one thread takes a row
of logits, short enough to stay in the cache, through all of it. Arrays are
float32: N predictions among V ids.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from textgen_core.kernels.exponential import exponentials
from textgen_core.kernels.lstm import copy
from textgen_core.kernels.matmul import Floats, compiled
from textgen_core.kernels.sums import mass_from
from textgen_core.kernels.threads import in_threads

TargetIds = npt.NDArray[np.int32]


def nats_forward(logits: Floats, targets: TargetIds) -> Floats:
    """Return what predicting each target, (N,), costs: -ln softmax(logits)[target].

    Args:
        logits: (N, V).
        targets: (N,), each below V.
    """
    nats = np.empty(len(targets), np.float32)

    def run(part: slice) -> None:
        weights, bits = np.empty(logits.shape[1], np.float32), np.empty(logits.shape[1], np.int32)
        _nats(logits[part], targets[part], nats[part], weights, bits)

    in_threads(run, len(targets))
    return nats


def nats_backward(d_nats: Floats, logits: Floats, targets: TargetIds) -> Floats:
    """Return the gradient of the logits, (N, V): (softmax - one at the target) d_nats."""
    d_logits = np.empty_like(logits)

    def run(part: slice) -> None:
        bits = np.empty(logits.shape[1], np.int32)
        _nats_back(d_nats[part], logits[part], targets[part], d_logits[part], bits)

    in_threads(run, len(targets))
    return d_logits


@compiled()
def _nats(
    logits: Floats,
    targets: TargetIds,
    nats: Floats,
    weights: Floats,
    bits: npt.NDArray[np.int32],
) -> None:
    for row in range(len(targets)):
        copy(logits[row], weights)
        largest = exponentials(weights, 1.0, bits)
        mass = mass_from(weights, weights.view(np.int32), 0)
        nats[row] = math.log(mass) + largest - logits[row, targets[row]]


@compiled()
def _nats_back(
    d_nats: Floats,
    logits: Floats,
    targets: TargetIds,
    d_logits: Floats,
    bits: npt.NDArray[np.int32],
) -> None:
    for row in range(len(targets)):
        probs = d_logits[row]
        copy(logits[row], probs)
        exponentials(probs, 1.0, bits)
        _scale(probs, np.float32(d_nats[row] / mass_from(probs, probs.view(np.int32), 0)))
        probs[targets[row]] -= d_nats[row]


@compiled()
def _scale(values: Floats, factor: np.float32) -> None:
    for j in range(len(values)):
        values[j] *= factor
