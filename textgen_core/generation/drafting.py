"""Of many drafts the one that people would rather have written.

A draft is written word by word. The network draws several words at once, and the most
usual is taken (``DraftWriter``); if nobody says any of them after the word before, they are
drawn again (rejection sampling). A draft has a length of people's to come to. Which draft
is sent is drawn by the merit that ``Taste`` sees in them, and by how likely they are.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from textgen_core.generation.draft import Draft, DraftWriter, Opening
from textgen_core.generation.engine import Engine
from textgen_core.generation.options import GenerationOptions
from textgen_core.generation.prompts import ends_word
from textgen_core.model.taste import Taste
from textgen_core.text.word_units import END, NAME, distinct_words, units_of

TEMPERATURES = (0.6, 0.5, 0.7)  # cycled over the drafts
MIN_P = 0.05
LONGEST_DRAWN = 0.93  # of people's lengths: more than that a network cannot hold together
MAX_DRAFTS = 8
DRAWN_CHARS = 1200  # of all drafts of a text, refused words included; bounds its time
SHARPNESS = 2.0  # of the choice among drafts: 0 takes any, much takes the best
LIKELY = 2.5  # nats for a bit a character less under the model
TOO_FAR = 4.0  # nats for a text twice or half as long as it was to be
SAME_BEGINNING = 3  # words
SAME_SHARE = 0.6  # of two texts' words, from which on they say the same


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
        good = [draft for draft in drafts if _says_something(draft.text)] or drafts
        fresh = [d for d in good if not any(alike(d.text, text) for text in before)] or good
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
    opening = Opening(engine.opened(options), ends_word(engine, options))
    drafts: list[Draft] = []
    while len(drafts) < MAX_DRAFTS:
        temperature = TEMPERATURES[len(drafts) % len(TEMPERATURES)]
        how = replace(options, temperature=temperature, top_k=None, top_p=None, min_p=MIN_P)
        drafts.append(DraftWriter(engine, taste, how, opening, target, rng).draft())
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
    bits = bits_per_char(engine, options, drafts)
    return [
        taste.merit(flaws) - LIKELY * cost - _distance(draft, options)
        for draft, flaws, cost in zip(drafts, flaws_of(taste, drafts, bits), bits, strict=True)
    ]


def bits_per_char(
    engine: Engine, options: GenerationOptions, drafts: Sequence[Draft]
) -> list[float]:
    """Return how many bits each character of a draft after the prompt takes, on average."""
    encode, prompt = engine.vocabulary.encode_message, options.prompt
    start = engine.opened(options)
    known = len(encode(prompt)) - 1
    nats = engine.costs(start, [encode(draft.text)[known:] for draft in drafts])
    chars = [len(draft.text) - len(prompt) + 1 for draft in drafts]
    return [float(cost) / math.log(2) / count for cost, count in zip(nats, chars, strict=True)]


def flaws_of(taste: Taste, drafts: Sequence[Draft], bits: Sequence[float]) -> list[np.ndarray]:
    """Return what each draft has of ``taste.FLAWS``."""
    return [
        taste.flaws(draft.text, cost, forced=draft.forced, ended=draft.ended)
        for draft, cost in zip(drafts, bits, strict=True)
    ]


def _says_something(text: str) -> bool:
    """Say whether a text is more than names."""
    return any(unit not in (END, NAME) for unit in units_of(text))


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
