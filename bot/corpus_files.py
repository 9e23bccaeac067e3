"""Collected messages on disk: appended page by page, then merged by time."""

from __future__ import annotations

import heapq
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from bot.data_folder import fsync_folder
from bot.errors import BotError

_ID_START = len(b'{"id":')


def corpus_line(message_id: int, text: str) -> bytes:
    """Return a message as one line of a corpus file."""
    return f'{{"id":{message_id},"content":{json.dumps(text, ensure_ascii=False)}}}\n'.encode()


def _line_id(line: bytes) -> int:
    return int(line[_ID_START : line.index(b",")])


class CorpusLostError(BotError):
    """Messages that the database knows of are no longer on the disk."""


class ChannelFile:
    """One channel's messages, oldest first; grows by whole pages.

    Opened at the length that the database vouches for: what lies behind it was
    written just before a crash, will be read again, and is cut off here.

    Raises:
        CorpusLostError: the file is shorter than that, so somebody removed it.
    """

    def __init__(self, path: Path, committed_bytes: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")
        present = self._file.tell()
        if present < committed_bytes:
            self._file.close()
            raise CorpusLostError(f"{path} has {present} bytes instead of {committed_bytes}")
        self._file.truncate(committed_bytes)

    def __enter__(self) -> ChannelFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    def append(self, lines: Sequence[bytes]) -> int:
        """Write lines so that a power cut keeps them; return the file's new length."""
        if lines:
            self._file.write(b"".join(lines))
            self._file.flush()
            os.fsync(self._file.fileno())
        return self._file.tell()


def merge_corpus(parts: Iterable[Path], target: Path) -> None:
    """Write the messages of all `parts` to `target`, oldest first, all or nothing."""
    unfinished = target.with_suffix(".tmp")
    with ExitStack() as stack:
        files = [stack.enter_context(part.open("rb")) for part in parts]
        out = stack.enter_context(unfinished.open("wb"))
        merged: Iterator[bytes] = heapq.merge(*files, key=_line_id)
        out.writelines(merged)
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(target)
    fsync_folder(target.parent)
