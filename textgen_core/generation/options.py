"""What to write and how to draw its characters, as plain checked values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textgen_core.generation.sampling import (
    check_min_p,
    check_repetition_penalty,
    check_temperature,
    check_top_k,
    check_top_p,
    is_whole,
)
from textgen_core.text.special_tokens import AUTHOR_TOKENS

MAX_TEXTS = 10_000
MAX_CHARS = 100_000
MAX_LISTED_CHARS = 10_000  # each can take a row of the spelling table
MAX_STOPS = 32
MAX_STOP_CHARS = 500


@dataclass(frozen=True, slots=True)
class GenerationOptions:
    """What to write and how to draw its characters.

    None of the limits touches the prompt, which stays as it was given.

    Attributes:
        n: number of texts, 1 to 10,000.
        prompt: how each text begins; part of the result.
        temperature: from 0, where the likeliest is always taken; several are cycled over
            the characters after the prompt.
        top_k: draw from the k likeliest ids only; None from all.
        top_p: draw from the smallest set of ids with this mass, in (0, 1].
        min_p: draw from the ids with at least this share of the likeliest one's
            probability, in (0, 1].
        repetition_penalty: at least 1; what would continue a run of characters, or
            words, that the text already has becomes less likely, as
            ``sampling.penalised`` says. 1 changes nothing.
        max_chars: characters to write after the prompt, at most; 1 to 100,000.
        banned_chars: characters never written, however they are spelled.
        allowed_chars: the only characters written, less the banned ones; None all.
            In a model of words those two rule out words; the spaces between words
            are not drawn, and stay.
        stop: a text ends before the first of these strings that appears after the
            prompt, and without it; up to 32 of 1 to 500 characters.
        whole_sentences: a text that does not come to its own end (by ``<s>`` or
            by a stop string) is cut after its last whole sentence, as
            ``endings.whole_sentences`` says.
        novel_run: every run of this many characters that is written is new: it
            stands nowhere in the training text. Runs that begin in the prompt
            count. A text ends where nothing new can follow. Needs a model that
            carries a ``VerbatimFilter``, and is at least that filter's ``run_chars``.
        voice: the mark (text/special_tokens.py) of whose way it is written in, no part of the text;
            empty for nobody's.
        seed: the same seed gives the same texts, in [0, 2**64); None new ones.

    Raises:
        ValueError: one of them is outside its range.
    """

    n: int = 1
    prompt: str = ""
    temperature: float | tuple[float, ...] = 0.7
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float = 1.0
    max_chars: int = 300
    banned_chars: str = ""
    allowed_chars: str | None = None
    stop: tuple[str, ...] = ()
    whole_sentences: bool = False
    novel_run: int | None = None
    voice: str = ""
    seed: int | None = None

    def __post_init__(self) -> None:
        _check_whole("n", self.n, MAX_TEXTS)
        _check_whole("max_chars", self.max_chars, MAX_CHARS)
        self._check_drawing()
        self._check_characters()
        self._check_ends()
        if self.seed is not None and not (is_whole(self.seed) and 0 <= self.seed < 2**64):
            raise ValueError(f"seed must be a whole number in [0, 2**64), got {self.seed!r}")
        if any("\ud800" <= char <= "\udfff" for char in self.prompt):
            raise ValueError(f"prompt must be Unicode text, got half a character: {self.prompt!r}")

    def _check_drawing(self) -> None:
        if not self.temperatures:
            raise ValueError("temperature must be a number or several, got none")
        for temperature in self.temperatures:
            check_temperature(temperature)
        check_top_k(self.top_k)
        check_top_p(self.top_p)
        check_min_p(self.min_p)
        check_repetition_penalty(self.repetition_penalty)

    def _check_characters(self) -> None:
        for name in ("banned_chars", "allowed_chars"):
            value = getattr(self, name)
            if value is None and name == "allowed_chars":
                continue
            if not isinstance(value, str) or len(value) > MAX_LISTED_CHARS:
                given = f"{len(value):,}" if isinstance(value, str) else repr(value)
                raise ValueError(
                    f"{name} must be up to {MAX_LISTED_CHARS:,} characters, got {given}"
                )
        if self.voice and self.voice not in AUTHOR_TOKENS:
            raise ValueError(f"voice must be the mark of a voice, got {self.voice!r}")
        if self.allowed_chars == "":
            raise ValueError("allowed_chars must name a character, got none")

    def _check_ends(self) -> None:
        if not isinstance(self.stop, tuple) or len(self.stop) > MAX_STOPS:
            raise ValueError(
                f"stop must be a tuple of up to {MAX_STOPS} strings, got {self.stop!r}"
            )
        for text in self.stop:
            if not isinstance(text, str) or not 1 <= len(text) <= MAX_STOP_CHARS:
                raise ValueError(
                    f"a stop string must have 1 to {MAX_STOP_CHARS} characters, got {text!r:.60}"
                )
        if not isinstance(self.whole_sentences, bool):
            raise ValueError(f"whole_sentences must be true or false, got {self.whole_sentences!r}")
        if self.novel_run is not None:
            _check_whole("novel_run", self.novel_run, MAX_CHARS)

    @property
    def temperatures(self) -> tuple[float, ...]:
        """The temperature or temperatures, always as a tuple."""
        if isinstance(self.temperature, Sequence) and not isinstance(self.temperature, str):
            return tuple(self.temperature)
        return (self.temperature,)


def _check_whole(name: str, value: int, most: int) -> None:
    if not is_whole(value) or not 1 <= value <= most:
        raise ValueError(f"{name} must be a whole number in [1, {most}], got {value!r}")
