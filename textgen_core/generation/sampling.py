"""From logits to the distribution that the next character is drawn from.

The plain form, in double precision. The engine computes the same in compiled
code (kernels/decoding.py), which the tests compare with this.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

REPETITION_WINDOW = 1_000  # ids
COLDEST = 1e-20  # a temperature at which the likeliest is always drawn
_REPEATED_CHARS = 6
_REPEATED_WORDS = 2


def next_char_probs(
    logits: npt.ArrayLike,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
) -> FloatArray:
    """Turn logits into the distribution the next character is drawn from.

    Filters apply in this order: temperature, top-k, nucleus, min-p; survivors are
    renormalised after each.

    Args:
        logits: shape (V,), unnormalised log-probabilities in nats.
        temperature: >= 0; below 1 sharpens, above 1 flattens; 0 leaves the likeliest.
        top_k: keep exactly the k likeliest ids (ties: lower id wins).
        top_p: in (0, 1]; keep the smallest set of ids with at least this mass
            (Holtzman et al. 2020, arXiv:1904.09751).
        min_p: in (0, 1]; keep the ids with at least this share of the likeliest
            one's probability, so that fewer are kept where the model is sure
            (Nguyen et al. 2024, arXiv:2407.01082).

    Returns:
        float64, shape (V,), sums to 1.

    Raises:
        ValueError: a parameter is outside its range.
    """
    check_temperature(temperature)
    check_top_k(top_k)
    check_top_p(top_p)
    check_min_p(min_p)
    scores = np.asarray(logits, dtype=np.float64)
    probs: FloatArray = np.exp((scores - scores.max()) / max(temperature, COLDEST))
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
    if min_p is not None:
        probs[probs < min_p * probs.max()] = 0
        probs /= probs.sum()
    return probs


def penalised(
    logits: npt.ArrayLike,
    ids: Sequence[int],
    *,
    penalty: float,
    run: int,
    begins: Sequence[int] | None = None,
) -> FloatArray:
    """Return logits with less for what would go on repeating a run of the text.

    The repetition penalty of Keskar et al. (2019, arXiv:1909.05858) divides the
    logit of every id that the text already has, a negative one being multiplied
    instead. That suits words, not characters: all common letters are in any text,
    and dividing theirs makes rare letters likely. Here the penalty falls on those
    ids alone that followed the text's last ``run`` characters where they stood
    before. An id is penalised once, however often it did.

    Args:
        logits: shape (V,).
        ids: of the text so far, the prompt included; the last 1,000 are looked at.
        penalty: at least 1, which changes nothing.
        run: characters, or in a model of words words, at least 1.
        begins: for each id how many characters it begins: 0 for bytes within one.
            None if all begin one.

    Returns:
        float64, shape (V,).

    Raises:
        ValueError: the penalty is outside its range.
    """
    check_repetition_penalty(penalty)
    changed = np.array(logits, dtype=np.float64)
    text = list(ids)[-REPETITION_WINDOW:]
    size = begun = 0
    while begun < run:
        size += 1
        if size > len(text):
            return changed
        begun += begins[text[-size]] if begins is not None else 1
    suffix = text[-size:]
    followers = {text[i] for i in range(size, len(text)) if text[i - size : i] == suffix}
    for char_id in followers:
        changed[char_id] *= 1 / penalty if changed[char_id] > 0 else penalty
    return changed


def repeated_run(*, words: bool) -> int:
    """Return after how long a run its repetition is penalised."""
    return _REPEATED_WORDS if words else _REPEATED_CHARS


def check_temperature(temperature: float) -> None:
    """Raise ValueError unless it is a finite number from 0."""
    if not _is_number(temperature) or not 0 <= temperature < math.inf:
        raise ValueError(f"temperature must be a number from 0, got {temperature!r}")


def check_top_k(top_k: int | None) -> None:
    """Raise ValueError unless it is None or a whole number from 1."""
    if top_k is not None and not (is_whole(top_k) and top_k >= 1):
        raise ValueError(f"top_k must be a whole number of at least 1, got {top_k!r}")


def check_top_p(top_p: float | None) -> None:
    """Raise ValueError unless it is None or in (0, 1]."""
    if top_p is not None and not (_is_number(top_p) and 0 < top_p <= 1):
        raise ValueError(f"top_p must be in (0, 1], got {top_p!r}")


def check_min_p(min_p: float | None) -> None:
    """Raise ValueError unless it is None or in (0, 1]."""
    if min_p is not None and not (_is_number(min_p) and 0 < min_p <= 1):
        raise ValueError(f"min_p must be in (0, 1], got {min_p!r}")


def check_repetition_penalty(penalty: float) -> None:
    """Raise ValueError unless it is a number from 1."""
    if not _is_number(penalty) or not 1 <= penalty < math.inf:
        raise ValueError(f"repetition_penalty must be a number of at least 1, got {penalty!r}")


def is_whole(value: object) -> bool:
    """Tell whether a value is a whole number, which True is not."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
