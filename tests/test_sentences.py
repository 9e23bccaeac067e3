"""docs/sentences.md has every sentence as it is, and they keep a few rules that can be counted."""

from __future__ import annotations

import re

import pytest
import sentences
from said_in_source import templates

WHOLE = [(title, name, text) for title, section in sentences.SECTIONS for name, text in section()]
SAID = [
    text
    for folder in ("bot", "cogs")
    for module, texts in templates(folder).items()
    if not module.startswith(("bot/cli", "bot/loopback", "bot/operations", "bot/plots"))
    for text in texts
]
# A native speaker would not say these to a friend.
STILTED = re.compile(
    r"\b(likest|nobody need|so many in a hundred|by the clock|former voice|an? former|"
    r"anew|wherefrom|thereof|I may not|give me a |in your way)\b"
)
COMMANDS = ("train", "model", "talk", "generate", "settings", "privacy", "help", "about", "mix")
NAMED = re.compile(rf"`(?:{'|'.join(COMMANDS)})(?: [a-z]+)?[^`]*`")


def test_the_page_is_what_the_code_says() -> None:
    """`python tests/sentences.py > docs/sentences.md` brings it up to date."""
    assert sentences.PAGE.read_text(encoding="utf-8") == sentences.render()


def test_every_function_of_words_is_on_the_page() -> None:
    """A new sentence of a training, a version or a choice must be shown to the reader as well."""
    source = (sentences.ROOT / "tests" / "sentences.py").read_text(encoding="utf-8")
    internal = {
        "better",
        "guesses",
        "surprise",
        "named",
        "learned_from",
        "counted_passes",
        "labels",
    }
    internal |= {"snowflake_day", "progress_text", "outcome_text"}
    for module in (sentences.versions, sentences.privacy):
        for name, value in vars(module).items():
            is_own = getattr(value, "__module__", "") == module.__name__
            if is_own and callable(value) and not name.startswith("_") and name not in internal:
                assert f".{name}(" in source, f"{module.__name__}.{name} is not on the page"


@pytest.mark.parametrize("text", [*(text for *_, text in WHOLE), *SAID])
def test_a_sentence_is_plain(text: str) -> None:
    assert STILTED.search(text) is None
    assert (
        re.search(r"(?<![\d,])1 (?:messages|versions|trainings|members|channels)\b", text) is None
    )
    assert NAMED.search(text) is None, "commands are named `!train`, in code"


@pytest.mark.parametrize(("title", "name", "text"), WHOLE)
def test_a_message_fits(title: str, name: str, text: str) -> None:
    assert 0 < len(text) <= 2000
