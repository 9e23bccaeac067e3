"""What a version was like: when a server spoke with it, and which words were new in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.storage.records import ModelRecord
from textgen_core import Engine, GenerationOptions
from textgen_core.model.wording import is_common
from textgen_core.text.word_units import distinct_words

LEAST_LETTERS = 4
SAMPLES = GenerationOptions(n=40, max_chars=80, temperature=0.7, seed=1)


@dataclass(frozen=True, slots=True)
class DiaryEntry:
    """A version.

    Attributes:
        spoke: from when to when the server spoke with it, in UTC.
        words: of those that it likes to say, the ones that the version before does not know.
    """

    record: ModelRecord
    spoke: tuple[tuple[datetime, datetime], ...]
    words: tuple[str, ...]


def new_words(engine: Engine, former: Engine | None) -> list[str]:
    """Return the words that a model says most often of those that a former one does not know.

    Words that are common everywhere come last. Where models know which words several people
    say, only these are looked at.
    """
    counts: Counter[str] = Counter()
    for text in engine.generate(SAMPLES):
        counts.update(word for word in distinct_words(text) if len(word) >= LEAST_LETTERS)
    if engine.taste is not None:
        wording = engine.taste.wording
        counts = Counter({word: n for word, n in counts.items() if wording.knows((word,))})
    known: set[str] = set()
    if former is not None and former.taste is not None:
        known = {word for word in counts if former.taste.wording.knows((word,))}
    elif former is not None:
        known = {word for text in former.generate(SAMPLES) for word in distinct_words(text)}
    new = [word for word, _ in counts.most_common() if word not in known]
    return sorted(new, key=lambda word: is_common((word,)))


def total_s(spoke: Sequence[tuple[datetime, datetime]]) -> float:
    """Return the seconds of some spans."""
    return sum((end - begin).total_seconds() for begin, end in spoke)
