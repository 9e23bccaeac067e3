"""Collected messages on disk: appended page by page, then merged by time."""

from __future__ import annotations

import heapq
import mmap
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from json.encoder import encode_basestring  # json.dumps makes an encoder a message
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import BinaryIO

from bot.errors import BotError
from bot.runtime.data_folder import fsync_folder, private

MAX_OPEN = 200  # a forum may have thousands of posts, a process seldom as many files
_ID_START = len(b'{"id":')
_AUTHOR, _CONTENT = b'"author":"', b'"content":'


def corpus_line(message_id: int, text: str, author: str | None = None) -> bytes:
    """Return a message as one line of a corpus file.

    Args:
        author: tells its author from others (bot/corpus/authors.py).
    """
    told = "" if author is None else f'"author":"{author}",'
    return f'{{"id":{message_id},{told}"content":{encode_basestring(text)}}}\n'.encode()


def _author_in(line: bytes) -> str | None:
    start = line.find(_AUTHOR, _ID_START, line.index(_CONTENT))
    if start < 0:
        return None
    start += len(_AUTHOR)
    return line[start : line.index(b'"', start)].decode()


def _line_id(line: bytes) -> int:
    return int(line[_ID_START : line.index(b",")])


class CorpusLostError(BotError):
    """Messages that the database knows of are no longer on the disk."""


class ChannelFile:
    """One channel's messages in the order they are read; grows by whole pages.

    Opened at the length that the database vouches for: what lies behind it was
    written just before a crash, will be read again, and is cut off here.

    Raises:
        CorpusLostError: the file is shorter than that, so somebody removed it.
    """

    def __init__(self, path: Path, committed_bytes: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = open(path, "ab", opener=private)  # noqa: SIM115
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


@contextmanager
def new_corpus(target: Path) -> Iterator[BinaryIO]:
    """Yield a file that becomes `target` when the block ends well: all or nothing."""
    unfinished = target.with_suffix(".tmp")
    with open(unfinished, "wb", opener=private) as out:
        yield out
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(target)
    fsync_folder(target.parent)


def merge_corpus(
    parts: Mapping[int, Path],
    target: Path,
    *,
    changes: Mapping[int, str | None] = MappingProxyType({}),
    newest_first: bool = False,
) -> dict[int, int]:
    """Write the messages of all `parts` to `target`, oldest first, all or nothing.

    Args:
        parts: the files by their channels' ids.
        changes: texts that messages have been given since they were read, by the
            messages' ids; None where nothing is left.
        newest_first: how the parts are ordered.

    Returns:
        How many messages came from each channel.
    """
    rest = list(parts.items())
    if len(rest) <= MAX_OPEN:
        return _merge_group(rest, target, changes, newest_first)
    counts: dict[int, int] = {}
    groups: list[tuple[int, Path]] = []
    while rest:
        group, rest = rest[:MAX_OPEN], rest[MAX_OPEN:]
        path = target.with_name(f"merged-{len(groups)}.jsonl")
        counts |= _merge_group(group, path, changes, newest_first)
        groups.append((len(groups), path))
    _merge_group(groups, target, {}, False)
    for _, path in groups:
        path.unlink()
    return counts


def _merge_group(
    parts: Sequence[tuple[int, Path]],
    target: Path,
    changes: Mapping[int, str | None],
    newest_first: bool,
) -> dict[int, int]:
    counts = {channel_id: 0 for channel_id, _ in parts}
    with ExitStack() as stack:
        files = []
        for channel_id, path in parts:
            part = stack.enter_context(path.open("rb"))
            lines = _backwards(stack, part) if newest_first else iter(part)
            files.append(_counted(_changed(lines, changes), counts, channel_id))
        merged: Iterator[bytes] = heapq.merge(*files, key=_line_id)
        stack.enter_context(new_corpus(target)).writelines(merged)
    return counts


def _changed(lines: Iterable[bytes], changes: Mapping[int, str | None]) -> Iterator[bytes]:
    if not changes:
        yield from lines
        return
    for line in lines:
        message_id = _line_id(line)
        if message_id not in changes:
            yield line
        elif (text := changes[message_id]) is not None:
            yield corpus_line(message_id, text, _author_in(line))


def _counted(lines: Iterable[bytes], counts: dict[int, int], channel_id: int) -> Iterator[bytes]:
    for line in lines:
        counts[channel_id] += 1
        yield line


def _backwards(stack: ExitStack, file: BinaryIO) -> Iterator[bytes]:
    """Yield a file's lines, the last one first."""
    if not os.fstat(file.fileno()).st_size:
        return
    content = stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    end = len(content)
    while end:
        start = content.rfind(b"\n", 0, end - 1) + 1
        yield content[start:end]
        end = start
