"""Archives: which members of a .zip are worth opening, and in which order."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from textgen_core.errors import CorpusError
from textgen_core.text.formats.source import Source, quoted

MAX_UNPACKED_BYTES = 2 << 30
MAX_MEMBERS = 20_000
_MAX_OWNER_BYTES = 1 << 20
_TEXTS = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".log", ".html", ".htm", ".md")
# Of Slack's and Discord's archives: lists of other things than messages.
_NO_MESSAGES = frozenset(
    {
        *("users.json", "channels.json", "groups.json", "dms.json", "mpims.json", "user.json"),
        *("integration_logs.json", "canvases.json", "lists.json", "file_conversations.json"),
        *("index.json", "server.json", "channel.json", "guild.json", "__macosx"),
    }
)
_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Archive:
    """An open .zip.

    Attributes:
        sources: its texts, in the order of their names.
        owner_id: the person whose data package it is; empty where it is none.
        names: Slack's people, by their ids; bots have an empty name.
    """

    sources: tuple[Source, ...]
    owner_id: str
    names: dict[str, str]


def is_archive(head: bytes) -> bool:
    """Say whether a file begins as a .zip does."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def open_archive(archive: zipfile.ZipFile, name: str) -> Archive:
    """Return what can be read of an archive.

    Raises:
        CorpusError: it is too large, locked by a password, or has no texts.
    """
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
        raise CorpusError(
            f"{name} is too large: unpacked it has more than {MAX_UNPACKED_BYTES >> 30} GiB"
        )
    sources = tuple(
        Source(f"{name}/{PurePosixPath(member.filename).name}", _opener(archive, member))
        for member in texts
    )
    return Archive(sources, _owner_id(archive, members), _slack_names(archive, members))


def _opener(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    return lambda: cast(BinaryIO, io.BufferedReader(archive.open(member)))


def _is_text(member: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(member.filename)
    parts = [part.casefold() for part in path.parts]
    hidden = any(part.startswith(".") for part in parts)
    return (
        not member.is_dir()
        and not hidden
        and not _NO_MESSAGES.intersection(parts)
        and path.suffix.casefold() in _TEXTS
    )


def _natural(name: str) -> list[tuple[int, str]]:
    """Order "part 10" behind "part 2"."""
    parts = _NUMBER.split(name)
    return [(int(part[:18]), "") if part.isdecimal() else (-1, part) for part in parts if part]


def _small_json(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> object:
    if member.file_size > most:
        return None
    try:
        return cast(object, json.loads(archive.read(member)))
    except (ValueError, RecursionError):
        return None


def _owner_id(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> str:
    """Return whose data package it is."""
    for member in members:
        if member.filename.casefold().endswith("account/user.json"):
            found = _small_json(archive, member, 8 * _MAX_OWNER_BYTES)
            owner = found.get("id") if isinstance(found, dict) else None
            return owner if isinstance(owner, str) and len(owner) <= 20 else ""
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
            yield user["id"], "" if user.get("is_bot") else str(name)[:100]
