"""Words and phrases that a server never wants to read."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby

import re2

from bot.text.appearance import Appearance, merged, replaced
from bot.text.linear import WORD, LinearPattern, Span, not_after, not_before
from bot.text.skeleton import guesses, skeleton_texts, skeletons

MASKS = "█▓▒░"
ANY_ENDING = "*"  # at the end of a phrase: and whatever goes on in the same word
LONG_WORD = 6  # characters; goes on in the same word without being asked to
LEAST_SPELLED = 4  # characters of a word that is found with something between all of them
MOST_SPELLED = 20
_BETWEEN = r"[ -/:-@\[-`{-~·]{1,2}"  # letters that are spelled out; signs of ASCII keep it small
_BETWEEN_WORDS = r"(?:\s|[._·-])+"
_ENDINGS = ("s", "es", "'s", "’s", "ed", "er", "ers", "ing")
AT_ONCE = 40  # phrases of one pattern, which takes some 50 ms to be made
_MAX_ROUNDS = 8
_SPOILERS = re.compile(r"\|{2,}")


class PhraseFilter:
    """Finds banned phrases in a text as it looks to readers (bot/text/skeleton.py).

    Whatever the case, the white space, accents, marks of Markdown, characters without
    width and letters that look like others.

    - A phrase of letters begins where a word does: "ass" is not in "grass".
    - It ends where a word does, but for its last letter said more often ("assss"), and the
      usual endings of English (-s, -es, -'s, -ed, -er, -ers, -ing): "hell" is not in "hello".
    - A last word of six letters or more is found with any ending, and so is one that the
      phrase ends by a star: "cat*" is in "catnip".
    - A letter may be said three times or more often: "voldemooort"; of a word of six letters
      or more twice as well.
    - Signs and digits are read as the letters that they are used for ("v0ld3m0rt", "a$$"), but a
      number alone is no word.
    - A word of four letters or more is found spelled out, with something between all of its
      letters: "v.o.l.d.e.m.o.r.t". Words of a phrase may have dots and dashes between them.
    - Where a script does not part words (Chinese, Thai), a phrase is found anywhere.

    Args:
        phrases: at most some hundreds; empty finds nothing.
    """

    def __init__(self, phrases: Sequence[str]) -> None:
        self._patterns = _patterns(phrases)
        self._mask = next((mask for mask in MASKS if mask not in "".join(phrases)), "")

    def finds(self, text: str) -> bool:
        """Say whether a banned phrase stands in a text."""
        if not self._patterns:
            return False
        return any(
            pattern.finds(seen.text) for seen in skeletons(text) for pattern in self._patterns
        ) or any(True for _ in self._guessed(text))

    def masked(self, text: str) -> str:
        """Return a text with every banned phrase covered, a mask for a character."""
        for _ in range(_MAX_ROUNDS):  # what covers one phrase may part the letters of another
            spans = self._spans(text)
            if not spans:
                return text
            text = replaced(text, spans, lambda found: self._mask * len(found))
        return self._mask * len(text) if self.finds(text) else text

    def spoilered(self, text: str) -> str:
        """Return a text with every banned phrase behind a spoiler, which readers may lift."""
        if not self._patterns:
            return text
        text = _SPOILERS.sub("", text)
        return replaced(text, self._spans(text), lambda found: f"||{found}||")

    def _spans(self, text: str) -> list[Span]:
        if not self._patterns:
            return []
        return merged([*self._matches(skeletons(text)), *self._guessed(text)])

    def _guessed(self, text: str) -> Iterator[Span]:
        """Yield what is found where signs are taken for letters, but for numbers."""
        for start, end in self._matches(guesses(text)):
            found = text[start:end]
            if any(map(str.isalpha, found)) or not any(map(str.isdigit, found)):
                yield start, end

    def _matches(self, readings: Iterable[Appearance]) -> Iterator[Span]:
        return (
            seen.origin(span)
            for seen in readings
            for pattern in self._patterns
            for span in pattern.spans(seen.text)
        )


@lru_cache(maxsize=256)
def phrase_filter(phrases: tuple[str, ...]) -> PhraseFilter:
    """Return the filter of some phrases, the one made before if there is one.

    To make one of hundreds takes a second: in a thread, where others have their turn.
    """
    return PhraseFilter(phrases)


def _patterns(phrases: Iterable[str]) -> list[LinearPattern]:
    """Return patterns that find the phrases between them: one for each kind of surroundings."""
    bodies: defaultdict[tuple[bool, bool], dict[str, None]] = defaultdict(dict)
    for phrase in phrases:
        goes_on = len(phrase) > 1 and phrase.endswith(ANY_ENDING)
        for skeleton in skeleton_texts(phrase.removesuffix(ANY_ENDING) if goes_on else phrase):
            if words := skeleton.split():
                begins, ends = _parts_words(words[0][0]), _parts_words(words[-1][-1])
                ending = _ending(words[-1], goes_on=goes_on) if ends else ""
                bodies[begins, ends][_BETWEEN_WORDS.join(map(_spelled, words)) + ending] = None
                if len(words) == 1 and begins and ends and _can_be_spelled(words[0]):
                    bodies[begins, ends][_spelled_out(words[0])] = None
    return [
        LinearPattern(
            "|".join(part),
            before=not_after(WORD) if begins else "",
            after=not_before(WORD) if ends else "",
        )
        for (begins, ends), found in bodies.items()
        for part in _parts(list(found))
    ]


def _parts(bodies: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(bodies), AT_ONCE):
        yield bodies[start : start + AT_ONCE]


def _spelled(word: str) -> str:
    """Return a pattern of a word, the letters of which may be said more often."""
    more_often = "{1,}" if _is_long(word) else "{2,}"
    parts = []
    for char, run in groupby(word):
        escaped = re2.escape(char)
        more = f"(?:{escaped}{more_often})?" if char.isalpha() else ""
        parts.append(escaped * len([*run]) + more)
    return "".join(parts)


def _spelled_out(word: str) -> str:
    """Return a pattern of a word with something between all of its letters."""
    return _BETWEEN.join(map(re2.escape, word))


def _can_be_spelled(word: str) -> bool:
    return LEAST_SPELLED <= len(word) <= MOST_SPELLED


def _is_long(word: str) -> bool:
    return len(word) >= LONG_WORD and word.isalpha()


def _ending(word: str, *, goes_on: bool) -> str:
    """Return a pattern of what may follow the last letters of a phrase."""
    if goes_on or _is_long(word):
        return f"[{WORD}]*"
    if not word.isalpha():
        return ""
    last = re2.escape(word[-1])
    endings = "|".join(map(re2.escape, _ENDINGS))
    return f"{last}*(?:{endings})?"


def _parts_words(char: str) -> bool:
    """Say whether a character is of a script that parts words with spaces."""
    return char.isdigit() or char.upper() != char.lower()
