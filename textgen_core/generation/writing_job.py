"""What the texts of one call have in common, and how each of them ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from textgen_core.generation.options import GenerationOptions
from textgen_core.model.quantization import FloatArray
from textgen_core.model.verbatim_filter import mixed
from textgen_core.text.sentences import before_stop, whole_sentences
from textgen_core.text.utf8_automaton import TokenAutomaton
from textgen_core.text.vocabulary import Ids


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What the network remembers of a text; belongs to the engine that made it.

    Attributes:
        values: float32, one row, not to be written to.
    """

    values: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class WritingJob:
    """What all texts of one call begin with.

    Attributes:
        options: as they were given.
        start: the state after what is read of the prompt.
        read: that; the rest is written again.
        last_ids: ids of the prompt's end, as far as they are looked back at.
        rules: which characters may be spelled.
        one_word: whether a text ends after its first word.
    """

    options: GenerationOptions
    start: State
    read: str
    last_ids: Ids
    rules: TokenAutomaton
    one_word: bool = False

    @property
    def unread(self) -> str:
        """What the texts begin with, to the end of the prompt."""
        return self.options.prompt[len(self.read) :]


def ended(written: str, is_finished: bool, options: GenerationOptions) -> str:
    """Return what is left of a written text by the rules for its end."""
    stopped = before_stop(written, options.stop)
    if stopped is not None:
        return stopped
    if options.whole_sentences and not is_finished:
        return whole_sentences(written)
    return written


def seed_of_text(seed: int, number: int) -> int:
    """Return where text ``number``'s generator starts: far from every other's."""
    return _scrambled(_scrambled(seed) ^ _scrambled(number + 2**32))


def _scrambled(value: int) -> int:
    """Return splitmix64's output for a state."""
    state = np.array([(value + 0x9E3779B97F4A7C15) % 2**64], np.uint64)
    return int(mixed(state)[0])
