"""A job's own file, turned into its corpus by the rules that hold for channels."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from bot.corpus.author_digests import AuthorDigests
from bot.corpus.edits import MessageFilter
from bot.corpus.files import corpus_line, new_corpus
from bot.errors import UserError
from bot.runtime.data_folder import private
from textgen_core.errors import CorpusError
from textgen_core.text.formats.messages import Message
from textgen_core.text.formats.recognition import (
    AUTO,
    MessageFile,
    open_messages,
    told_in_a_sentence,
)
from textgen_core.text.message_files import author_record, usable_text

BATCH_MESSAGES = 2_000
MAX_UNPACKED_BYTES = 2 << 30
_BLOCK_BYTES = 1 << 20
MAX_ID_DIGITS = 20


@dataclass(frozen=True, slots=True)
class Collected:
    """What was read of a file so far.

    Attributes:
        messages: how many are learned.
        found: what the file is: "DiscordChatExporter CSV, 1,204 messages of 31 people".
    """

    messages: int
    found: str


async def collect_file(
    path: Path,
    target: Path,
    learnable: MessageFilter,
    authors: AuthorDigests,
    on_progress: Callable[[Collected], None],
    *,
    column: str = "",
    form: str = AUTO,
) -> Collected:
    """Write a file's messages to `target` and return how many they are, and of what.

    It happens in a thread, in steps between which it can be cancelled.

    Args:
        column, form: see `textgen_core.text.message_files.read_messages`.

    Raises:
        UserError: the file is damaged, or of no known form.
    """
    try:
        if path.suffix == ".gz":
            path = await _unpacked(path)
        opened = await asyncio.to_thread(open_messages, path, column=column, form=form)
        with opened as file, told_in_a_sentence(path), new_corpus(target) as out:
            count = 0
            lines = _lines(file, learnable, authors)
            on_progress(Collected(0, file.form_name))
            while batch := await asyncio.to_thread(_write, out, lines):
                count += batch
                on_progress(Collected(count, file.found))
            return Collected(count, file.found)
    except CorpusError as error:
        raise UserError(f"I cannot read that file: {error}.") from None


def _lines(file: MessageFile, learnable: MessageFilter, authors: AuthorDigests) -> Iterator[bytes]:
    number = 0
    for place, (form, message) in enumerate(file):
        content = usable_text(message)
        if content is None:
            continue
        record = {"id": place, "type": 0, "content": content, "marked": form.marks}
        digest = authors.of(author_record(message))
        text = learnable({**record, "author": _author(message)})
        if text is not None:
            number += 1
            yield corpus_line(number, text, digest)


def _author(message: Message) -> dict[str, Any]:
    """Return who wrote a message, as Discord would name them; without an id, if it is none."""
    author: dict[str, Any] = {"username": message.author_name}
    if message.author_id.isdecimal() and len(message.author_id) <= MAX_ID_DIGITS:
        author["id"] = int(message.author_id)
    return author


def _write(out: BinaryIO, lines: Iterator[bytes]) -> int:
    batch = list(islice(lines, BATCH_MESSAGES))
    out.writelines(batch)
    return len(batch)


async def _unpacked(path: Path) -> Path:
    """Unpack a file beside itself, as far as is reasonable: a few bytes can hold gigabytes."""
    target = path.with_suffix("")
    blocks = _unpack(path, target)
    try:
        while await asyncio.to_thread(next, blocks, None) is not None:
            pass
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"I cannot read that file: {path.name} is damaged ({error}).") from None
    return target


def _unpack(path: Path, target: Path) -> Iterator[int]:
    """Unpack a block with each step and yield its size."""
    left = MAX_UNPACKED_BYTES
    with gzip.open(path) as packed, open(target, "wb", opener=private) as out:
        while block := packed.read(_BLOCK_BYTES):
            left -= len(block)
            if left < 0:
                limit = f"{MAX_UNPACKED_BYTES >> 30} GiB"
                raise UserError(f"That file is too large: unpacked it has more than {limit}.")
            out.write(block)
            yield len(block)
