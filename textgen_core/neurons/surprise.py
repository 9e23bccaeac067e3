"""How surprised a model is by each character of a text, and what it expected instead."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from textgen_core.evaluation.scoring import costs_of_encoded
from textgen_core.generation.engine import Engine
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.neurons.alignment import AlignedText, aligned
from textgen_core.text.legacy_vocabulary import LegacyVocabulary
from textgen_core.text.special_tokens import EMOJI, LINK, MENTION
from textgen_core.text.token_text import is_part
from textgen_core.text.tokenizer import Tokenizer
from textgen_core.text.vocabulary import PADDING_ID

END = "⏎"  # shown for the end of a text
SHOWN_AS = {MENTION: "@", LINK: "↗", EMOJI: ":", "\n": "↵", "\t": "⇥"}
MAX_CHARS = 1_000
GUESSES = 3


@dataclass(frozen=True, slots=True)
class Guess:
    """What a model thought likely in a place.

    Attributes:
        text: a character, a piece of a word or a word; ``END`` for the end of the text.
        prob: its probability.
    """

    text: str
    prob: float


@dataclass(frozen=True, slots=True)
class WorstPlace:
    """A character that surprised, and what was expected there.

    Attributes:
        char: its place in the text.
        bits: those of the id that it begins.
        guesses: the likeliest first.
    """

    char: int
    bits: float
    guesses: tuple[Guess, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Surprise:
    """The bits of a text.

    Attributes:
        text: as the model sees it; see ``AlignedText``.
        bits: (characters,), what each cost; 0 where it was read but not scored, as
            textgenrnn's models lack it.
        end_bits: what the end cost.
        bits_per_char: of all, the end included.
        worst: the places that cost the most, in the text's order.
    """

    text: str
    bits: npt.NDArray[np.float64]
    end_bits: float
    bits_per_char: float
    worst: tuple[WorstPlace, ...]


def surprise(checkpoint: Checkpoint, text: str, *, places: int = 3) -> Surprise:
    """Return the bits of each character of a text, of any model.

    Args:
        checkpoint: the model.
        text: 1 to 1,000 characters.
        places: of how many characters, at most, the guesses are wanted.

    Raises:
        ValueError: the text is empty or too long.
    """
    check_text(text)
    read = aligned(checkpoint.vocabulary, text)
    (nats,) = costs_of_encoded(checkpoint, [read.ids])
    bits = nats / math.log(2)
    return Surprise(
        read.text,
        read.spread(bits[1:-1]),
        float(bits[-1]),
        float(bits.sum()) / checkpoint.vocabulary.measure(text)[0],
        _worst(checkpoint, read, bits, places),
    )


def check_text(text: str) -> None:
    """Raise ValueError unless a text can be looked at."""
    if not 1 <= len(text) <= MAX_CHARS or not text.strip():
        raise ValueError(f"the text must have 1 to {MAX_CHARS:,} characters, got {len(text):,}")


def shown(text: str) -> str:
    """Return a text of as many characters, with signs for marks and for what cannot be seen."""
    return "".join(SHOWN_AS.get(char, char if char.isprintable() else "·") for char in text)


def _worst(
    checkpoint: Checkpoint, read: AlignedText, bits: npt.NDArray[np.float64], places: int
) -> tuple[WorstPlace, ...]:
    vocabulary = checkpoint.vocabulary
    engine = Engine(replace(checkpoint, seen=None, taste=None))
    # A character of several bytes is guessed at its first.
    begins = np.diff(read.starts, prepend=-1) > 0
    costs = np.where(begins, bits[1:-1], 0)
    chosen = sorted(int(i) for i in np.argsort(-costs, kind="stable")[:places] if costs[i] > 0)
    found = []
    for number in chosen:
        state = engine.feed(engine.start(), read.ids[1 : number + 1])
        guesses = _guesses(vocabulary, engine.probs(state))
        found.append(WorstPlace(int(read.starts[number]), float(bits[number + 1]), guesses))
    return tuple(found)


def _guesses(vocabulary: Tokenizer, probs: npt.NDArray[np.float64]) -> tuple[Guess, ...]:
    guesses: list[Guess] = []
    for token in np.argsort(-probs, kind="stable"):
        if len(guesses) == GUESSES:
            break
        text = _text_of(vocabulary, int(token))
        if text:
            guesses.append(Guess(text, float(probs[token])))
    return tuple(guesses)


def _text_of(vocabulary: Tokenizer, token: int) -> str:
    """Return what an id is shown as; nothing for a part of a character and for padding."""
    if token == vocabulary.boundary_id and token != PADDING_ID:
        return END
    data = vocabulary.token_bytes[token]
    if is_part(data) and not isinstance(vocabulary, LegacyVocabulary):
        return ""
    return shown(data.decode("utf-8", "replace"))
