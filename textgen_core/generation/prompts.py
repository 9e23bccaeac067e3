"""Where a prompt ends: after a word, which no letter may go on from, or inside one."""

from __future__ import annotations

import secrets
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from textgen_core.generation.engine import Engine
from textgen_core.generation.ensemble import completes_copy
from textgen_core.generation.options import GenerationOptions
from textgen_core.generation.writing_job import seed_of_text
from textgen_core.text.token_text import is_part, space_after
from textgen_core.text.tokenizer import Tokenizer

REDRAWS = 8  # of a text that goes on inside a word, before it is given a space
_SEEDS = 2**64


def ends_word(engine: Engine, options: GenerationOptions) -> bool:
    """Say whether the prompt's last word is whole, as the model sees it.

    It is if something else than a letter is likelier to follow: so after "hello", but
    not after "hel".
    """
    vocabulary = engine.vocabulary
    if not options.prompt[-1:].isalnum() or space_after(vocabulary):
        return False
    probs = engine.probs(engine.opened(options))
    return float(probs[_goes_on(vocabulary)].sum()) < 0.5


def texts_after(engine: Engine, options: GenerationOptions) -> list[str]:
    """Return texts as ``Engine.generate`` does, none of which makes the last word longer.

    Texts that did are drawn again; what is asked for by a seed stays the same for it.
    """
    seed = secrets.randbits(64) if options.seed is None else options.seed
    options = replace(options, seed=seed)
    texts = engine.generate(options)
    if options.prompt and ends_word(engine, options):
        return [_after_word(engine, options, text, place) for place, text in enumerate(texts)]
    return texts


def joins(prompt: str, text: str) -> bool:
    """Say whether a text makes the last word of its prompt longer."""
    return text[len(prompt) : len(prompt) + 1].isalnum()


def _after_word(engine: Engine, options: GenerationOptions, text: str, place: int) -> str:
    assert options.seed is not None
    for draw in range(1, REDRAWS + 1):
        if not joins(options.prompt, text):
            return text
        again = (seed_of_text(options.seed, place) + draw) % _SEEDS
        (text,) = engine.generate(replace(options, n=1, seed=again))
    if not joins(options.prompt, text):
        return text
    if completes_copy([engine], [options.novel_run], options.prompt, " "):
        return text  # a longer word rather than what was said
    spaced = replace(options, n=1, prompt=options.prompt + " ")
    return engine.generate(spaced)[0]


@lru_cache(maxsize=32)  # most models have one vocabulary, their base's
def _goes_on(vocabulary: Tokenizer) -> npt.NDArray[np.bool_]:
    """Return, (V,), which ids go on inside a word: those that begin with a letter or digit."""
    return np.array(
        [
            is_part(data) or data.decode("utf-8", "surrogatepass")[:1].isalnum()
            for data in vocabulary.token_bytes
        ]
    )
