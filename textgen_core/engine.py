"""Text out of a checkpoint, without Keras: a cell step a character.

A causal model takes one, textgenrnn's models one for each place of the window.

Numba is imported when the first Engine is made, not before: that takes about a
second. The kernels compile on their first use ever and come from Numba's cache
from then on.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from textgen_core.checkpoint import Checkpoint, FloatArray
from textgen_core.layout import lay_out
from textgen_core.sampling import check_temperature, check_top_k, check_top_p, is_whole
from textgen_core.spelling import BETWEEN, OPENING, spelling_rules
from textgen_core.vocabulary import Ids

if TYPE_CHECKING:
    from textgen_core.networks import AnyNetwork

MAX_TEXTS = 10_000
MAX_CHARS = 100_000
_GROUP_TEXTS = 256  # bounds the memory that ids take
_ROWS = 32  # windows read side by side, if there are no more in a text
_MAX_IDS_PER_CHAR = 4


@dataclass(frozen=True, slots=True)
class GenerationOptions:
    """What to write and how to draw its characters.

    Attributes:
        n: number of texts, 1 to 10,000.
        prompt: how each text begins; part of the result.
        temperature: above 0; several are cycled over the characters after the prompt.
        top_k: draw from the k likeliest ids only; None from all.
        top_p: draw from the smallest set of ids with this mass, in (0, 1].
        max_chars: characters to write after the prompt, at most; 1 to 100,000.
        seed: the same seed gives the same texts, in [0, 2**64); None new ones.

    Raises:
        ValueError: one of them is outside its range.
    """

    n: int = 1
    prompt: str = ""
    temperature: float | tuple[float, ...] = 0.7
    top_k: int | None = None
    top_p: float | None = None
    max_chars: int = 300
    seed: int | None = None

    def __post_init__(self) -> None:
        _check_whole("n", self.n, MAX_TEXTS)
        _check_whole("max_chars", self.max_chars, MAX_CHARS)
        if not self.temperatures:
            raise ValueError("temperature must be a number or several, got none")
        for temperature in self.temperatures:
            check_temperature(temperature)
        check_top_k(self.top_k)
        check_top_p(self.top_p)
        if self.seed is not None and not (is_whole(self.seed) and 0 <= self.seed < 2**64):
            raise ValueError(f"seed must be a whole number in [0, 2**64), got {self.seed!r}")
        if any("\ud800" <= char <= "\udfff" for char in self.prompt):
            raise ValueError(f"prompt must be Unicode text, got half a character: {self.prompt!r}")

    @property
    def temperatures(self) -> tuple[float, ...]:
        """The temperature or temperatures, always as a tuple."""
        if isinstance(self.temperature, Sequence):
            return tuple(self.temperature)
        return (self.temperature,)


def _check_whole(name: str, value: int, most: int) -> None:
    if not is_whole(value) or not 1 <= value <= most:
        raise ValueError(f"{name} must be a whole number in [1, {most}], got {value!r}")


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What the network remembers of a text; belongs to the engine that made it.

    Attributes:
        values: float32, one row, not to be written to.
    """

    values: FloatArray


