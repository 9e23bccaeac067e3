"""Compiled drawing of ids, and the loop that writes texts with it.

Computes what ``sampling.next_char_probs`` specifies, after the mask of
``spelling.SpellingRules``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textgen_core.kernels import copy, exponentials, mass_from
from textgen_core.networks import AnyNetwork, advance, logits_of
from textgen_core.products import Floats, compiled
from textgen_core.spelling import BETWEEN
from textgen_core.vocabulary import BOUNDARY_ID, Ids

Bits = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]
RandomStates = npt.NDArray[np.uint64]

_LARGEST_FACTOR = 1e30  # colder than any temperature; infinity times 0 is not a number
_BITS_OF_ONE = 0x3F800000
_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = (np.uint64(bits) for bits in (30, 27, 31, 11))


class Choice(NamedTuple):
    """How ids are chosen.

    Attributes:
        mask: (states, Vp), as ``SpellingRules.mask``.
        next_state: (states, Vp), as ``SpellingRules.next_state``.
        first_state: spelling state that texts begin in.
        boundary_id: ends a text.
        widths: (Vp,), characters that an id completes where it completes one.
        temperatures: float64, cycled over the characters, or words, of a text.
        ones: (Vp,), ones: what each id counts for top_k.
        top_k: Vp keeps all.
        top_p: 1 keeps all.
        max_chars: characters to write.
    """

    mask: Floats
    next_state: Counts
    first_state: int
    boundary_id: int
    widths: Counts
    temperatures: npt.NDArray[np.float64]
    ones: Floats
    top_k: int
    top_p: float
    max_chars: int


class Texts(NamedTuple):
    """Where texts are written.

    Attributes:
        ids: (N, at least 4 x max_chars); a character takes at most four ids.
        lengths: (N,), ids written so far.
        random: (N,), a generator's state for each text.
    """

    ids: Ids
    lengths: Counts
    random: RandomStates


@compiled()
def uniform(random: RandomStates, text: int) -> float:
    """Return a number in [0, 1) and advance the text's generator (splitmix64).

    Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators".
    """
    random[text] += _GAMMA
    z = random[text]
    z = (z ^ (z >> _S30)) * _MIX_1
    z = (z ^ (z >> _S27)) * _MIX_2
    return float((z ^ (z >> _S31)) >> _S11) * 2.0**-53


@compiled()
def mask_logits(logits: Floats, mask: Floats) -> None:
    """Make what may not follow impossible."""
    for j in range(len(logits)):
        logits[j] += mask[j]


@compiled()
def filtered(logits: Floats, scratch: Bits, temperature: float, choice: Choice) -> None:
    """Replace logits by the weights that an id is drawn with, the largest being 1."""
    exponentials(logits, min(1.0 / temperature, _LARGEST_FACTOR), scratch)
    bits = logits.view(np.int32)
    if choice.top_k < len(logits):
        _keep_likeliest(logits, bits, choice.ones, float(choice.top_k))
    if choice.top_p < 1:
        _keep_likeliest(logits, bits, logits, choice.top_p * mass_from(logits, bits, 0))


@compiled()
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


@compiled()
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


@compiled()
def write_texts(
    network: AnyNetwork,
    choice: Choice,
    start: Floats,
    texts: Texts,
    states: Floats,
    z: Floats,
    logits: Floats,
    scratch: Bits,
) -> None:
    """Write every text to its end; as one ends, the next takes its place.

    Args:
        network: the weights.
        choice: how ids are drawn.
        start: (S,), the state after the prompt, at turn 0.
        texts: filled.
        states: (B, S), scratch, as the rest: B texts are written side by side.
        z: as ``products_scratch``.
        logits: (B, Vp).
        scratch: (Vp,).
    """
    window = len(start) // network.turns
    text_of = np.empty(len(states), np.int64)
    spelling = np.empty(len(states), np.int64)
    chars = np.empty(len(states), np.int64)
    places = np.empty(len(states), np.int64)
    ids = np.empty(len(states), np.int32)
    rows = begun = turn = int(np.int64(0))  # a plain 0 would compile the callees twice
    while True:
        while rows < len(states) and begun < len(texts.lengths):
            copy(start[: len(start) - turn * window], states[rows, turn * window :])
            copy(start[len(start) - turn * window :], states[rows])
            text_of[rows], spelling[rows] = begun, choice.first_state
            chars[rows] = places[rows] = 0
            rows += 1
            begun += 1
        if rows == 0:
            return
        logits_of(network, states, logits, rows, turn)
        going_on = int(np.int64(0))
        for row in range(rows):
            text = text_of[row]
            mask_logits(logits[row], choice.mask[spelling[row]])
            temperature = choice.temperatures[places[row] % len(choice.temperatures)]
            filtered(logits[row], scratch, temperature, choice)
            char_id = pick(logits[row], uniform(texts.random, text))
            state = choice.next_state[spelling[row], char_id]
            complete = int(state == BETWEEN)
            written = chars[row] + complete * choice.widths[char_id]
            if char_id == choice.boundary_id or written > choice.max_chars:
                continue
            texts.ids[text, texts.lengths[text]] = char_id
            texts.lengths[text] += 1
            if written == choice.max_chars:
                continue
            if going_on != row:
                copy(states[row], states[going_on])
            text_of[going_on], spelling[going_on], chars[going_on] = text, state, written
            places[going_on] = places[row] + complete
            ids[going_on] = char_id
            going_on += 1
        advance(network, states, ids, z, going_on, turn)
        turn = (turn + 1) % network.turns
        rows = going_on
