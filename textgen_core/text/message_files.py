"""Messages out of files, one after the other, in the file's order.

What kinds of files there are, and how each is told, is in `textgen_core.text.formats`;
docs/files.md lists them. Blank messages, those of bots and webhooks, and notices are left
out. Files are streamed: memory does not grow with them.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from textgen_core.text.formats.messages import AUTO, Kind, Message

log = logging.getLogger(__name__)

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

Wanted = Callable[[Mapping[str, Any]], bool]


def read_messages(
    path: str | os.PathLike[str],
    wanted: Wanted = lambda record: True,
    *,
    column: str = "",
    form: str = AUTO,
) -> Iterator[str]:
    """Yield the messages of a file; what was found in it goes to the log at its end.

    Args:
        wanted: is asked of each message's author, as ``{"author": {"id": …, "name": …}}``;
            of files that have texts alone, with nothing in it.
        column: where the text is, of a table or of JSON: a name, or a table's number from 1.
        form: one of `recognition.FORMATS`, to take a file for what it does not look like.

    Raises:
        CorpusError: the file is missing, damaged or of no known form; the text names the
            file and, where there is one, the line, or what was seen in it.
    """
    # Parsers of a dozen formats, which whoever only writes texts need not wait for.
    from textgen_core.text.formats.recognition import open_messages, told_in_a_sentence
    from textgen_core.text.formats.source import listed

    path = Path(path)
    with open_messages(path, column=column, form=form) as file, told_in_a_sentence(path):
        for _, message in file:
            text = usable_text(message)
            if text and wanted(author_record(message)):
                yield text
        log.info("%s: %s", path.name, file.found)
        if file.unknown:
            log.info("left out of %s: %s", path.name, listed(file.unknown, 5))


def usable_text(message: Message) -> str | None:
    """Return a person's text, whole characters alone; None of anybody else's or a blank one."""
    if message.kind is not Kind.PERSON or not message.text.strip():
        return None
    return _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", message.text)


def read_spoken(
    path: str | os.PathLike[str], *, column: str = "", form: str = AUTO
) -> Iterator[tuple[str, str | None]]:
    """Yield the messages of a file, each with what tells its author from others.

    That is None where the file does not say so. Arguments and errors are those of
    ``read_messages``.
    """
    speaker: str | None = None

    def noted(record: Mapping[str, Any]) -> bool:
        nonlocal speaker
        speaker = speaker_of(record)
        return True

    for message in read_messages(path, noted, column=column, form=form):
        yield message, speaker


def speaker_of(record: Mapping[str, Any]) -> str | None:
    """Return what tells a message's author from others: an id, or else a name."""
    author = record.get("author")
    named = (author.get("id"), author.get("name")) if isinstance(author, Mapping) else (author,)
    for value in (*named, record.get("author_id"), record.get("user_id")):
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return str(value)
    return None


def author_record(message: Message) -> dict[str, Any]:
    """Return what a file says of who wrote a message."""
    if not (message.author_id or message.author_name):
        return {}
    return {"author": {"id": message.author_id, "name": message.author_name}}
