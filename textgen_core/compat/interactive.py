"""Writing together: the model offers what may come next, a person at a terminal chooses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textgen_core.compat.files import in_words
from textgen_core.generation.engine import Engine
from textgen_core.generation.writing_job import State
from textgen_core.text.console import show
from textgen_core.text.legacy_vocabulary import BOUNDARY
from textgen_core.text.utf8_automaton import BETWEEN, spelling_rules


@dataclass(frozen=True, slots=True)
class _Step:
    text: str
    state: State
    places: int


class Draft:
    """A text so far, and what a model would write next.

    Args:
        engine: the model.
        prompt: how the text begins.
        places: characters, or words, that the prompt counts.
    """

    def __init__(self, engine: Engine, prompt: str = "", places: int = 0) -> None:
        self._engine = engine
        self._vocabulary = engine.vocabulary
        self._words = in_words(self._vocabulary)
        rules = spelling_rules(self._vocabulary, self._vocabulary.size, ends=engine.ends_texts)
        self._allowed, self._next_state = rules.mask == 0, rules.next_state
        start = engine.feed(engine.start(), self._vocabulary.encode_message(prompt)[1:-1])
        self._steps = [_Step(prompt, start, places)]

    @property
    def text(self) -> str:
        """What is written."""
        return self._steps[-1].text

    @property
    def places(self) -> int:
        """How many characters, or words, are written."""
        return self._steps[-1].places

    def likeliest(self, n: int) -> list[str]:
        """Return the n likeliest next characters, or words; ``<s>`` ends the text."""
        pieces: dict[str, None] = {}
        probs = self._probs(self._steps[-1].state, BETWEEN)
        for char_id in np.argsort(-probs, kind="stable").tolist():
            if len(pieces) == n or probs[char_id] <= 0:
                break
            pieces[self._piece(char_id)] = None
        return list(pieces)

    def take(self, piece: str) -> None:
        """Write a piece: a character, a word, or more of them."""
        ids = self._vocabulary.encode_message(piece)[1:-1]
        text = self.text + piece
        if self._words:
            known = self._vocabulary.joined(self.text, ids)
            text = known if len(ids) == np.count_nonzero(ids) else f"{self.text} {piece}".lstrip()
        state = self._engine.feed(self._steps[-1].state, ids)
        count = len(ids) if self._words else len(piece)
        self._steps.append(_Step(text, state, self.places + count))

    def back(self) -> None:
        """Take back the last piece; of the prompt, its last character or word."""
        if len(self._steps) > 1:
            self._steps.pop()
        elif self.text:
            cut = self.text.rstrip().rfind(" ") if self._words else len(self.text) - 1
            text = self.text[: max(0, cut)]
            ids = self._vocabulary.encode_message(text)[1:-1]
            start = self._engine.feed(self._engine.start(), ids)
            self._steps = [_Step(text, start, len(ids) if self._words else len(text))]

    def _probs(self, state: State, spelling: int) -> npt.NDArray[np.float64]:
        return np.where(self._allowed[spelling], self._engine.probs(state), 0)

    def _piece(self, char_id: int) -> str:
        """Return the character, or word, that most likely begins with an id."""
        if char_id == self._vocabulary.boundary_id:
            return BOUNDARY
        ids, state = [char_id], self._steps[-1].state
        spelling = int(self._next_state[BETWEEN, char_id])
        while spelling != BETWEEN:
            state = self._engine.feed(state, ids[-1:])
            ids.append(int(np.argmax(self._probs(state, spelling))))
            spelling = int(self._next_state[spelling, ids[-1]])
        return self._vocabulary.decode(ids)


_CONTROLS = "Controls:\n\ts: stop.\tx: backspace.\to: write your own."


def write_together(engine: Engine, prompt: str, places: int, most: int, top_n: int) -> str:
    """Return a text that a person has chosen character by character, or word by word.

    Args:
        engine: the model.
        prompt: how the text begins; ``x`` can take it back, too.
        places: characters, or words, that the prompt counts.
        most: characters, or words, of the whole text.
        top_n: how many of the likeliest are offered, at least 1.
    """
    draft = Draft(engine, prompt, places)
    while draft.places < most:
        options = draft.likeliest(top_n)
        _offer(options, draft.text)
        answer = _asked()
        if answer is None or answer == "s":
            break
        if answer == "x":
            draft.back()
        elif answer == "o":
            draft.take(_asked() or "")
        elif answer.isdecimal() and 1 <= int(answer) <= len(options):
            if options[int(answer) - 1] == BOUNDARY:
                break
            draft.take(options[int(answer) - 1])
        else:
            show("That's not an option!")
    return draft.text


def _offer(options: list[str], text: str) -> None:
    show(_CONTROLS)
    show("\nOptions:")
    for number, option in enumerate(options, 1):
        show(f"\t{number}: {option}")
    show(f"\nProgress: {text}")
    show("\nYour choice?")


def _asked() -> str | None:
    """Return what was typed, None when nothing can come any more."""
    try:
        return input("> ")
    except EOFError:
        return None
