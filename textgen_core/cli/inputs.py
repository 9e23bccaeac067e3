"""What a training of the command line begins with: messages, and a model or its shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from textgen_core.errors import CorpusError
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.config import ModelConfig
from textgen_core.text.message_files import read_spoken
from textgen_core.text.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Start:
    """A model to go on from, or the shape and the ids of a new one."""

    base: Checkpoint | None
    config: ModelConfig
    vocabulary: Tokenizer | None


def read_all(
    files: Sequence[str], speakers: str, *, column: str, form: str
) -> tuple[list[str], list[str | None]]:
    """Return all files' messages, and what tells the author of each from others.

    Args:
        files: in time order.
        speakers: "lines" takes each message for another person's.
        column: see ``read_messages``, and so is ``form``.

    Raises:
        CorpusError: a file cannot be read, or is a folder.
    """
    messages: list[str] = []
    authors: list[str | None] = []
    for path in files:
        check_no_folder(path)
        for message, author in read_spoken(path, column=column, form=form):
            authors.append(str(len(messages)) if speakers == "lines" else author)
            messages.append(message)
    return messages, authors


def check_no_folder(path: str) -> None:
    """Raise CorpusError for a folder."""
    if Path(path).is_dir():
        raise CorpusError(f"{path} is a folder: give the files in it")
