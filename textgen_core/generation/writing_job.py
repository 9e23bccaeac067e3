"""What the texts of one call have in common, and how each of them ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from textgen_core.generation.options import GenerationOptions
from textgen_core.generation.sampling import COLDEST
from textgen_core.model.quantization import FloatArray
from textgen_core.model.verbatim_filter import mixed
from textgen_core.text.sentences import before_stop, whole_sentences
from textgen_core.text.token_text import code_points, space_after
from textgen_core.text.tokenizer import Tokenizer
from textgen_core.text.utf8_automaton import BETWEEN, OPENING, TokenAutomaton
from textgen_core.text.vocabulary import Ids

if TYPE_CHECKING:
    from textgen_core.kernels.decoding import SamplingParams


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


def sampling_params(
    job: WritingJob, vocabulary: Tokenizer, widths: npt.NDArray[np.int64]
) -> SamplingParams:
    """Return how a job's ids are chosen, as the kernels read it.

    Args:
        job: what is written.
        vocabulary: of the model.
        widths: (Vp,), characters that each id completes.
    """
    from textgen_core.kernels.decoding import SamplingParams

    options, columns = job.options, len(widths)
    return SamplingParams(
        job.rules.mask,
        job.rules.next_state,
        BETWEEN if options.prompt.strip() else OPENING,
        vocabulary.boundary_id,
        np.ones_like(widths) if job.one_word else widths,
        np.ones_like(widths) if space_after(vocabulary) else widths,
        np.maximum(options.temperatures, COLDEST, dtype=np.float64),
        np.ones(columns, np.float32),
        min(columns, options.top_k or columns),
        float(options.top_p or 1),
        float(options.min_p or 0),
        1 if job.one_word else len(job.unread) + int(options.max_chars),
        code_points(job.unread),
    )


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
