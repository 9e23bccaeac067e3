"""Compiled limits that look back at the text: repetition, copies, stop strings.

They see a text's last ids, or its characters in a ``TextHistory``, which is kept only
when something asks for it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from textgen_core.kernels.matmul import Floats, compiled
from textgen_core.model import verbatim_filter
from textgen_core.model.verbatim_filter import BASE, HASHES
from textgen_core.text.token_text import LEAD, WHOLE, Codes
from textgen_core.text.utf8_automaton import BETWEEN
from textgen_core.text.vocabulary import Ids

Counts = npt.NDArray[np.int64]

_BASE = np.uint64(BASE)
_S32, _S3 = np.uint64(32), np.uint64(3)
_ONE, _SEVEN = np.uint64(1), np.uint64(7)


class LogitConstraints(NamedTuple):
    """What is asked for, and what each id stands for.

    Attributes:
        penalty: 1 for none.
        run: characters, or words, whose repetition is not to go on.
        window: ids back to which repetition counts.
        begins: (Vp,), characters, or words, that an id begins.
        codes: as ``TokenTexts.codes``, and so the next three.
        starts: (Vp + 1,).
        kinds: (Vp,).
        bits: (Vp,).
        stops: (S, longest), code points of stop strings.
        stop_lengths: (S,).
        seen: bits of a ``VerbatimFilter``.
        run_chars: of that filter.
        novel_run: characters of a run that must be new; 0 for none.
        oldest: BASE ** (run_chars - 1), what a run's first character counts.
    """

    penalty: float
    run: int
    window: int
    begins: Counts
    codes: Codes
    starts: Counts
    kinds: Counts
    bits: Counts
    stops: Codes
    stop_lengths: Counts
    seen: npt.NDArray[np.uint8]
    run_chars: int
    novel_run: int
    oldest: np.uint64


class TextHistory(NamedTuple):
    """The characters of texts, as far as they matter.

    Attributes:
        codes: (N, C), code points: some of the prompt's, then those written; C is 0
            where nothing asks for them.
        prompt: how many are the prompt's.
        lengths: (N,), characters so far, the prompt's included.
        partial: (N,), code point of the character whose bytes are being written.
        hashes: (N,), rolling hash of the last run_chars - 1 characters.
        copied: (N,), known runs that end with the last characters, one after the other.
    """

    codes: Codes
    prompt: int
    lengths: Counts
    partial: Counts
    hashes: npt.NDArray[np.uint64]
    copied: Counts


mixed = compiled()(verbatim_filter.mixed)


@compiled()
def penalise_repetition(logits: Floats, ids: Ids, guards: LogitConstraints, marks: Ids) -> None:
    """Make less likely what followed earlier on the run that a text ends with.

    Computes what ``sampling.penalised`` specifies.

    Args:
        logits: (Vp,).
        ids: of the text so far, not all need be given.
        guards: what is asked for.
        marks: (Vp,), scratch.
    """
    size = begun = 0
    while size < len(ids) and begun < guards.run:
        size += 1
        begun += guards.begins[ids[-size]]
    if begun < guards.run:
        return
    for j in range(len(marks)):
        marks[j] = 0
    penalty = np.float32(guards.penalty)
    for place in range(size, len(ids)):
        back = 1
        while back <= size and ids[place - back] == ids[len(ids) - back]:
            back += 1
        j = ids[place]
        if back > size and not marks[j]:
            marks[j] = 1
            logits[j] = logits[j] / penalty if logits[j] > 0 else logits[j] * penalty


@compiled()
def forbid_copies(
    logits: Floats, next_state: Counts, trail: TextHistory, text: int, guards: LogitConstraints
) -> None:
    """Make impossible each character that would complete a run that is not new.

    Of tokens of several characters only the one that is drawn is looked at
    (``completes_copy``): there may be thousands.
    """
    most = guards.novel_run - guards.run_chars  # known runs, one after the other
    is_close = trail.copied[text] >= most and trail.lengths[text] + 1 >= guards.run_chars
    seen, kinds, starts, codes = guards.seen, guards.kinds, guards.starts, guards.codes
    shifted, partial = trail.hashes[text] * _BASE, trail.partial[text] * 64
    if not is_close:
        return
    for j in range(len(logits)):
        if logits[j] == -np.inf or kinds[j] == LEAD:
            continue
        is_char = kinds[j] != WHOLE or starts[j + 1] - starts[j] == 1
        if is_char and next_state[j] == BETWEEN:
            code = codes[starts[j]] if kinds[j] == WHOLE else partial + guards.bits[j]
            if _is_known(seen, shifted + mixed(np.uint64(code) + _ONE)):
                logits[j] = -np.inf


@compiled()
def completes_copy(trail: TextHistory, text: int, char_id: int, guards: LogitConstraints) -> bool:
    """Tell whether a token of several characters completes a run that is not new."""
    first, last = guards.starts[char_id], guards.starts[char_id + 1]
    if last - first < 2:
        return False
    most = guards.novel_run - guards.run_chars
    return bool(_rolled(trail, text, guards, guards.codes, first, last)[2] > most)


@compiled()
def take_in(
    trail: TextHistory, text: int, char_id: int, complete: int, guards: LogitConstraints
) -> bool:
    """Add an id to a text's trail; tell whether a stop string is complete.

    Args:
        trail: changed.
        text: which one.
        char_id: what was drawn.
        complete: 0 within the bytes of a character.
        guards: what is asked for.
    """
    kind, before = guards.kinds[char_id], trail.lengths[text]
    if kind == WHOLE:
        add_chars(
            trail, text, guards, guards.codes, guards.starts[char_id], guards.starts[char_id + 1]
        )
    elif kind == LEAD:
        trail.partial[text] = guards.bits[char_id]
    else:
        trail.partial[text] = trail.partial[text] * 64 + guards.bits[char_id]
        if complete:
            one = np.empty(1, np.int32)
            one[0] = trail.partial[text]
            add_chars(trail, text, guards, one, 0, 1)
    return bool(complete) and _stops(trail, text, guards, before)


@compiled()
def add_chars(
    trail: TextHistory, text: int, guards: LogitConstraints, codes: Codes, first: int, last: int
) -> None:
    """Add ``codes[first:last]`` to a text's trail."""
    if guards.novel_run:
        rolled = _rolled(trail, text, guards, codes, first, last)
        trail.hashes[text], trail.copied[text] = rolled[0], rolled[1]
    length = trail.lengths[text]
    for j in range(first, last):
        trail.codes[text, length + j - first] = codes[j]
    trail.lengths[text] = length + last - first