class Engine:
    """A model ready to write; immutable, so that threads can share it.

    All the work happens without the GIL.

    Args:
        checkpoint: the model.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self._network = lay_out(checkpoint)
        self._rules = spelling_rules(checkpoint.vocabulary, self._columns)
        self._blank = _blank(self._network)
        self._widths = np.ones(self._columns, np.int64)
        self._widths[: checkpoint.vocabulary.size] = checkpoint.vocabulary.widths

    @property
    def checkpoint(self) -> Checkpoint:
        """The model that the engine was made from."""
        return self._checkpoint

    def generate(self, options: GenerationOptions) -> list[str]:
        """Write texts, each from the prompt to its ``<s>`` or to the longest length.

        A text is the prompt and what follows. Without a prompt it begins with
        neither ``<s>`` nor white space, so that there is something to see. The
        length is counted in characters, and only complete ones are written.
        Text i is the same for every n and number of threads.
        """
        vocabulary = self._checkpoint.vocabulary
        seed = secrets.randbits(64) if options.seed is None else int(options.seed)
        start = self.feed(self._blank, vocabulary.encode_message(options.prompt)[:-1])
        texts: list[str] = []
        for first in range(0, options.n, _GROUP_TEXTS):
            numbers = range(first, min(first + _GROUP_TEXTS, options.n))
            for ids in self._write(options, start, [_mixed(seed, i) for i in numbers]):
                texts.append(vocabulary.joined(options.prompt, ids))
        return texts

    def start(self) -> State:
        """Return the state at the beginning of a text, after its ``<s>``."""
        return self.feed(self._blank, [self._checkpoint.vocabulary.boundary_id])

    def feed(self, state: State, ids: Sequence[int] | Ids) -> State:
        """Return the state after reading ids; the one given stays as it is.

        Raises:
            ValueError: an id is not of this vocabulary.
        """
        from textgen_core.networks import at_turn_0, products_scratch, read

        given = np.array(ids, dtype=np.int32).reshape(-1)
        size = self._checkpoint.vocabulary.size
        if given.size and not (given.min() >= 0 and given.max() < size):
            raise ValueError(f"ids must be in [0, {size}), got {given.min()} to {given.max()}")
        values = state.values.copy()
        read(self._network, values, given, products_scratch(self._network, 1))
        return State(at_turn_0(self._network, values, len(given) % self._network.turns))

    def probs(self, state: State) -> npt.NDArray[np.float64]:
        """Return the model's distribution of the next id, shape (V,), unfiltered."""
        from textgen_core.networks import last_logits

        logits = np.empty((1, self._columns), np.float32)
        last_logits(self._network, state.values, logits)
        scores = logits[0, : self._checkpoint.vocabulary.size].astype(np.float64)
        probs: npt.NDArray[np.float64] = np.exp(scores - scores.max())
        probs /= probs.sum()
        return probs

    @property
    def _columns(self) -> int:
        return len(self._network.output_bias)

    def _write(self, options: GenerationOptions, start: State, seeds: list[int]) -> list[Ids]:
        from textgen_core.drawing import Choice, Texts, write_texts
        from textgen_core.networks import products_scratch

        choice = Choice(
            self._rules.mask,
            self._rules.next_state,
            BETWEEN if options.prompt.strip() else OPENING,
            self._checkpoint.vocabulary.boundary_id,
            self._widths,
            np.array(options.temperatures, np.float64),
            np.ones(self._columns, np.float32),
            min(self._columns, options.top_k or self._columns),
            float(options.top_p or 1),
            int(options.max_chars),
        )
        texts = Texts(
            np.empty((len(seeds), _MAX_IDS_PER_CHAR * options.max_chars), np.int32),
            np.zeros(len(seeds), np.int64),
            np.array(seeds, np.uint64),
        )
        rows = min(max(1, _ROWS // self._network.turns), len(seeds))
        write_texts(
            self._network,
            choice,
            start.values[0],
            texts,
            np.empty((rows, start.values.shape[1]), np.float32),
            products_scratch(self._network, rows),
            np.empty((rows, self._columns), np.float32),
            np.empty(self._columns, np.int32),
        )
        return [ids[:length] for ids, length in zip(texts.ids, texts.lengths, strict=True)]


def _blank(network: AnyNetwork) -> State:
    from textgen_core.networks import blank_state

    return State(blank_state(network))


def _mixed(seed: int, number: int) -> int:
    """Return where text ``number``'s generator starts: far from every other's."""
    return _scrambled(_scrambled(seed) ^ _scrambled(number + 2**32))


def _scrambled(value: int) -> int:
    """Return splitmix64's output for a state; a bijection of [0, 2**64)."""
    z = (value + 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    return z ^ (z >> 31)
