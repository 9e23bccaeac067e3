"""A job's own file, turned into its corpus by the rules that hold for channels."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from bot.corpus.edits import MessageFilter
from bot.corpus.files import corpus_line, new_corpus
from bot.runtime.foreign_files import ForeignFiles

READER = "bot.corpus.reading_process"
CPU_S_A_MIB = 10  # some five times what a machine with other work takes
BATCH_MESSAGES = 500  # of at most 20,000 characters each


class FileCorpus:
    """Reads files in a process of their own (bot/corpus/reading_process.py)."""

    def __init__(self, files: ForeignFiles) -> None:
        self._files = files

    async def collect(
        self,
        path: Path,
        target: Path,
        options: Mapping[str, Any],
        learnable: MessageFilter,
        on_progress: Callable[[int], None],
    ) -> int:
        """Write a file's messages to `target` and return how many they are.

        Args:
            path: the file, as somebody sent it.
            target: the corpus.
            options: what the process needs to know besides: `prefix` and `bot_id`.
            learnable: returns what a server and its members let be learned of a message
                whose content is marked already.
            on_progress: is told how many messages have been read.

        Raises:
            UserError: the file is damaged, not of the kind that its name says, or takes
                more to be read than it may.
        """
        read = target.with_suffix(".read")
        request = {"path": str(path), "target": str(read), **options}
        size = (await asyncio.to_thread(path.stat)).st_size
        try:
            await self._files.opened(
                READER,
                request,
                name="That file",
                limits=self._files.limits.for_size(size, CPU_S_A_MIB),
                on_event=lambda event: on_progress(int(event["messages"])),
            )
            with read.open("rb") as lines, new_corpus(target) as out:
                count = 0
                corpus = _corpus_lines(lines, learnable)
                while batch := await asyncio.to_thread(_write, out, corpus):
                    count += batch
                    on_progress(count)
            return count
        finally:
            await asyncio.to_thread(read.unlink, missing_ok=True)


def _corpus_lines(lines: BinaryIO, learnable: MessageFilter) -> Iterator[bytes]:
    number = 0
    for place, line in enumerate(lines):
        author_id, content = json.loads(line)
        author = {} if author_id is None else {"id": author_id}
        text = learnable({"id": place, "author": author, "type": 0, "content": content})
        if text is not None:
            number += 1
            yield corpus_line(number, text)


def _write(out: BinaryIO, lines: Iterator[bytes]) -> int:
    batch = list(islice(lines, BATCH_MESSAGES))
    out.writelines(batch)
    return len(batch)
