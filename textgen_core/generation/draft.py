"""One draft of a text, written word by word in the phrases of a server."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from textgen_core.generation.engine import Engine
from textgen_core.generation.ensemble import completes_copy
from textgen_core.generation.options import GenerationOptions
from textgen_core.generation.writing_job import State
from textgen_core.model.taste import Taste
from textgen_core.text.sentences import whole_sentences
from textgen_core.text.special_tokens import LINK
from textgen_core.text.word_units import END, names, phrases, units_of

DRAWS = (3, 5)  # words drawn at once, until one is taken
MAX_WORD_CHARS = 24
# How usual a word is after those before: in pairs of words, in triples that everybody
# says, and in triples that this server says.
UNUSUAL, IN_PAIRS, COMMON, SAID_HERE = range(4)
_WORD_ENDS = (" ", "\n")
_EARLIEST_END, _LATEST_END = 0.6, 1.6  # of the length a draft is to come to
_LIKELY_END, _SENTENCE_END = 0.1, 0.01  # probability of ``<s>`` where a text may end


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that might be sent.

    Attributes:
        text: the prompt and what follows.
        target_chars: the length it was to come to.
        forced: words that were taken although the server does not use them so.
        ended: whether it came to an end of its own.
        drawn_chars: characters that were drawn for it.
    """

    text: str
    target_chars: float
    forced: int
    ended: bool
    drawn_chars: int


@dataclass(frozen=True, slots=True)
class Opening:
    """What all drafts of a text begin with: the state after the prompt, and how that ends."""

    state: State
    after_word: bool


class DraftWriter:
    """One draft while it is written."""

    def __init__(
        self,
        engine: Engine,
        taste: Taste,
        options: GenerationOptions,
        opening: Opening,
        target_chars: float,
        rng: np.random.Generator,
    ) -> None:
        self._engine, self._taste, self._rng = engine, taste, rng
        self._options = replace(options, n=1, stop=_WORD_ENDS, whole_sentences=False)
        self._target = target_chars
        self._begun = len(options.prompt)
        self._opening = opening
        self._text, self._last = options.prompt, _last_units(options.prompt, [END])
        self._forced = self._drawn = 0
        self._ended = False
        # Length of the text at the last places where it was likely to end, and could.
        self._good_end = self._fair_end = 0

    def draft(self) -> Draft:
        """Write to the end."""
        state = self._opening.state
        while not self._ended and self._chars < self._most:
            word, self._ended = self._next_word(state)
            if not word and not self._ended:
                break
            self._last = _last_units(word, self._last)
            state = self._taken(state, word)
        if not self._ended and self._good_end:
            self._text, self._ended = self._text[: self._good_end], True
        if not self._ended:
            end = self._fair_end or self._begun + len(whole_sentences(self._text[self._begun :]))
            self._text = self._text[:end]
        return Draft(
            self._text.rstrip() if self._chars else self._text,
            self._target,
            self._forced,
            self._ended,
            self._drawn,
        )

    @property
    def _chars(self) -> int:
        return len(self._text) - self._begun

    @property
    def _most(self) -> float:
        return min(self._options.max_chars, _LATEST_END * self._target + MAX_WORD_CHARS)

    def _next_word(self, state: State) -> tuple[str, bool]:
        """Draw words until one is taken; return it, and whether the text ends with it."""
        left = max(1, min(MAX_WORD_CHARS, self._options.max_chars - self._chars))
        visible: list[tuple[str, bool]] = []
        drawn: list[tuple[str, bool]] = []
        for draws in DRAWS:
            how = replace(
                self._options,
                n=draws,
                prompt=self._text,
                max_chars=left,
                seed=int(self._rng.integers(2**63)),
            )
            drawn = self._engine.ways_on(state, how)
            self._drawn += sum(len(word) for word, _ in drawn)
            visible += [way for way in drawn if self._is_visible(way[0])]
            drawn = [way for way in drawn if self._is_possible(*way)]
            ranked = [(self._rank(*way), way) for way in drawn]
            best, way = max(ranked, key=lambda found: found[0], default=(UNUSUAL, ("", False)))
            if best > UNUSUAL:
                return way
        self._forced += 1
        going_on = [way for way in drawn if not way[1]]  # an end out of place is the worst
        gap = " " if self._opening.after_word and not self._chars else ""
        if completes_copy([self._engine], [self._options.novel_run], self._text, gap):
            gap = ""
        return next(iter([*going_on, *drawn, *visible]), (gap, False))

    def _is_visible(self, word: str) -> bool:
        """Say whether what was drawn can be read, and makes no whole word longer."""
        joins = self._opening.after_word and not self._chars and word[:1].isalnum()
        return bool(word.strip()) and LINK not in word and not joins

    def _is_possible(self, word: str, ends: bool) -> bool:
        """Say whether a word is one, and not the end where it is too early for that."""
        if ends:
            is_early = self._chars + len(word) < _EARLIEST_END * self._target
            return not is_early and (not word or self._is_visible(word))
        return word.endswith(_WORD_ENDS) and self._is_visible(word)

    def _rank(self, word: str, ends: bool) -> int:
        """Return how usual it is to say this after the word, or the two, before."""
        taste = self._taste
        if not all(taste.wording.knows((name,)) for name in names(word)):
            return UNUSUAL
        found = [*self._last, *units_of(word), *([END] if ends else [])]
        if found[-2:] == [END, END]:
            del found[-1]
        if not all(map(taste.knows, phrases(found[1:] if len(self._last) > 1 else found, 2))):
            return UNUSUAL
        triples = list(phrases(found, 3))
        if all(map(taste.is_said_here, triples)):
            return SAID_HERE
        return COMMON if all(map(taste.knows, triples)) else IN_PAIRS

    def _taken(self, state: State, word: str) -> State:
        """Add a word, and end the text if it is long enough and can end there."""
        vocabulary = self._engine.vocabulary
        known = len(vocabulary.encode_message(self._text)) - 1
        ids = vocabulary.encode_message(self._text + word)[known:-1]
        self._text += word
        if self._ended or not word.endswith(_WORD_ENDS):
            return self._engine.feed(state, ids)
        state = self._engine.feed(state, ids[:-1])
        if self._last[-1] == END or self._taste.knows((self._last[-1], END)):
            self._fair_end = len(self._text.rstrip())
            share = float(self._engine.probs(state)[vocabulary.boundary_id])
            if share >= _LIKELY_END or (self._last[-1] == END and share >= _SENTENCE_END):
                self._good_end = len(self._text.rstrip())
                self._ended = self._chars >= 0.9 * self._target
        return self._engine.feed(state, ids[-1:])


def _last_units(part: str, before: list[str]) -> list[str]:
    return [*before, *units_of(part)][-2:]
