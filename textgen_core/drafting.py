"""Of many drafts the one that people would rather have written.

A draft is written word by word. The network draws each word; one that this server does
not use after the word before is refused and drawn again (rejection sampling: what is
taken is distributed as the network would have it among what the server says). A draft
has a length of people's to come to. Which draft is sent is drawn by the merit that
``Taste`` sees in them, so that likely texts, which are bland, do not always win.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from textgen_core.generation.engine import Engine, State
from textgen_core.generation.options import GenerationOptions
from textgen_core.taste import Taste
from textgen_core.text.special_tokens import LINK
from textgen_core.text.word_units import END, distinct_words, names, phrases, units_of

TEMPERATURES = (0.7, 0.6, 0.85)  # cycled over the drafts
MIN_P = 0.05
LONGEST_DRAWN = 0.9  # of people's lengths: the longest tenth is more than a network can hold
MAX_DRAFTS = 6
DRAWN_CHARS = 400  # of all drafts of a text, refused words included; bounds its time
DRAWS = (3, 5)  # words drawn at once, until one is taken
MAX_WORD_CHARS = 24
PHRASE_PULL = 1.0  # how often a word is preferred that the server says after the two before
SHARPNESS = 2.0  # of the choice among drafts: 0 takes any, much takes the best
TOO_FAR = 2.0  # nats for a text twice or half as long as it was to be
SAME_BEGINNING = 3  # words
SAME_SHARE = 0.6  # of two texts' words, from which on they say the same
_WORD_ENDS = (" ", "\n")
_EARLIEST_END, _LATEST_END = 0.6, 1.6  # of the length a draft is to come to


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


def chosen_texts(
    engine: Engine,
    options: GenerationOptions,
    *,
    lately: Sequence[str] = (),
) -> list[str]:
    """Return ``options.n`` texts, each the best of several drafts.

    Args:
        engine: of a model that has a taste.
        options: how; a temperature, top-k, top-p, min-p, stop strings and
            ``whole_sentences`` are not looked at.
        lately: texts that were sent before; none alike is sent, if another will do.

    Raises:
        ValueError: the model has no taste, or as of ``Engine.generate``.
    """
    taste = _taste_of(engine)
    rng = np.random.default_rng(secrets.randbits(64) if options.seed is None else options.seed)
    texts: list[str] = []
    for _ in range(options.n):
        drafts = drafted(engine, options, rng)
        before = [*lately, *texts]
        fresh = [d for d in drafts if not any(alike(d.text, text) for text in before)] or drafts
        texts.append(_pick(engine, taste, options, fresh, rng))
    return texts


def best_texts(engine: Engine, options: GenerationOptions, *, drafts: int = 30) -> list[str]:
    """Return the ``options.n`` best of many drafts, none alike if others will do.

    Raises:
        ValueError: as of ``chosen_texts``.
    """
    taste = _taste_of(engine)
    rng = np.random.default_rng(secrets.randbits(64) if options.seed is None else options.seed)
    found: list[Draft] = []
    while len(found) < drafts:
        found += drafted(engine, options, rng)
    scores = merits(engine, taste, options, found)
    in_order = [found[place].text for place in np.argsort(scores)[::-1]]
    texts: list[str] = []
    for text in in_order:
        if len(texts) < options.n and not any(alike(text, other) for other in texts):
            texts.append(text)
    rest = (text for text in in_order if text not in texts)
    return [*texts, *rest][: options.n]


def drafted(engine: Engine, options: GenerationOptions, rng: np.random.Generator) -> list[Draft]:
    """Return the drafts of one text; at least one."""
    taste = _taste_of(engine)
    target = min(taste.length_at(rng.random() * LONGEST_DRAWN), options.max_chars)
    drafts: list[Draft] = []
    while len(drafts) < MAX_DRAFTS:
        temperature = TEMPERATURES[len(drafts) % len(TEMPERATURES)]
        how = replace(options, temperature=temperature, top_k=None, top_p=None, min_p=MIN_P)
        drafts.append(_Writing(engine, taste, how, target, rng).draft())
        if sum(draft.drawn_chars for draft in drafts) > DRAWN_CHARS:
            break
    return drafts


def alike(text: str, other: str) -> bool:
    """Say whether two texts begin with the same words or have most of them in common."""
    first, second = text.casefold().split(), other.casefold().split()
    if first[:SAME_BEGINNING] == second[:SAME_BEGINNING]:
        return True
    words, others = distinct_words(text), distinct_words(other)
    return len(words & others) > SAME_SHARE * len(words | others)


def merits(
    engine: Engine, taste: Taste, options: GenerationOptions, drafts: Sequence[Draft]
) -> list[float]:
    """Return how good each draft is, in nats."""
    found = flaws_of(engine, taste, options, drafts)
    return [
        taste.merit(flaws) - _distance(draft, options)
        for draft, flaws in zip(drafts, found, strict=True)
    ]


def flaws_of(
    engine: Engine, taste: Taste, options: GenerationOptions, drafts: Sequence[Draft]
) -> list[np.ndarray]:
    """Return what each draft has of ``taste.FLAWS``."""
    encode, prompt = engine.vocabulary.encode_message, options.prompt
    start = engine.opened(options)
    known = len(encode(prompt)) - 1
    nats = engine.costs(start, [encode(draft.text)[known:] for draft in drafts])
    bits = nats / math.log(2) / [len(draft.text) - len(prompt) + 1 for draft in drafts]
    return [
        taste.flaws(draft.text, float(cost), forced=draft.forced, ended=draft.ended)
        for draft, cost in zip(drafts, bits, strict=True)
    ]


def _taste_of(engine: Engine) -> Taste:
    if engine.taste is None:
        raise ValueError("this model cannot tell its better texts from its worse ones")
    return engine.taste


def _pick(
    engine: Engine,
    taste: Taste,
    options: GenerationOptions,
    drafts: Sequence[Draft],
    rng: np.random.Generator,
) -> str:
    scores = SHARPNESS * np.array(merits(engine, taste, options, drafts))
    # The largest of scores with Gumbel noise is a draw by their softmax.
    return drafts[int(np.argmax(scores + rng.gumbel(size=len(scores))))].text


def _distance(draft: Draft, options: GenerationOptions) -> float:
    chars = len(draft.text) - len(options.prompt)
    return TOO_FAR * abs(math.log2((chars + 4) / (draft.target_chars + 4)))


class _Writing:
    """One draft while it is written."""

    def __init__(
        self,
        engine: Engine,
        taste: Taste,
        options: GenerationOptions,
        target_chars: float,
        rng: np.random.Generator,
    ) -> None:
        self._engine, self._wording, self._rng = engine, taste.wording, rng
        self._options = replace(options, n=1, stop=_WORD_ENDS, whole_sentences=False)
        self._target = target_chars
        self._begun = len(options.prompt)
        self._text, self._last = options.prompt, _last_units(options.prompt, [END])
        self._forced = self._drawn = 0
        self._ended = False
        self._good_end = 0  # length of the text at the last place where it could end

    def draft(self) -> Draft:
        """Write to the end."""
        state = self._engine.opened(self._options)
        while not self._ended and self._chars < self._most:
            word, self._ended = self._next_word(state)
            if not word and not self._ended:
                break
            self._last = _last_units(word, self._last)
            state = self._taken(state, word)
        if not self._ended and self._good_end:
            self._text, self._ended = self._text[: self._good_end], True
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
            visible += [way for way in drawn if way[0].strip() and LINK not in way[0]]
            drawn = [way for way in drawn if self._is_possible(*way)]
            usual = [way for way in drawn if self._is_said(*way, words=2)]
            in_phrase = [way for way in usual if self._is_said(*way, words=3)]
            if in_phrase and self._rng.random() < PHRASE_PULL:
                return in_phrase[0]
            if usual:
                return usual[0]
        self._forced += 1
        return next(iter([*drawn, *visible]), ("", False))

    def _is_possible(self, word: str, ends: bool) -> bool:
        """Say whether a word is one, and not the end where it is too early for that."""
        if LINK in word or not (ends or word.endswith(_WORD_ENDS)):
            return False
        if ends:
            return self._chars + len(word) >= _EARLIEST_END * self._target
        return bool(word.strip())

    def _is_said(self, word: str, ends: bool, *, words: int) -> bool:
        """Say whether the server says this after the word, or the two, before."""
        if not all(self._wording.knows((name,)) for name in names(word)):
            return False
        found = [*self._last[1 - words :], *units_of(word), *([END] if ends else [])]
        if found[-2:] == [END, END]:
            del found[-1]
        return all(map(self._wording.knows, phrases(found, words)))

    def _taken(self, state: State, word: str) -> State:
        """Add a word, and end the text if it is long enough and can end there."""
        vocabulary = self._engine.vocabulary
        known = len(vocabulary.encode_message(self._text)) - 1
        ids = vocabulary.encode_message(self._text + word)[known:-1]
        self._text += word
        if self._ended or not word.endswith(_WORD_ENDS):
            return self._engine.feed(state, ids)
        state = self._engine.feed(state, ids[:-1])
        if self._last[-1] == END or self._wording.knows((self._last[-1], END)):
            share = float(self._engine.probs(state)[vocabulary.boundary_id])
            if share >= _LIKELY_END or (self._last[-1] == END and share >= _SENTENCE_END):
                self._good_end = len(self._text.rstrip())
                self._ended = self._chars >= 0.9 * self._target
        return self._engine.feed(state, ids[-1:])


_LIKELY_END, _SENTENCE_END = 0.1, 0.01  # probability of ``<s>`` where a text may end


def _last_units(part: str, before: list[str]) -> list[str]:
    return [*before, *units_of(part)][-2:]
