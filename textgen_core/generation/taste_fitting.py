"""What a server's people write like, told from what its model writes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from textgen_core.generation.drafting import bits_per_char, drafted, flaws_of
from textgen_core.generation.engine import Engine
from textgen_core.generation.options import GenerationOptions
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.taste import FLAWS, MAX_LENGTH, QUANTILES, Taste
from textgen_core.model.verbatim_filter import VerbatimFilter
from textgen_core.model.wording import Wording, phrases_of_one
from textgen_core.text.special_tokens import LINK
from textgen_core.text.vocabulary import Vocabulary

DRAFTED_TEXTS = 16  # all of whose drafts are compared with
PEOPLES_TEXTS = 300  # newest held-out messages
MIN_HELD_OUT = 20
ENOUGH_LENGTHS = 300  # messages, from which on the former lengths are given up
MAX_WORD_CHARS = 12  # on average, from which on a script does not part its words
# What flaws cost where nothing was held out to learn it from, and what they are drawn to.
USUAL_WEIGHTS = (1.0, 0.3, 6.0, 6.0, 3.0, 6.0, 2.0, 0.7, 2.0)
# Vetted drafts have fewer unknown phrases than people's messages, and are blander: no
# reason to like nonsense, so what is learned keeps within these.
_LEAST = np.array((0.5, 0.1, 6.0, 6.0, 3.0, 6.0, 0.5, 0.5, 1.0))
_MOST = np.array((3.0, 0.4, 6.0, 6.0, 3.0, 20.0, 6.0, 3.0, 4.0))
_RIDGE = 0.05
_STEPS = 2000

Array = npt.NDArray[np.float64]


def with_taste(
    model: Checkpoint,
    learned: Sequence[str],
    held_out: Sequence[str],
    speakers: Sequence[int] | None = None,
    *,
    before: Taste | None = None,
    seed: int = 0,
) -> Checkpoint:
    """Return a model that can tell its better texts from its worse ones.

    The same model where that makes no sense: it is not causal, reads pieces of words, or
    the texts are of a script that does not part its words.

    Args:
        model: trained on the messages.
        learned: messages, without marks of voices.
        held_out: others, in time order; with fewer than 20 the former weights are kept, or
            the usual ones taken.
        speakers: who wrote each of the learned ones and then of the others (``Wording.of``).
        before: of the model that it goes on from; its wording stays known.
        seed: of the drafts.
    """
    shown = [text for text in learned if text.strip() and LINK not in text]
    tokens = model.vocabulary
    reads_pieces = isinstance(tokens, Vocabulary) and bool(tokens.pieces)  # words of one token
    if model.config.window or reads_pieces or not shown or not _parts_words(shown):
        return replace(model, taste=before)
    of_learned = None if speakers is None else speakers[: len(learned)]
    wording = Wording.of(learned, of_learned)
    taste = replace(
        before or Taste(wording, _lengths(shown), 2.0, 1.0, USUAL_WEIGHTS),
        wording=_together(wording, before),
        seen=VerbatimFilter.from_texts([], phrases=phrases_of_one(learned)),
    )
    if len(shown) >= ENOUGH_LENGTHS:
        taste = replace(taste, lengths=_lengths(shown))
    model = replace(model, taste=taste)
    people = [text for text in held_out if text.strip() and LINK not in text][-PEOPLES_TEXTS:]
    if len(people) < MIN_HELD_OUT:
        return model
    taste = _fitted(model, taste, people, seed)
    wording = _together(Wording.of([*learned, *held_out], speakers), before)
    return replace(model, taste=replace(taste, wording=wording))


def _together(wording: Wording, before: Taste | None) -> Wording:
    return wording.merged(before.wording) if before else wording


def _lengths(texts: Sequence[str]) -> tuple[int, ...]:
    lengths = np.quantile([len(text) for text in texts], np.linspace(0, 1, QUANTILES))
    return tuple(int(length) for length in np.clip(lengths, 1, MAX_LENGTH))


def _parts_words(texts: Sequence[str]) -> bool:
    words = sum(len(text.split()) for text in texts)
    return sum(map(len, texts)) <= MAX_WORD_CHARS * words


def _fitted(model: Checkpoint, taste: Taste, people: Sequence[str], seed: int) -> Taste:
    """Return the taste with weights that tell people's texts from drafts."""
    engine, options = Engine(model), GenerationOptions(max_chars=300)
    encoded = [engine.vocabulary.encode_message(text)[1:] for text in people]
    chars = np.array([len(text) + 1 for text in people])
    bits = engine.costs(engine.start(), encoded) / math.log(2) / chars
    taste = replace(
        taste, bits_mean=float(bits.mean()), bits_deviation=max(0.05, float(bits.std()))
    )
    theirs = [taste.flaws(text, float(b)) for text, b in zip(people, bits, strict=True)]
    rng = np.random.default_rng(seed)
    drafts = [d for _ in range(DRAFTED_TEXTS) for d in drafted(engine, options, rng)]
    ours = flaws_of(taste, drafts, bits_per_char(engine, options, drafts))
    weights = fitted_weights(np.array(theirs), np.array(ours))
    return replace(taste, weights=tuple(float(weight) for weight in weights))


def fitted_weights(theirs: Array, ours: Array) -> Array:
    """Return what each flaw costs, (F,), 0 or more, by logistic regression.

    Args:
        theirs: (N, F), flaws of people's texts.
        ours: (M, F), of drafts.
    """
    flaws = np.concatenate([theirs, ours])
    is_ours = np.concatenate([np.zeros(len(theirs)), np.ones(len(ours))])
    share = np.where(is_ours == 1, 0.5 / len(ours), 0.5 / len(theirs))
    scale = flaws.std(axis=0) + 1e-3
    scaled, usual = flaws / scale, np.array(USUAL_WEIGHTS) * scale
    weights, bias = usual.copy(), 0.0
    rate = 1 / (0.25 * float((scaled**2).sum(axis=1).mean()) + _RIDGE + 0.25)
    for _ in range(_STEPS):
        error = share * (1 / (1 + np.exp(-(scaled @ weights + bias))) - is_ours)
        weights -= rate * (error @ scaled + _RIDGE * (weights - usual))
        weights = np.clip(weights, _LEAST * scale, _MOST * scale)
        bias -= rate * float(error.sum())
    fitted: Array = weights / scale
    assert len(fitted) == len(FLAWS)
    return fitted
