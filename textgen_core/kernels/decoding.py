"""Compiled drawing of ids: from logits to the one that is chosen.

Computes what ``sampling.next_char_probs`` specifies, after the penalty of
``sampling.penalised``, the mask of ``spelling.TokenAutomaton`` and what is not new.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textgen_core.kernels.exponential import exponentials
from textgen_core.kernels.logit_constraints import LogitConstraints, mixed
from textgen_core.kernels.matmul import Floats, compiled
from textgen_core.kernels.sums import mass_from
from textgen_core.text.token_text import WHOLE, Codes
from textgen_core.text.vocabulary import BOUNDARY_ID

Bits = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]
RandomStates = npt.NDArray[np.uint64]

_LARGEST_FACTOR = 1e30  # colder than any temperature; infinity times 0 is not a number
_BITS_OF_ONE = 0x3F800000
_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_S11 = np.uint64(11)


class SamplingParams(NamedTuple):
    """How ids are chosen.

    Attributes:
        mask: (states, Vp), as ``TokenAutomaton.mask``.
        next_state: (states, Vp), as ``TokenAutomaton.next_state``.
        first_state: spelling state that texts begin in.
        boundary_id: ends a text.
        widths: (Vp,), characters that an id completes where it completes one.
        strides: (Vp,), temperatures that it then takes: as many, or 1 for a word.
        temperatures: float64, cycled over the characters, or words, of a text.
        ones: (Vp,), ones: what each id counts for top_k.
        top_k: Vp keeps all.
        top_p: 1 keeps all.
        min_p: 0 keeps all.
        max_chars: characters to write, those of ``beginning`` included.
        beginning: code points that each text must begin with, which the state has not read.
    """

    mask: Floats
    next_state: Counts
    first_state: int
    boundary_id: int
    widths: Counts
    strides: Counts
    temperatures: npt.NDArray[np.float64]
    ones: Floats
    top_k: int
    top_p: float
    min_p: float
    max_chars: int
    beginning: Codes


@compiled(fused=False)
def uniform(random: RandomStates, text: int) -> float:
    """Return a number in [0, 1) and advance the text's generator (splitmix64).

    Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators".
    """
    random[text] += _GAMMA
    return float(mixed(random[text]) >> _S11) * 2.0**-53


@compiled()
def mask_logits(logits: Floats, mask: Floats) -> None:
    """Make what may not follow impossible."""
    for j in range(len(logits)):
        logits[j] += mask[j]


@compiled()
def keep_to_beginning(
    logits: Floats, beginning: Codes, written: int, guards: LogitConstraints
) -> None:
    """Make impossible what is not how a text must begin, or goes beyond it otherwise."""
    left = len(beginning) - written
    for j in range(len(logits)):
        first, size = guards.starts[j], guards.starts[j + 1] - guards.starts[j]
        fits = guards.kinds[j] == WHOLE and size > 0
        for place in range(min(size, left)):
            fits = fits and guards.codes[first + place] == beginning[written + place]
        if not fits:
            logits[j] = -np.inf


@compiled(fused=False)
def filtered(logits: Floats, scratch: Bits, temperature: float, choice: SamplingParams) -> bool:
    """Replace logits by the weights that an id is drawn with, the largest being 1.

    Returns False, the weights meaning nothing, where no id is possible.
    """
    factor = min(1.0 / temperature, _LARGEST_FACTOR)
    if exponentials(logits, factor, scratch) == -np.inf:
        return False
    bits = logits.view(np.int32)
    if choice.top_k < len(logits):
        _keep_likeliest(logits, bits, choice.ones, float(choice.top_k))
    if choice.top_p < 1:
        _keep_likeliest(logits, bits, logits, choice.top_p * mass_from(logits, bits, 0))
    if choice.min_p > 0:
        least = np.float32(choice.min_p)
        for j in range(len(logits)):
            if logits[j] < least:
                logits[j] = 0
    return True


@compiled(fused=False)
def _keep_likeliest(weights: Floats, bits: Bits, shares: Floats, wanted: float) -> None:
    """Set all to 0 but the fewest likeliest whose shares add up to ``wanted``.

    By bisection on the weights' bits, which are in their order; sorting is slower.
    """
    low, high = 0, _BITS_OF_ONE + 1
    while high - low > 1:
        middle = (low + high) // 2
        if mass_from(shares, bits, middle) >= wanted:
            low = middle
        else:
            high = middle
    mass = mass_from(shares, bits, low + 1)
    for j in range(len(weights)):
        if bits[j] < low or (bits[j] == low and mass >= wanted):
            weights[j] = 0
        elif bits[j] == low:
            mass += shares[j]


@compiled(fused=False)
def pick(weights: Floats, position: float) -> int:
    """Return the id at a position in [0, 1) of the cumulated weights."""
    target = position * mass_from(weights, weights.view(np.int32), 0)
    last = BOUNDARY_ID
    mass = 0.0
    for j in range(len(weights)):
        if weights[j] > 0:
            last = j
            mass += weights[j]
            if mass > target:
                break
    return last
