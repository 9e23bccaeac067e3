"""A job's own file, turned into its corpus by the rules that hold for channels."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from bot.corpus.authors import AuthorDigests
from bot.corpus.edits import MessageFilter
from bot.corpus.files import corpus_line, new_corpus
from bot.runtime.foreign_files import ForeignFiles
from textgen_core.errors import Column

READER = "bot.corpus.reading_process"
CPU_S_A_MIB = 10  # some five times what a machine with other work takes
BATCH_MESSAGES = 500  # of at most 20,000 characters each
MAX_ID_DIGITS = 20
_WITHOUT_COLUMNS = (".txt", ".log", ".md", ".html", ".htm")
MAX_UNPACKED_BYTES = 2 << 30


@dataclass(frozen=True, slots=True)
class Collected:
    """What was read of a file so far.

    Attributes:
        messages: how many are learned.
        found: what the file is: "DiscordChatExporter CSV, 1,204 messages of 31 people".
    """

    messages: int
    found: str


@dataclass(frozen=True, slots=True)
class FileRules:
    """What a server and its members let be learned of a file.

    Attributes:
        learnable: returns that of a message whose content is marked already.
        look_up: asks what there is to know of messages' authors, before.
        authors: tells authors apart.
    """

    learnable: MessageFilter
    look_up: Callable[[Iterable[Mapping[str, Any]]], Awaitable[None]]
    authors: AuthorDigests


class FileCorpus:
    """Reads files in a process of their own (bot/corpus/reading_process.py)."""

    def __init__(self, files: ForeignFiles) -> None:
        self._files = files

    async def columns_to_choose(self, path: Path, name: str, guild_id: int) -> list[Column]:
        """Return what a file that does not say where its text is can be asked for; else nothing.

        Args:
            path, name: where it is, and what it is called.

        Raises:
            UserError: the server has files opened too often, or this one takes more than it may.
        """
        if name.casefold().removesuffix(".gz").endswith(_WITHOUT_COLUMNS):
            return []
        request = {"look": True, "path": str(path), "name": name}
        async with self._files.turn_of(guild_id):
            found = await self._files.opened(READER, request, name="That file")
        return [Column(*column) for column in found["columns"]]

    async def collect(
        self,
        path: Path,
        target: Path,
        options: Mapping[str, Any],
        rules: FileRules,
        on_progress: Callable[[Collected], None],
    ) -> Collected:
        """Write a file's messages to `target` and return how many they are, and of what.

        Args:
            path: the file, as somebody sent it.
            target: the corpus.
            options: what the process needs to know besides (`MessageFilters.of_file`), and
                `column` and `form` (`textgen_core.text.message_files.read_messages`).
            on_progress: is told how many messages have been read.

        Raises:
            UserError: the file is damaged, of no known form, or takes more to be read than
                it may.
        """
        read = target.with_suffix(".read")
        request = {
            "path": str(path),
            "target": str(read),
            "max_unpacked_bytes": MAX_UNPACKED_BYTES,
            **options,
        }
        size = (await asyncio.to_thread(path.stat)).st_size
        try:
            ending = await self._files.opened(
                READER,
                request,
                name="That file",
                limits=self._files.limits.for_size(size, CPU_S_A_MIB),
                on_event=lambda event: on_progress(_collected(event)),
            )
            found = str(ending["found"])
            with read.open("rb") as lines, new_corpus(target) as out:
                count = 0
                await rules.look_up(await asyncio.to_thread(_each_author_once, read))
                corpus = _corpus_lines(lines, rules)
                while batch := await asyncio.to_thread(_write, out, corpus):
                    count += batch
                    on_progress(Collected(count, found))
            return Collected(count, found)
        finally:
            await asyncio.to_thread(read.unlink, missing_ok=True)


def _collected(event: Mapping[str, Any]) -> Collected:
    return Collected(int(event["messages"]), str(event["found"]))


def _corpus_lines(lines: BinaryIO, rules: FileRules) -> Iterator[bytes]:
    number = 0
    for place, line in enumerate(lines):
        author_id, name, content = json.loads(line)
        digest = rules.authors.of({"author": {"id": author_id, "name": name}})
        author = _author(author_id, name)
        text = rules.learnable({"id": place, "author": author, "type": 0, "content": content})
        if text is not None:
            number += 1
            yield corpus_line(number, text, digest)


def _each_author_once(read: Path) -> list[dict[str, Any]]:
    """Return a message of each author that has an id."""
    with read.open("rb") as lines:
        ids = {author_id for author_id, _, _ in map(json.loads, lines)}
    authors = (_author(author_id, "") for author_id in ids)
    return [{"author": author} for author in authors if "id" in author]


def _author(author_id: str, name: str) -> dict[str, Any]:
    """Return who wrote a message, as Discord would name them; without an id, if it is none."""
    author: dict[str, Any] = {"username": name}
    if author_id.isdecimal() and len(author_id) <= MAX_ID_DIGITS:
        author["id"] = int(author_id)
    return author


def _write(out: BinaryIO, lines: Iterator[bytes]) -> int:
    batch = list(islice(lines, BATCH_MESSAGES))
    out.writelines(batch)
    return len(batch)
