"""One text by several models, which take turns at each word."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from textgen_core.generation.engine import Engine
from textgen_core.generation.options import GenerationOptions
from textgen_core.text.token_text import laid_out

WORD_ENDS = (" ", "\n")
_REDRAWS = 8  # of a turn that would complete a copy, before it is let pass

Turn = Callable[[int, str], GenerationOptions | None]


def mixed_texts(writers: Sequence[tuple[Engine, GenerationOptions]]) -> list[str]:
    """Return texts that models write in turn, up to the end of a word each.

    Each text has an order of its own. The text ends where a model ends it by ``<s>``, or
    at the longest length. Where models are to write nothing that stands in their
    training text (``novel_run``), no run of a text does, whoever wrote which part of it.

    Args:
        writers: models, and how each of them draws. ``n``, ``prompt``, ``max_chars`` and
            ``seed`` are the first one's; stop strings are not looked at.
    """
    first = writers[0][1]
    seed = secrets.randbits(64) if first.seed is None else first.seed
    texts = []
    for number in range(first.n):
        rng = np.random.default_rng((seed, number))
        order = [writers[place] for place in rng.permutation(len(writers))]
        texts.append(_mixed_text(order, first, rng))
    return texts


def _mixed_text(
    writers: Sequence[tuple[Engine, GenerationOptions]],
    asked: GenerationOptions,
    rng: np.random.Generator,
) -> str:
    def turn(writer: int, text: str) -> GenerationOptions | None:
        left = asked.max_chars - (len(text) - len(asked.prompt))
        if left < 1:
            return None
        return replace(writers[writer][1], n=1, max_chars=left, stop=WORD_ENDS)

    text = in_turns(
        [engine for engine, _ in writers],
        asked.prompt,
        turn,
        rng,
        novel_runs=[options.novel_run for _, options in writers],
    )
    return text[: len(asked.prompt) + asked.max_chars]  # a word of a model of words is whole


def in_turns(
    engines: Sequence[Engine],
    prompt: str,
    turn: Turn,
    rng: np.random.Generator,
    novel_runs: Sequence[int | None] = (),
) -> str:
    """Return a text that models have written in turn, up to a stop string each.

    Args:
        engines: the models, in the order of their turns.
        prompt: how the text begins.
        turn: is given a model's place and the text so far, and returns how that model is
            to go on, but for prompt and seed; None where the text is to end.
        rng: gives each turn its seed.
        novel_runs: for each model how long a run of its training text may not be in the
            text, whoever writes it; None any length.
    """
    states = [engine.start() for engine in engines]
    known = [0] * len(engines)  # characters that each has read
    text, number, silent = prompt, 0, 0
    while silent < len(engines):
        place = number % len(engines)
        options = turn(place, text)
        if options is None:
            break
        engine = engines[place]
        read = max(known[place], len(text) - engine.vocabulary.open_chars(text))
        ids = engine.vocabulary.encode_message(text[known[place] : read])[1:-1]
        states[place], known[place] = engine.feed(states[place], ids), read
        options = replace(options, prompt=text)
        written, ended = "", False
        for _ in range(_REDRAWS):
            seeded = replace(options, seed=int(rng.integers(2**63)))
            drawn, is_end = engine.go_on(states[place], seeded, len(text) - read)
            if not completes_copy(engines, novel_runs, text, drawn):
                written, ended = drawn, is_end
                break
        text += written
        if ended:
            break
        number, silent = number + 1, 0 if written else silent + 1
    return text


def completes_copy(
    engines: Sequence[Engine], novel_runs: Sequence[int | None], text: str, written: str
) -> bool:
    """Say whether what is written completes a run that some model knows from its training."""
    for engine, novel_run in zip(engines, novel_runs, strict=False):
        seen = engine.seen
        if seen is None or novel_run is None:
            continue
        tail = text[-novel_run:] + written
        (tail,) = laid_out(engine.vocabulary, [tail])
        in_a_row = 0
        for is_known in seen.knows(tail):
            in_a_row = in_a_row + 1 if is_known else 0
            if in_a_row + seen.run_chars > novel_run:
                return True
    return False
