"""Writing together: the model offers what may come next, a person at a terminal chooses."""

from __future__ import annotations

from textgen_core.drop_in.draft import Draft
from textgen_core.engine import Engine
from textgen_core.legacy_vocabulary import BOUNDARY

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
            print("That's not an option!")
    return draft.text


def _offer(options: list[str], text: str) -> None:
    print(_CONTROLS)
    print("\nOptions:")
    for number, option in enumerate(options, 1):
        print(f"\t{number}: {option}")
    print(f"\nProgress: {text}")
    print("\nYour choice?")


def _asked() -> str | None:
    """Return what was typed, None when nothing can come any more."""
    try:
        return input("> ")
    except EOFError:
        return None
