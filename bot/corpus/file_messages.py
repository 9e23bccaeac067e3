"""A job's own file, turned into its corpus by the rules that hold for channels."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from bot.corpus.author_digests import AuthorDigests
from bot.corpus.edits import MessageFilter
from bot.corpus.eligibility import author_id_of
from bot.corpus.files import corpus_line, new_corpus
from bot.errors import UserError
from bot.runtime.data_folder import private
from textgen_core.errors import CorpusError
from textgen_core.text.message_files import read_messages

BATCH_MESSAGES = 2_000
MAX_UNPACKED_BYTES = 2 << 30
_BLOCK_BYTES = 1 << 20


async def collect_file(
    path: Path,
    target: Path,
    learnable: MessageFilter,
    authors: AuthorDigests,
    on_progress: Callable[[int], None],
) -> int:
    """Write a file's messages to `target` and return how many they are.

    It happens in a thread, in steps between which it can be cancelled.

    Raises:
        UserError: the file is damaged, or not of the kind that its name says.
    """
    try:
        if path.suffix == ".gz":
            path = await _unpacked(path)
        with new_corpus(target) as out:
            count = 0
            lines = _lines(path, learnable, authors)
            while batch := await asyncio.to_thread(_write, out, lines):
                count += batch
                on_progress(count)
        return count
    except CorpusError as error:
        raise UserError(f"I cannot read that file: {error}.") from None


def _lines(path: Path, learnable: MessageFilter, authors: AuthorDigests) -> Iterator[bytes]:
    number = 0
    author: dict[str, int] = {}
    digest: str | None = None

    def note_author(record: Mapping[str, Any]) -> bool:
        nonlocal digest
        author_id = author_id_of(record)
        digest = authors.of(record)
        author.clear()
        if author_id is not None:
            author["id"] = author_id
        return True

    for place, content in enumerate(read_messages(path, note_author)):
        text = learnable({"id": place, "author": author, "type": 0, "content": content})
        if text is not None:
            number += 1
            yield corpus_line(number, text, digest)


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
