"""What is counted in texts of a reading, and what readers' scores come to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from samples import words
from scipy.stats import ks_2samp

COPIED_RUN = 30
LONG_CHARS = 40
FIRST_WORDS = 3
SAME_SHARE = 0.6  # of two texts' words, from which on they say the same
_LINE = re.compile(r"\s*(\d+)[.:)]?\s+([012])\b")


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """What was counted in an arm's texts.

    Attributes:
        copied: share of texts with a run of 30 characters of the training text.
        unknown_words: share of words neither of the channel nor in the word list.
        length_distance: Kolmogorov–Smirnov's, from the lengths of people's messages.
        alike: of those that are read, how many begin like another or say the same.
        median_chars: of all.
    """

    copied: float
    unknown_words: float
    length_distance: float
    alike: int
    median_chars: float


class Judge:
    """Counts in texts what needs no reader.

    Args:
        learned: messages that were trained on, as they are shown.
        held_out: those of people that were not.
        common: words of large texts.
        read: how many texts of an arm are read.
    """

    def __init__(
        self, learned: Sequence[str], held_out: Sequence[str], common: set[str], read: int
    ) -> None:
        self._text = "\n".join(learned)
        self._lengths = [len(text) for text in held_out]
        self._known = common.union(word for message in learned for word in words(message))
        self._read = read

    def figures(self, texts: Sequence[str]) -> ArmFigures:
        """Return what is counted in an arm's texts."""
        said = [word for text in texts for word in words(text)]
        return ArmFigures(
            mean(map(self._copies, texts)),
            sum(word not in self._known for word in said) / max(1, len(said)),
            float(ks_2samp([len(text) for text in texts], self._lengths).statistic),
            alike(texts[: self._read]),
            median(len(text) for text in texts),
        )

    def _copies(self, text: str) -> bool:
        runs = range(len(text) - COPIED_RUN + 1)
        return any(text[start : start + COPIED_RUN] in self._text for start in runs)


def alike(texts: Sequence[str]) -> int:
    """Return how many texts begin like one before them, or have most of its words."""
    count = 0
    before: list[list[str]] = []
    for text in texts:
        said = words(text) or text.split()
        count += any(_alike(said, other) for other in before)
        before.append(said)
    return count


def _alike(said: list[str], other: list[str]) -> bool:
    if said[:FIRST_WORDS] == other[:FIRST_WORDS]:
        return True
    both, either = set(said) & set(other), set(said) | set(other)
    return len(both) > SAME_SHARE * len(either)


@dataclass(frozen=True, slots=True)
class Scores:
    """What a reader gave each line of a list, in its order."""

    values: tuple[int, ...]

    @classmethod
    def read(cls, path: Path, lines: int) -> Scores:
        """Read a file of lines ``NUMBER SCORE``; others are passed over.

        Raises:
            SystemExit: a line of the list has no score.
        """
        found = map(_LINE.match, path.read_text(encoding="utf-8").splitlines())
        given = {int(match[1]): int(match[2]) for match in found if match}
        missing = [number for number in range(1, lines + 1) if number not in given]
        if missing:
            raise SystemExit(f"{path} has no score for line {missing[0]}: write all {lines}")
        return cls(tuple(given[number] for number in range(1, lines + 1)))


def table(
    figures: Mapping[str, ArmFigures],
    readers: Sequence[Scores] = (),
    arms: Sequence[str] = (),
    lengths: Sequence[int] = (),
) -> str:
    """Return a table in Markdown, an arm a column.

    Args:
        figures: of each arm.
        readers: two, or none.
        arms: whose each line of the list is.
        lengths: characters of each line.
    """
    rows = [("", *figures), ("---", *["---:"] * len(figures))]
    if readers:
        rows += _read_rows(tuple(figures), readers, arms, lengths)
    counted = figures.values()
    rows += [
        (f"with a run of {COPIED_RUN} characters of the channel", *_shares(counted, "copied")),
        ("unknown words", *_shares(counted, "unknown_words")),
        ("distance of lengths", *(f"{arm.length_distance:.2f}" for arm in counted)),
        ("alike among those read", *(str(arm.alike) for arm in counted)),
        ("median characters", *(f"{arm.median_chars:g}" for arm in counted)),
    ]
    text = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    if readers:
        pairs = list(zip(*(reader.values for reader in readers), strict=True))
        share = mean(a == b for a, b in pairs)
        text += f"\n\nThe readers agreed on {share:.0%} of {len(pairs)} lines."
    return text


def _read_rows(
    names: Sequence[str], readers: Sequence[Scores], arms: Sequence[str], lengths: Sequence[int]
) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for label, least in (("mean", 0), (f"mean over {LONG_CHARS} characters", LONG_CHARS + 1)):
        for number, reader in enumerate(readers, 1):
            lines = list(zip(arms, lengths, reader.values, strict=True))
            of_arm = [[s for arm, n, s in lines if arm == name and n >= least] for name in names]
            cells = [f"{mean(scores):.2f}" if scores else "" for scores in of_arm]
            rows.append((f"{label}, reader {number}", *cells))
    return rows


def _shares(counted: Iterable[ArmFigures], name: str) -> list[str]:
    return [f"{getattr(arm, name):.1%}" for arm in counted]
