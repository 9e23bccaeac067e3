"""What a model needs to tell its better texts from its worse ones.

Weights of a logistic ranker (training fits them: taste_fitting.py) over what can be
counted in a text at next to no cost. Choosing among drafts by such a ranker draws from
the model times the ranker, a residual energy-based model (Deng et al. 2020,
arXiv 2004.11714).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from textgen_core.model.verbatim_filter import VerbatimFilter
from textgen_core.model.wording import Wording, is_common
from textgen_core.text.word_units import Phrase, is_word, phrases, units

# Each is worse the more there is of it.
FLAWS = (
    "surprise",  # bits a character above people's mean, in their standard deviations
    "blandness",  # the same below it
    "unknown_words",  # shares
    "unknown_pairs",
    "unknown_triples",
    "forced_words",  # that the server does not use so, a unit
    "repetition",  # share of words that stood before
    "open_brackets",  # brackets and quotation marks without their other half
    "cut_short",  # 1 for a text that the model did not end
)
QUANTILES = 33  # of lengths
MAX_LENGTH = 4000
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"), ("“", "”"))
_QUOTES = ('"', "`")
_FACES = re.compile(r"[:;=][-']?[()\[\]{}]")

Flaws = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Taste:
    """What a server's people write like.

    Attributes:
        wording: words, and which of them beside which.
        lengths: characters of messages: 33 quantiles, from the shortest to the longest.
        bits_mean: bits a character of people's messages under the model,
        bits_deviation: and their standard deviation, above 0.
        weights: what each of ``FLAWS`` costs, in nats, 0 or more.
        seen: knows pairs and triples that one person said; lies in files apart, sealed.

    Raises:
        ValueError: one of them is not like that.
    """

    wording: Wording
    lengths: tuple[int, ...]
    bits_mean: float
    bits_deviation: float
    weights: tuple[float, ...]
    seen: VerbatimFilter | None = None

    def __post_init__(self) -> None:
        if len(self.lengths) != QUANTILES or list(self.lengths) != sorted(self.lengths):
            raise ValueError(f"lengths must be {QUANTILES} numbers in ascending order")
        if not 1 <= self.lengths[0] <= self.lengths[-1] <= MAX_LENGTH:
            raise ValueError(f"lengths must be from 1 to {MAX_LENGTH}")
        numbers = (self.bits_mean, self.bits_deviation, *self.weights)
        if len(self.weights) != len(FLAWS) or not all(map(math.isfinite, numbers)):
            raise ValueError(f"there must be {len(FLAWS)} weights, finite as the rest")
        if self.bits_deviation <= 0 or min(self.weights) < 0:
            raise ValueError("a deviation must be above 0, and no weight below")

    def length_at(self, share: float) -> float:
        """Return the length that so large a share of messages, in [0, 1], does not exceed."""
        return float(np.interp(share * (QUANTILES - 1), np.arange(QUANTILES), self.lengths))

    def flaws(self, text: str, bits: float, *, forced: int = 0, ended: bool = True) -> Flaws:
        """Return how much a text has of each of ``FLAWS``.

        Args:
            text: the text.
            bits: a character under the model.
            forced: words that were taken although the server does not use them so.
            ended: whether the text came to its own end.
        """
        found = units(text)
        said = [unit for unit in found if is_word(unit)]
        distance = (bits - self.bits_mean) / self.bits_deviation
        unknown = [1 - self.known_share(found, words) for words in (1, 2, 3)]
        return np.array(
            [
                max(0.0, distance),
                max(0.0, -distance),
                *unknown,
                forced / len(found),
                1 - len(set(said)) / len(said) if said else 0.0,
                _open_brackets(text),
                float(not ended),
            ]
        )

    def is_said_here(self, phrase: Phrase) -> bool:
        """Say whether this server uses a phrase of two or three units.

        If one person alone said it, it is of words that several people use.
        """
        if self.wording.knows(phrase):
            return True
        if self.seen is None or not self.seen.knows_phrase(phrase):
            return False
        return all(self.wording.knows((unit,)) or is_common((unit,)) for unit in phrase)

    def knows(self, phrase: Phrase) -> bool:
        """Say whether this server, or everybody, uses a phrase of up to three units."""
        return self.is_said_here(phrase) or is_common(phrase)

    def known_share(self, found: list[str], words: int) -> float:
        """Return the share of a text's runs of so many units that are known; 1 of none."""
        asked = [self.knows(phrase) for phrase in phrases(found, words)]
        return sum(asked) / len(asked) if asked else 1.0

    def merit(self, flaws: Flaws) -> float:
        """Return how likely people wrote such a text, in nats, up to a constant."""
        return -float(flaws @ np.array(self.weights))

    def to_metadata(self) -> dict[str, Any]:
        """Return what a checkpoint says beside the wording's bits."""
        return {
            "lengths": list(self.lengths),
            "bits": [self.bits_mean, self.bits_deviation],
            "weights": dict(zip(FLAWS, self.weights, strict=True)),
        }


def taste_from_metadata(bits: npt.NDArray[Any], values: Any) -> Taste:
    """Put together what ``Taste.to_metadata`` and the wording's bits say.

    Raises:
        ValueError: something is missing or wrong.
    """
    if not isinstance(values, Mapping) or set(values) != {"lengths", "bits", "weights"}:
        raise ValueError("it must have lengths, bits and weights")
    weights = values["weights"]
    if not isinstance(weights, Mapping) or set(weights) != set(FLAWS):
        raise ValueError(f"its weights must be those of {', '.join(FLAWS)}")
    mean, deviation = _numbers(values["bits"], 2)
    lengths = _numbers(values["lengths"], QUANTILES)
    return Taste(
        Wording(bits),
        tuple(map(int, lengths)),
        mean,
        deviation,
        tuple(_numbers([weights[name] for name in FLAWS], len(FLAWS))),
    )


def _numbers(values: Any, count: int) -> Sequence[float]:
    if not isinstance(values, list) or len(values) != count:
        raise ValueError(f"there must be {count} numbers, got {values!r:.40}")
    if not all(type(value) in (int, float) and abs(value) < 1e9 for value in values):
        raise ValueError(f"there must be numbers, got {values!r:.40}")
    return [float(value) for value in values]


def _open_brackets(text: str) -> float:
    bare = _FACES.sub("", text)
    count = sum(abs(bare.count(opening) - bare.count(closing)) for opening, closing in _BRACKETS)
    count += sum(bare.count(quote) % 2 for quote in _QUOTES)
    return float(min(count, 3))
