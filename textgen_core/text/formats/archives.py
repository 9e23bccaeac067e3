"""Archives: which members of a .zip are worth opening, and in which order.

A member may be packed itself: a .gz, or a .zip of the parts of one chat.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from textgen_core.errors import CorpusError
from textgen_core.text.formats.source import Source, quoted

MAX_UNPACKED_BYTES = 2 << 30
MAX_MEMBERS = 20_000
MAX_DEPTH = 3  # archives in archives
_BLOCK_BYTES = 1 << 20
_MAX_OWNER_BYTES = 1 << 20
_TEXTS = (
    ".json",
    ".jsonl",
    ".ndjson",
    ".csv",
    ".tsv",
    ".txt",
    ".log",
    ".html",
    ".htm",
    ".md",
    ".chatlog",
    ".xml",
)
# Of Slack's and Discord's archives: lists of other things than messages.
_NO_MESSAGES = frozenset(
    {
        *("users.json", "channels.json", "groups.json", "dms.json", "mpims.json", "user.json"),
        *("integration_logs.json", "canvases.json", "lists.json", "file_conversations.json"),
        *("index.json", "server.json", "channel.json", "guild.json", "__macosx"),
    }
)
_SLACKS_OWN = "USLACKBOT"  # which the list of users does not call a bot
_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Archive:
    """An open .zip.

    Attributes:
        sources: its texts, in the order of their names.
        owner_id: the person whose data package of Discord it is; empty where it is none.
        names: Slack's people, by their ids; bots have an empty name.
    """

    sources: tuple[Source, ...]
    owner_id: str
    names: dict[str, str]


ZIP = b"PK\x03\x04"
GZIP = b"\x1f\x8b"


def is_archive(head: bytes) -> bool:
    """Say whether a file begins as a .zip does."""
    return head.startswith((ZIP, b"PK\x05\x06"))


def open_archive(file: BinaryIO, name: str, stack: ExitStack, depth: int = 1) -> Archive:
    """Return what can be read of an archive.

    Args:
        file: can be sought in.
        stack: keeps open what has to be, until the texts have been read.
        depth: in how many archives it lies, with itself.

    Raises:
        CorpusError: it is too large, locked by a password, or has no texts.
    """
    archive = stack.enter_context(zipfile.ZipFile(file))
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise CorpusError(f"{name} holds {len(members):,} files; at most {MAX_MEMBERS:,} are read")
    if any(member.filename == "[Content_Types].xml" for member in members):
        raise CorpusError(f"{name} is an Office document: save it as text or CSV")
    texts = sorted(filter(_is_text, members), key=lambda member: _natural(member.filename))
    if not texts:
        found = [member.filename for member in members if not member.is_dir()]
        raise CorpusError(f"{name} holds no texts, only {quoted(found, 5) if found else 'nothing'}")
    if any(member.flag_bits & 1 for member in texts):
        raise CorpusError(f"{name} is locked by a password: pack it without one")
    if sum(member.file_size for member in texts) > MAX_UNPACKED_BYTES:
        raise _too_large(name)
    whole = Archive((), _owner_id(archive, members), _slack_names(archive, members))
    for member in texts:
        whole = _with_member(whole, archive, member, name, stack, depth)
    return whole


def _with_member(
    whole: Archive,
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    name: str,
    stack: ExitStack,
    depth: int,
) -> Archive:
    """Return an archive with one more member, and with what lies in that one."""
    shown = f"{name}/{PurePosixPath(member.filename).name}"
    opener = partial(_opened, archive, member)
    with opener() as file:
        head = file.read(4)
    if not is_archive(head):
        packed = head.startswith(GZIP)
        source = Source(shown, partial(unpacked, opener, shown) if packed else opener)
        return replace(whole, sources=(*whole.sources, source))
    if depth >= MAX_DEPTH:
        raise CorpusError(f"{shown} is an archive in an archive in an archive: unpack it first")
    copy = stack.enter_context(seekable(opener, shown))
    inner = open_archive(copy, shown, stack, depth + 1)
    if len(whole.sources) + len(inner.sources) > MAX_MEMBERS:
        raise CorpusError(f"{name} holds more than {MAX_MEMBERS:,} files, which are too many")
    return Archive(
        (*whole.sources, *inner.sources),
        whole.owner_id or inner.owner_id,
        {**inner.names, **whole.names},
    )


def _opened(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(archive.open(member)))


def unpacked(opener: Callable[[], BinaryIO], name: str) -> BinaryIO:
    """Open what is in a .gz."""
    file = opener()
    bounded = _Bounded(gzip.GzipFile(fileobj=file), name, file)
    return cast(BinaryIO, io.BufferedReader(bounded, _BLOCK_BYTES))


def seekable(opener: Callable[[], BinaryIO], name: str) -> BinaryIO:
    """Return a copy on the disk, without a name, of what can be read once.

    Raises:
        CorpusError: it is too large.
    """
    copy = TemporaryFile()  # noqa: SIM115 (whoever asked closes it)
    with opener() as file:
        bounded = _Bounded(file, name)
        while block := bounded.read(_BLOCK_BYTES):
            copy.write(block)
    copy.seek(0)
    return cast(BinaryIO, copy)


class _Bounded(io.RawIOBase):
    """A stream of which no more is read than is reasonable: a few bytes can hold gigabytes."""

    def __init__(
        self, file: BinaryIO | gzip.GzipFile, name: str, below: BinaryIO | None = None
    ) -> None:
        super().__init__()
        self._file = file
        self._below = below  # which gzip does not close
        self._name = name
        self._left = MAX_UNPACKED_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        block = self._file.read(len(buffer))
        self._left -= len(block)
        if self._left < 0:
            raise _too_large(self._name)
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self._file.close()
        if self._below is not None:
            self._below.close()
        super().close()


def _too_large(name: str) -> CorpusError:
    return CorpusError(
        f"{name} is too large: unpacked it has more than {MAX_UNPACKED_BYTES >> 30} GiB"
    )


def _is_text(member: zipfile.ZipInfo) -> bool:
    return not member.is_dir() and is_wanted(member.filename)


def is_wanted(filename: str) -> bool:
    """Say whether a file of an archive may hold messages, by its name."""
    path = PurePosixPath(filename)
    parts = [part.casefold() for part in path.parts]
    hidden = any(part.startswith(".") for part in parts)
    name = path.name.casefold()
    return (
        not hidden
        and not _NO_MESSAGES.intersection(parts)
        and name.removesuffix(".gz").endswith((*_TEXTS, ".zip"))
    )


def _natural(name: str) -> list[tuple[int, str]]:
    """Order "part 10" behind "part 2", and both behind the first part, which has no number."""
    parts = _NUMBER.split(str(PurePosixPath(name).with_suffix("")))
    return [(int(part[:18]), "") if part.isdecimal() else (-1, part) for part in parts if part]


def _small_json(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> object:
    if member.file_size > most:
        return None
    try:
        return cast(object, json.loads(archive.read(member)))
    except (ValueError, RecursionError):
        return None


def _owner_id(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> str:
    """Return whose data package it is; its folders are named in the owner's language."""
    for member in members:
        if PurePosixPath(member.filename).name == "user.json":
            found = _small_json(archive, member, 8 * _MAX_OWNER_BYTES)
            owner = found.get("id") if isinstance(found, dict) else None
            if isinstance(owner, str) and owner.isdecimal() and len(owner) <= 20:
                return owner
    return ""


