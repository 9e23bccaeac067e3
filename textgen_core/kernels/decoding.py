"""Compiled drawing of ids, and the loop that writes texts with it.

Computes what ``sampling.next_char_probs`` specifies, after the penalty of
``sampling.penalised``, the mask of ``spelling.TokenAutomaton`` and what is not new.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textgen_core.kernels.exponential import exponentials, mass_from
from textgen_core.kernels.logit_constraints import (
    LogitConstraints,
    TextHistory,
    completes_copy,
    forbid_copies,
    mixed,
    penalise_repetition,
    take_in,
)
from textgen_core.kernels.lstm import copy
from textgen_core.kernels.matmul import Floats, compiled
from textgen_core.kernels.network import AnyNetwork, advance, logits_of
from textgen_core.text.token_text import CONTINUATION, WHOLE, Codes
from textgen_core.text.utf8_automaton import BETWEEN, OPENING
from textgen_core.text.vocabulary import BOUNDARY_ID, Ids

Bits = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]
RandomStates = npt.NDArray[np.uint64]

_LARGEST_FACTOR = 1e30  # colder than any temperature; infinity times 0 is not a number
_BITS_OF_ONE = 0x3F800000
_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_S11 = np.uint64(11)
_IMPOSSIBLE = -1  # the id that is drawn when none may follow


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


class Texts(NamedTuple):
    """Where texts are written.

    Attributes:
        ids: (N, P + at least 4 x max_chars): P of the prompt's, which repetition
            looks back at, then those written; a character takes at most four.
        lengths: (N,), ids so far, the prompt's included; P at the beginning.
        random: (N,), a generator's state for each text.
        finished: (N,), 0; becomes 1 where a text comes to its own end.
    """

    ids: Ids
    lengths: Counts
    random: RandomStates
    finished: Counts


@compiled()
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


@compiled()
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
def _draw(
    choice: SamplingParams,
    guards: LogitConstraints,
    trail: TextHistory,
    texts: Texts,
    text: int,
    spelling: int,
    place: int,
    written: int,
    logits: Floats,
    scratch: Bits,
) -> int:
    """Return a text's next id, or _IMPOSSIBLE."""
    if guards.penalty > 1:
        length = texts.lengths[text]
        last = texts.ids[text, max(0, length - guards.window) : length]
        penalise_repetition(logits, last, guards, scratch)
    mask_logits(logits, choice.mask[spelling])
    if written < len(choice.beginning):
        keep_to_beginning(logits, choice.beginning, written, guards)
    temperature = choice.temperatures[place % len(choice.temperatures)]
    if not guards.novel_run:
        if not filtered(logits, scratch, temperature, choice):
            return _IMPOSSIBLE
        return pick(logits, uniform(texts.random, text))
    forbid_copies(logits, choice.next_state[spelling], trail, text, guards)
    possible = logits.copy()
    while filtered(logits, scratch, temperature, choice):
        char_id = pick(logits, uniform(texts.random, text))
        if not completes_copy(trail, text, char_id, guards):
            return char_id
        possible[char_id] = -np.inf
        copy(possible, logits)
    return _IMPOSSIBLE


@compiled()
def _goes_on(
    choice: SamplingParams,
    guards: LogitConstraints,
    trail: TextHistory,
    texts: Texts,
    text: int,
    char_id: int,
    written: int,
    complete: int,
) -> bool:
    """Add an id to its text; tell whether another may follow.

    Args:
        choice: how ids are drawn.
        guards: what looks back at the text.
        trail: changed.
        texts: changed.
        text: which one.
        char_id: what was drawn.
        written: characters written with it.
        complete: 0 within the bytes of a character.
    """
    if char_id == choice.boundary_id:
        texts.finished[text] = 1
        return False
    if written > choice.max_chars:
        return False
    texts.ids[text, texts.lengths[text]] = char_id
    texts.lengths[text] += 1
    if trail.codes.shape[1] and take_in(trail, text, char_id, complete, guards):
        return False
    return written < choice.max_chars


@compiled()
def drop_part_of_char(texts: Texts, text: int, spelling: int, guards: LogitConstraints) -> None:
    """Take back the bytes of a character that cannot be completed."""
    if spelling <= OPENING:
        return
    while guards.kinds[texts.ids[text, texts.lengths[text] - 1]] == CONTINUATION:
        texts.lengths[text] -= 1
    texts.lengths[text] -= 1


@compiled()
def write_texts(
    network: AnyNetwork,
    choice: SamplingParams,
    guards: LogitConstraints,
    start: Floats,
    texts: Texts,
    trail: TextHistory,
    states: Floats,
    z: Floats,
    logits: Floats,
    scratch: Bits,
) -> None:
    """Write every text to its end; as one ends, the next takes its place.

    Args:
        network: the weights.
        choice: how ids are drawn.
        guards: what looks back at the text.
        start: (S,), the state after the prompt, at turn 0.
        texts: filled.
        trail: filled.
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
            char_id = _draw(
                choice,
                guards,
                trail,
                texts,
                text,
                spelling[row],
                places[row],
                chars[row],
                logits[row],
                scratch,
            )
            if char_id == _IMPOSSIBLE:
                drop_part_of_char(texts, text, spelling[row], guards)
                continue
            state = choice.next_state[spelling[row], char_id]
            complete = int(state == BETWEEN)
            written = chars[row] + complete * choice.widths[char_id]
            if not _goes_on(choice, guards, trail, texts, text, char_id, written, complete):
                continue
            if going_on != row:
                copy(states[row], states[going_on])
            text_of[going_on], spelling[going_on], chars[going_on] = text, state, written
            places[going_on] = places[row] + complete * choice.strides[char_id]
            ids[going_on] = char_id
            going_on += 1
        advance(network, states, ids, z, going_on, turn)
        turn = (turn + 1) % network.turns
        rows = going_on
