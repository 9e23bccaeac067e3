"""What servers' models write: words, copies and loops, and ten texts of each, unpicked.

Run: python benchmarks/samples.py MODELS [--corpora DIR] > docs/samples.md

MODELS is the folder in which `quality.py --keep MODELS` has left the models of the
channels. INTRODUCTION says what is counted.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path

import pymorphy3
from quality import channels

from bot.generation.request import REPETITION_PENALTY
from bot.models.texts import NOVEL_RUN
from bot.text.discord_markup import render
from textgen_core import Engine, GenerationOptions, load_checkpoint, read_messages

TEXTS, SHOWN = 200, 10
OPTIONS = GenerationOptions(
    n=TEXTS,
    temperature=0.7,
    max_chars=300,
    repetition_penalty=REPETITION_PENALTY,
    novel_run=NOVEL_RUN,
    seed=1,
)
MIN_COPY_CHARS = 20
MIN_COUNT = 3

INTRODUCTION = """\
# Samples

What models of the channels in ../shared/corpora write after at most 120 s of
fine-tuning: 200 texts each at temperature 0.7, with the guards of `!generate`. Known
words are those of the channel's training part, those that occur three times or more in
the texts that the base model was trained on, and those of a Russian dictionary
(pymorphy3's); beside their share stands that of the channel's held-out messages, which
people wrote. A copy is a whole message of 20 or more characters that was trained on; a
loop says the same four words three times in a row. Made by `python benchmarks/samples.py`
(`make bench-quality`).
"""

_RUSSIAN = pymorphy3.MorphAnalyzer()
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Sampled:
    """A channel's texts and what was counted in them."""

    name: str
    texts: list[str]
    known_words: float
    known_of_people: float
    copies: int
    loops: int


def words(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    return _WORD.findall(text.lower())


def has_loop(text: str) -> bool:
    """Say whether four words come three times in a row."""
    said = text.lower().split()
    return any(
        said[i : i + 4] == said[i + 4 : i + 8] == said[i + 8 : i + 12]
        for i in range(len(said) - 11)
    )


def common_words(texts: Iterable[str]) -> set[str]:
    """Return the words that occur three times or more."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(words(text))
    return {word for word, count in counts.items() if count >= MIN_COUNT}


def known_share(texts: Iterable[str], known: Container[str]) -> float:
    """Return the share of known words."""
    said = [word for text in texts for word in words(text)]
    return sum(word in known or _RUSSIAN.word_is_known(word) for word in said) / max(1, len(said))


def sampled(name: str, messages: list[str], model: Path, common: set[str]) -> Sampled:
    """Let a channel's model write, and count."""
    texts = Engine(load_checkpoint(model)).generate(OPTIONS)
    first_held_out = len(messages) - len(messages) // 10
    learned, held_out = messages[:first_held_out], messages[first_held_out:]
    known = common.union(word for message in learned for word in words(message))
    originals = {message for message in learned if len(message) >= MIN_COPY_CHARS}
    return Sampled(
        name,
        [render(text) for text in texts],
        known_share(texts, known),
        known_share(held_out, known),
        sum(text in originals for text in texts),
        sum(map(has_loop, texts)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("models", type=Path)
    parser.add_argument("--corpora", type=Path, default=Path("../shared/corpora"))
    options = parser.parse_args()
    folders = options.corpora / "pretrain", options.corpora / "multilingual"
    files = [path for folder in folders for path in sorted(folder.glob("*.txt*"))]
    common = common_words(text for path in files for text in read_messages(path))
    found = [
        sampled(name, messages, options.models / f"{name}.safetensors", common)
        for name, messages, _ in channels(options.corpora)
    ]
    print(INTRODUCTION)
    print("| Channel | Known words | People's | Copies | Loops |\n|---|---:|---:|---:|---:|")
    for one in found:
        shares = f"{one.known_words:.1%} | {one.known_of_people:.1%}"
        print(f"| {one.name} | {shares} | {one.copies} | {one.loops} |")
    for one in found:
        print(f"\n## {one.name}\n\nThe first {SHOWN} texts, seed {OPTIONS.seed}:\n")
        for text in one.texts[:SHOWN]:
            print(f"- {' '.join(text.split()) or '(nothing)'}")


if __name__ == "__main__":
    main()