@compiled()
def _rolled(
    trail: TextHistory, text: int, guards: LogitConstraints, codes: Codes, first: int, last: int
) -> tuple[np.uint64, np.int64, np.int64]:
    """Return the hash, the count of copied runs and its largest value after more characters."""
    value, copied = trail.hashes[text], trail.copied[text]
    length = trail.lengths[text]
    largest = np.int64(0)
    for j in range(first, last):
        value = value * _BASE + mixed(np.uint64(codes[j]) + _ONE)
        begin = length + j - first + 1 - guards.run_chars
        if begin < 0:
            continue
        copied = copied + 1 if _is_known(guards.seen, value) else np.int64(0)
        largest = max(largest, copied)
        oldest = trail.codes[text, begin] if begin < length else codes[first + begin - length]
        value -= mixed(np.uint64(oldest) + _ONE) * guards.oldest
    return value, copied, largest


@compiled()
def _is_known(seen: npt.NDArray[np.uint8], run: np.uint64) -> bool:
    """Tell whether a filter knows a run by its hash; as ``VerbatimFilter.knows``."""
    place = mixed(run)
    step = (place >> _S32) | _ONE
    last = np.uint64(8 * len(seen) - 1)
    for _ in range(HASHES):
        at = place & last
        if not (np.uint64(seen[at >> _S3]) >> (at & _SEVEN)) & _ONE:
            return False
        place += step
    return True


@compiled()
def _stops(trail: TextHistory, text: int, guards: LogitConstraints, before: int) -> bool:
    """Tell whether a stop string ends in what is written after the first ``before`` characters."""
    for length in range(before + 1, trail.lengths[text] + 1):
        for i in range(len(guards.stop_lengths)):
            size = guards.stop_lengths[i]
            if length - trail.prompt < size:
                continue
            same = int(np.int64(0))
            while same < size and guards.stops[i, same] == trail.codes[text, length - size + same]:
                same += 1
            if same == size:
                return True
    return False
