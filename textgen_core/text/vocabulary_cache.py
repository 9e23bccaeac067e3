"""What is made of a vocabulary, kept for the next model that has the same one.

Most models have a small one, their base's. What is made of a large one goes with the
model, so that what is kept here stays below 20 MB whatever files are read.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from textgen_core.text.tokenizer import Tokenizer

Made = TypeVar("Made")
Options = ParamSpec("Options")

MAX_KEPT = 32
MAX_KEPT_IDS = 2_048


def kept_while_small(
    make: Callable[Concatenate[Tokenizer, Options], Made],
) -> Callable[Concatenate[Tokenizer, Options], Made]:
    """Keep what a function last made of small vocabularies, by all of its arguments."""
    kept: Any = lru_cache(maxsize=MAX_KEPT)(make)

    @wraps(make)
    def made(vocabulary: Tokenizer, /, *args: Options.args, **options: Options.kwargs) -> Made:
        chosen: Any = kept if vocabulary.size <= MAX_KEPT_IDS else make
        result: Made = chosen(vocabulary, *args, **options)
        return result

    return made