def _slack_names(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> dict[str, str]:
    for member in members:
        if PurePosixPath(member.filename).name == "users.json":
            found = _small_json(archive, member, 64 * _MAX_OWNER_BYTES)
            return dict(_people(found)) if isinstance(found, list) else {}
    return {}


def _people(users: list[object]) -> Iterator[tuple[str, str]]:
    for user in users:
        if isinstance(user, dict) and isinstance(user.get("id"), str):
            name = user.get("real_name") or user.get("name")
            is_bot = user.get("is_bot") or user["id"] == _SLACKS_OWN
            yield user["id"], "" if is_bot else str(name)[:100]


def unpacking(path: Path) -> tuple[Callable[[], BinaryIO], bytes]:
    """Return what opens a file, unpacked if gzip packed it, and its first bytes."""
    opener: Callable[[], BinaryIO] = partial(_open_plain, path)
    head = _head(opener)
    if head.startswith(GZIP):
        opener = partial(unpacked, opener, path.name)
        head = _head(opener)
    elif path.suffix.casefold() == ".gz":
        raise CorpusError(f"{path.name} cannot be read: it is not a gzip file")
    return opener, head


def _open_plain(path: Path) -> BinaryIO:
    return path.open("rb")


def _head(opener: Callable[[], BinaryIO]) -> bytes:
    with opener() as file:
        return file.read(4)
