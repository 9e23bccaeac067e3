"""Count which words, pairs and triples of words are common, and write phrases.safetensors.

Run: python weights/count_phrases.py mix.txt.gz phrases.safetensors

The text is that of weights/mix.py without its last 10,000 messages, which are measured on.
Each message counts once, however often the mix has it. Kept are words of 20 messages or
more, and pairs and triples that come three times.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from textgen_core import read_messages
from textgen_core.model.wording import COMMON, MAX_BYTES, Wording
from textgen_core.text.word_units import Phrase, units

HELD_OUT = 10_000  # messages
LEAST_WORDS, LEAST_PHRASES = 20, 3  # times
BETWEEN = -1  # two messages

Ids = npt.NDArray[np.int64]


def numbered(messages: Iterable[str]) -> tuple[list[str], Ids]:
    """Return the units of different messages, and the number of each in their order."""
    numbers: dict[str, int] = {}
    ids = array("q")
    for message in set(messages):
        ids.extend(numbers.setdefault(unit, len(numbers)) for unit in units(message))
        ids.append(BETWEEN)
    return list(numbers), np.frombuffer(ids, np.int64)


def common(names: list[str], ids: Ids) -> Iterator[Phrase]:
    """Yield what comes often enough, the words first."""
    counts = np.bincount(ids[ids != BETWEEN])
    yield from ((names[id],) for id in np.flatnonzero(counts >= LEAST_WORDS))
    for length in (2, 3):
        runs = np.lib.stride_tricks.sliding_window_view(ids, length)
        runs = runs[(runs != BETWEEN).all(axis=1)]
        codes = np.zeros(len(runs), np.int64)
        for place in range(length):
            codes = codes * len(names) + runs[:, place]
        found, times = np.unique(codes, return_counts=True)
        for code in found[times >= LEAST_PHRASES].tolist():
            phrase: list[str] = []
            for _ in range(length):
                code, id = divmod(code, len(names))
                phrase.insert(0, names[id])
            yield tuple(phrase)


def main() -> None:
    text, output = map(Path, sys.argv[1:])
    phrases = list(common(*numbered(list(read_messages(text))[:-HELD_OUT])))
    wording = Wording.of_phrases(phrases, MAX_BYTES)
    save_file({COMMON: wording.bits}, output)
    lengths = np.bincount([len(phrase) for phrase in phrases], minlength=4)
    print(f"{lengths[1]:,} words, {lengths[2]:,} pairs, {lengths[3]:,} triples")


if __name__ == "__main__":
    main()
