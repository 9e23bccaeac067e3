"""From logits to the distribution that the next character is drawn from.

The plain form, in double precision. The engine computes the same in compiled
code (drawing.py), which the tests compare with this.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def next_char_probs(
    logits: npt.ArrayLike,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> FloatArray:
    """Turn logits into the distribution the next character is drawn from.

    Filters apply in this order: temperature, top-k, nucleus; survivors are
    renormalised after each.

    Args:
        logits: shape (V,), unnormalised log-probabilities in nats.
        temperature: > 0; below 1 sharpens, above 1 flattens.
        top_k: keep exactly the k likeliest ids (ties: lower id wins).
        top_p: in (0, 1]; keep the smallest set of ids with at least this mass
            (Holtzman et al. 2020, arXiv:1904.09751).

    Returns:
        float64, shape (V,), sums to 1.

    Raises:
        ValueError: a parameter is outside its range.
    """
    check_temperature(temperature)
    check_top_k(top_k)
    check_top_p(top_p)
    scores = np.asarray(logits, dtype=np.float64)
    probs: FloatArray = np.exp((scores - scores.max()) / temperature)
    probs /= probs.sum()
    order = np.argsort(-probs, kind="stable")
    if top_k is not None:
        probs[order[top_k:]] = 0
        probs /= probs.sum()
    if top_p is not None:
        mass = np.cumsum(probs[order])
        kept = int(np.searchsorted(mass, top_p)) + 1
        probs[order[kept:]] = 0
        probs /= probs.sum()
    return probs


def check_temperature(temperature: float) -> None:
    """Raise ValueError unless it is a number above 0."""
    if not _is_number(temperature) or not 0 < temperature < math.inf:
        raise ValueError(f"temperature must be a number above 0, got {temperature!r}")


def check_top_k(top_k: int | None) -> None:
    """Raise ValueError unless it is None or a whole number from 1."""
    if top_k is not None and not (is_whole(top_k) and top_k >= 1):
        raise ValueError(f"top_k must be a whole number of at least 1, got {top_k!r}")


def check_top_p(top_p: float | None) -> None:
    """Raise ValueError unless it is None or in (0, 1]."""
    if top_p is not None and not (_is_number(top_p) and 0 < top_p <= 1):
        raise ValueError(f"top_p must be in (0, 1], got {top_p!r}")


def is_whole(value: object) -> bool:
    """Tell whether a value is a whole number, which True is not."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
