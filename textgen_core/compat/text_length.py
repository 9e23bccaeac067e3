"""Texts and their lengths, counted and cooled as textgenrnn does."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from textgen_core.compat.files import in_words
from textgen_core.generation.engine import Engine
from textgen_core.generation.options import GenerationOptions
from textgen_core.generation.sampling import check_temperature, is_whole
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.text.legacy_vocabulary import LegacyVocabulary
from textgen_core.text.tokenizer import Tokenizer

Temperature = float | Sequence[float | None] | None

MAX_GEN_LENGTH = 100_000
_AT_ONCE = 32  # written side by side; what is done is printed before the next


class _CountedInWords(LegacyVocabulary):
    """textgenrnn's words, each of which counts as one towards the length of a text."""

    @property
    def widths(self) -> tuple[int, ...]:
        """One for every id."""
        return (1,) * self.size


def engine_of(checkpoint: Checkpoint, single_text: bool) -> Engine:
    """Return a model ready to write.

    Args:
        checkpoint: the model.
        single_text: never end a text, whatever the model says of itself.
    """
    vocabulary = checkpoint.vocabulary
    if isinstance(vocabulary, LegacyVocabulary) and vocabulary.words:
        vocabulary = _CountedInWords(vocabulary.tokens, words=True)
        checkpoint = replace(checkpoint, vocabulary=vocabulary)
    if single_text != (not checkpoint.ends_texts):
        kept = {**checkpoint.manifest.get("textgenrnn", {}), "single_text": single_text}
        manifest = {**checkpoint.manifest, "textgenrnn": kept}
        checkpoint = replace(checkpoint, manifest=manifest)
    return Engine(checkpoint)


def places(vocabulary: Tokenizer, text: str) -> int:
    """Return how many characters, or words in a model of words, a text counts."""
    return len(vocabulary.encode_message(text)) - 2 if in_words(vocabulary) else len(text)


def places_left(max_gen_length: int, written: int, single_text: bool) -> int:
    """Return how much may follow: textgenrnn counts the prefix and ``<s>`` as well.

    Raises:
        ValueError: max_gen_length is out of range.
    """
    if not is_whole(max_gen_length) or not 1 <= max_gen_length <= MAX_GEN_LENGTH:
        raise ValueError(
            f"max_gen_length must be a whole number in [1, {MAX_GEN_LENGTH}],"
            f" got {max_gen_length!r}"
        )
    return max(0, int(max_gen_length) - written - (0 if single_text else 1))


def temperatures(temperature: Temperature, written: int = 0) -> tuple[float, ...]:
    """Return the temperatures of the places after those written, to be cycled.

    None means always the likeliest, as 0 does.

    Raises:
        ValueError: there is none, or one is below 0.
    """
    several = hasattr(temperature, "__len__") and not isinstance(temperature, str)
    given: list[Any] = list(temperature) if several else [temperature]  # type: ignore[arg-type]
    if not given:
        raise ValueError("temperature must be a number or a list of them, got an empty list")
    values = [0.0 if value is None else value for value in given]
    for value in values:
        check_temperature(value)
    first = written % len(values)
    return tuple(map(float, (*values[first:], *values[:first])))


def write_texts(
    engine: Engine, n: int, options: GenerationOptions, progress: bool
) -> Iterator[list[str]]:
    """Yield n texts, some at a time; text i is the same for every n.

    Args:
        engine: the model.
        n: how many.
        options: the rest; ``options.n`` is not looked at.
        progress: show a bar, on a terminal.
    """
    seed = secrets.randbits(64) if options.seed is None else options.seed
    with bar("writing", n, progress and n > 1) as advance:
        for first in range(0, n, _AT_ONCE):
            count = min(_AT_ONCE, n - first)
            texts = engine.generate(replace(options, n=count, seed=(seed + first) % 2**64))
            advance(count)
            yield texts


@contextmanager
def bar(title: str, total: int, wanted: bool) -> Iterator[Any]:
    """Show a bar while the body runs, on a terminal; yield what moves it on."""
    import sys

    if not (wanted and sys.stderr.isatty()):
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, redirect_stdout=False) as shown:
        task = shown.add_task(title, total=total)
        yield lambda count: shown.advance(task, count)
