"""The attention-weighted average over all of the past, compiled, with its gradient.

With L_t the logarithm of the sum of exp(s_j), j <= t, the average of the features
f_j weighted by softmax(s_0 … s_t) is a recurrence of one number a step:

    p_t = exp(s_t - L_t)        a_t = (1 - p_t) a_{t-1} + p_t f_t

so it costs O(T) where the weights of all pairs of steps cost O(T^2). Going back,
with g_t the gradient that reaches a_t from step t alone,

    G_t = g_t + (1 - p_{t+1}) G_{t+1}      q_t = g_t · a_t + (1 - p_{t+1}) q_{t+1}
    df_t = p_t G_t                         ds_t = p_t (f_t · G_t - q_t)

No exponent is above zero, so nothing overflows. Arrays are float32: B rows,
T steps, F features.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from textgen_core.kernels.matmul import Floats, compiled
from textgen_core.kernels.sums import dot
from textgen_core.kernels.threads import in_threads, sum_of

_ZERO, _ONE = np.float32(0), np.float32(1)


def average_forward(features: Floats, score: Floats, gate: Floats) -> tuple[Floats, Floats, Floats]:
    """Add to each step's features the attention-weighted average up to that step.

    Args:
        features: (B, T, F).
        score: (F,), gives s_t = f_t · score.
        gate: (F,), how much of the average is added.

    Returns:
        The sums, (B, T, F), and for the gradient the averages, (B, T, F), and p, (B, T).
    """
    attended, average = np.empty_like(features), np.empty_like(features)
    shares = np.empty(features.shape[:2], np.float32)

    def run(part: slice) -> None:
        _average(features[part], score, gate, attended[part], average[part], shares[part])

    in_threads(run, len(features))
    return attended, average, shares


def average_backward(
    d_attended: Floats,
    features: Floats,
    score: Floats,
    gate: Floats,
    average: Floats,
    shares: Floats,
) -> tuple[Floats, Floats, Floats]:
    """Return the gradients of features, (B, T, F), score and gate, (F,)."""
    d_features = np.empty_like(features)
    sums: list[Floats] = []

    def run(part: slice) -> None:
        sums_here, later = np.zeros((2, len(score)), np.float32), np.zeros_like(score)
        _average_back(
            d_attended[part],
            features[part],
            score,
            gate,
            average[part],
            shares[part],
            d_features[part],
            sums_here,
            later,
        )
        sums.append(sums_here)

    in_threads(run, len(features))
    d_score, d_gate = sum_of(sums)
    return d_features, d_score, d_gate


@compiled()
def _average(
    features: Floats, score: Floats, gate: Floats, attended: Floats, average: Floats, shares: Floats
) -> None:
    rows, steps, _ = features.shape
    for row in range(rows):
        log_total = -np.inf
        for t in range(steps):
            s = float(dot(features[row, t], score))
            larger, smaller = max(s, log_total), min(s, log_total)
            log_total = larger + math.log1p(math.exp(smaller - larger))
            share = np.float32(math.exp(s - log_total))
            shares[row, t] = share
            before = average[row, max(0, t - 1)]
            _mix(features[row, t], before, share, average[row, t], t > 0)
            _add_gated(features[row, t], gate, average[row, t], attended[row, t])


@compiled()
def _mix(features: Floats, before: Floats, share: Any, average: Floats, goes_on: bool) -> None:
    kept = _ONE - share
    for j in range(len(features)):
        average[j] = share * features[j] + (kept * before[j] if goes_on else _ZERO)


@compiled()
def _add_gated(features: Floats, gate: Floats, average: Floats, attended: Floats) -> None:
    for j in range(len(features)):
        attended[j] = features[j] + gate[j] * average[j]


@compiled()
def _average_back(
    d_attended: Floats,
    features: Floats,
    score: Floats,
    gate: Floats,
    average: Floats,
    shares: Floats,
    d_features: Floats,
    sums: Floats,
    later: Floats,
) -> None:
    """Walk back: ``later`` is what the averages from step t on ask of a_t, in all."""
    rows, steps, _ = features.shape
    for row in range(rows):
        kept, later_dot = _ZERO, _ZERO
        for t in range(steps - 1, -1, -1):
            d, a, f = d_attended[row, t], average[row, t], features[row, t]
            share = shares[row, t]
            _gather(d, gate, a, kept, later, sums[1])
            later_dot = kept * later_dot + _gated_dot(d, gate, a)
            d_score = share * (dot(f, later) - later_dot)
            _scatter(d, later, score, f, share, d_score, d_features[row, t], sums[0])
            kept = _ONE - share


@compiled()
def _gather(d: Floats, gate: Floats, a: Floats, kept: Any, later: Floats, d_gate: Floats) -> None:
    fresh = kept == 0
    for j in range(len(d)):
        later[j] = gate[j] * d[j] + (_ZERO if fresh else kept * later[j])
        d_gate[j] += d[j] * a[j]


@compiled("reassoc", "nsz")
def _gated_dot(a: Floats, b: Floats, c: Floats) -> Any:
    total = _ZERO
    for j in range(len(a)):
        total += a[j] * b[j] * c[j]
    return total


@compiled()
def _scatter(
    d: Floats,
    later: Floats,
    score: Floats,
    f: Floats,
    share: Any,
    d_s: Any,
    d_features: Floats,
    d_score: Floats,
) -> None:
    for j in range(len(d)):
        d_features[j] = d[j] + share * later[j] + d_s * score[j]
        d_score[j] += d_s * f[j]
