"""What is made of a vocabulary, kept for the next model that has the same one.

Most models have a small one, their base's. What is made of a large one goes with the
model, so that what is kept here stays below 20 MB whatever files are read.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

from textgen_core.text.tokenizer import Tokenizer

Made = TypeVar("Made")

MAX_KEPT = 32
MAX_KEPT_IDS = 2_048


def kept_while_small(make: Callable[[Tokenizer, int], Made]) -> Callable[[Tokenizer, int], Made]:
    """Keep what a function last made of small vocabularies, for a number of columns."""
    kept = lru_cache(maxsize=MAX_KEPT)(make)

    @wraps(make)
    def made(vocabulary: Tokenizer, columns: int) -> Made:
        return (kept if vocabulary.size <= MAX_KEPT_IDS else make)(vocabulary, columns)

    return made
