"""A text as the likeliest sequence of pieces of words, by a unigram model.

Kudo 2018, "Subword regularization" (arXiv:1804.10959): each piece has a probability of
its own, and a text is divided so that their product is largest (Viterbi 1967). The pieces
are chosen by SentencePiece when a base model is made (weights/choose_pieces.py). Dividing
is done here: a vocabulary out of a stranger's model must not reach a C++ parser, and the
engine in the browser has to divide in the same way.

A piece has a space at most at its beginning, so that a text is divided word by word, and
a word's division is remembered for the next time.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from itertools import chain, pairwise

from textgen_core.errors import VocabularyError
from textgen_core.text.special_tokens import AUTHOR_TOKENS, MARKS

MAX_PIECE_CHARS = 16
MAX_PIECES = 8_192
# Nats below the rarest piece that a character without a score costs, as in SentencePiece.
UNSCORED = 10.0
MAX_REMEMBERED = 50_000  # words
MAX_REMEMBERED_CHARS = 24

Scores = tuple[tuple[str, float], ...]

_WORD = re.compile(" ?[^ ]+| ")
_NEVER_IN_A_PIECE = frozenset((*MARKS, *AUTHOR_TOKENS, "\n", "\r", "\0"))


def check_scores(scores: Scores) -> None:
    """Raise VocabularyError unless each entry is a piece that may be, with its score."""
    if len(scores) > MAX_PIECES:
        raise VocabularyError(
            f"a vocabulary has at most {MAX_PIECES:,} pieces, got {len(scores):,}"
        )
    for text, score in scores:
        if not isinstance(text, str) or not 1 <= len(text) <= MAX_PIECE_CHARS:
            raise VocabularyError(
                f"a piece must be 1 to {MAX_PIECE_CHARS} characters, got {str(text)[:40]!r}"
            )
        if " " in text[1:] or not _NEVER_IN_A_PIECE.isdisjoint(text) or not _is_unicode(text):
            raise VocabularyError(f"{text!r} cannot be a piece")
        is_number = isinstance(score, float | int) and not isinstance(score, bool)
        if not is_number or not math.isfinite(score) or score > 0:
            raise VocabularyError(f"the score of a piece must be at most 0, got {score!r}")
    if len({text for text, _ in scores}) != len(scores):
        raise VocabularyError("a piece is listed twice")


def _is_unicode(text: str) -> bool:
    return not any(0xD800 <= ord(char) < 0xE000 for char in text)


class Segmenter:
    """Divides texts into pieces.

    Args:
        scores: pieces and single characters with their log-probabilities, in nats.
        ids: of the pieces.
        ids_of_char: tells the ids that spell a character.
    """

    def __init__(
        self, scores: Scores, ids: dict[str, int], ids_of_char: Callable[[str], tuple[int, ...]]
    ) -> None:
        self._score_of = dict(scores)
        self._unscored = min(self._score_of.values()) - UNSCORED
        self._ids, self._ids_of_char = ids, ids_of_char
        self._longest = max(map(len, ids))
        self._beginnings = {piece[:end] for piece in ids for end in range(1, len(piece))}
        self._remembered: dict[str, list[int]] = {}

    def ids(self, text: str) -> list[int]:
        """Return the ids of a text."""
        ids: list[int] = []
        remembered = self._remembered
        for word in _WORD.findall(text):
            known = remembered.get(word)
            if known is None:
                known = self._divided(word)
                if len(word) <= MAX_REMEMBERED_CHARS:
                    if len(remembered) >= MAX_REMEMBERED:
                        remembered.clear()
                    remembered[word] = known
            ids += known
        return ids

    def open_chars(self, text: str) -> int:
        """Return how many characters at the end of a text a longer piece may begin with.

        They are those of its last word, or of the last piece of that.
        """
        last = text[max(text.rfind(" "), 0) :]
        if last in self._beginnings:
            return len(last)
        piece = last[self._divisions(last)[-1] :] if last else ""
        return len(piece) if piece in self._beginnings else 0

    def _divided(self, word: str) -> list[int]:
        """Return the ids of a word's likeliest division."""
        begins = self._divisions(word)
        pieces = [word[begin:end] for begin, end in pairwise([*begins, len(word)])]
        ids = self._ids
        spelled = [(ids[text],) if text in ids else self._ids_of_char(text) for text in pieces]
        return list(chain.from_iterable(spelled))

    def _divisions(self, word: str) -> list[int]:
        """Return where the pieces of the likeliest division begin."""
        score_of, unscored = self._score_of, self._unscored
        best = [0.0] + [-math.inf] * len(word)
        begin_of = [0] * (len(word) + 1)
        for begin in range(len(word)):
            so_far = best[begin]
            for end in range(begin + 1, min(begin + self._longest, len(word)) + 1):
                text = word[begin:end]
                score = score_of.get(text, unscored if end == begin + 1 else None)
                if score is not None and so_far + score > best[end]:
                    best[end], begin_of[end] = so_far + score, begin
        begins = [begin_of[len(word)]]
        while begins[-1]:
            begins.append(begin_of[begins[-1]])
        return begins[::-1]
