"""The compiled loop that writes texts: B side by side, each drawn by ``decoding``."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from textgen_core.kernels.decoding import (
    Bits,
    Counts,
    RandomStates,
    SamplingParams,
    filtered,
    keep_to_beginning,
    mask_logits,
    pick,
    uniform,
)
from textgen_core.kernels.logit_constraints import (
    LogitConstraints,
    TextHistory,
    completes_copy,
    forbid_copies,
    penalise_repetition,
    take_in,
)
from textgen_core.kernels.lstm import copy
from textgen_core.kernels.matmul import Floats, compiled
from textgen_core.kernels.network import AnyNetwork, advance, logits_of
from textgen_core.text.token_text import CONTINUATION
from textgen_core.text.utf8_automaton import BETWEEN, OPENING
from textgen_core.text.vocabulary import Ids

_IMPOSSIBLE = -1  # the id that is drawn when none may follow


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


class Rows(NamedTuple):
    """What is known of the texts that are written side by side, B of them.

    Attributes:
        texts: (B,), which text a row holds.
        spelling: (B,), states of ``SamplingParams.mask``.
        chars: (B,), characters written.
        places: (B,), where each text is among the temperatures.
        ids: (B,), int32, the ids drawn last.
    """

    texts: Counts
    spelling: Counts
    chars: Counts
    places: Counts
    ids: Ids


@compiled()
def _rows(count: int) -> Rows:
    return Rows(
        np.empty(count, np.int64),
        np.empty(count, np.int64),
        np.empty(count, np.int64),
        np.empty(count, np.int64),
        np.empty(count, np.int32),
    )


@compiled()
def _begin(rows: Rows, row: int, text: int, first_state: int) -> None:
    rows.texts[row] = text
    rows.spelling[row] = first_state
    rows.chars[row] = rows.places[row] = 0


@compiled()
def _take_step(
    choice: SamplingParams,
    guards: LogitConstraints,
    trail: TextHistory,
    texts: Texts,
    rows: Rows,
    row: int,
    to: int,
    logits: Floats,
    scratch: Bits,
) -> bool:
    """Draw a row's next id; where its text goes on, note that at row ``to`` and return True."""
    text, spelling, place = rows.texts[row], rows.spelling[row], rows.places[row]
    drawn = _draw(
        choice, guards, trail, texts, text, spelling, place, rows.chars[row], logits, scratch
    )
    if drawn == _IMPOSSIBLE:
        drop_part_of_char(texts, text, spelling, guards)
        return False
    state = choice.next_state[spelling, drawn]
    complete = int(state == BETWEEN)
    chars = rows.chars[row] + complete * choice.widths[drawn]
    if not _goes_on(choice, guards, trail, texts, text, drawn, chars, complete):
        return False
    rows.texts[to], rows.spelling[to], rows.chars[to] = text, state, chars
    rows.places[to] = place + complete * choice.strides[drawn]
    rows.ids[to] = drawn
    return True


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
    rows = _rows(len(states))
    count = begun = turn = int(np.int64(0))  # a plain 0 would compile the callees twice
    while True:
        while count < len(states) and begun < len(texts.lengths):
            copy(start[: len(start) - turn * window], states[count, turn * window :])
            copy(start[len(start) - turn * window :], states[count])
            _begin(rows, count, begun, choice.first_state)
            count += 1
            begun += 1
        if count == 0:
            return
        logits_of(network, states, logits, count, turn)
        going_on = int(np.int64(0))
        for row in range(count):
            if _take_step(choice, guards, trail, texts, rows, row, going_on, logits[row], scratch):
                if going_on != row:
                    copy(states[row], states[going_on])
                going_on += 1
        advance(network, states, rows.ids, z, going_on, turn)
        turn = (turn + 1) % network.turns
        count = going_on
