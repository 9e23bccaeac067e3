"""Files to learn from, on their way into the data folder."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import zipfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import aiohttp

from bot.errors import UserError
from bot.runtime.data_folder import DataFolder, fsync_folder, private
from bot.runtime.proxies import client_options
from textgen_core.text.formats.recognition import SUFFIXES

KINDS = SUFFIXES
MEBIBYTE = 1 << 20
_BLOCK_BYTES = 1 << 16
_TIMEOUT = aiohttp.ClientTimeout(total=900, sock_connect=30, sock_read=60)
_UNSAFE = re.compile(r"[^\w.\-]+")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that has arrived and belongs to no job yet."""

    path: Path
    name: str
    folder: DataFolder

    def digest(self) -> str:
        """Return the SHA-256 of the file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def furnish(self, train_job_id: int) -> None:
        """Give the file to a job."""
        self.folder.make_job(train_job_id)
        target = self.folder.uploaded(train_job_id, self.name)
        target.parent.mkdir(exist_ok=True, mode=0o700)
        self.path.replace(target)
        fsync_folder(target.parent)


def safe_name(name: str) -> str:
    """Return a file's name as it can be kept.

    Raises:
        UserError: it is not of a kind that can be read.
    """
    safe = _UNSAFE.sub("_", Path(name).name).strip("._")[-100:]
    if not safe.lower().endswith(KINDS):
        raise UserError(
            f"I cannot learn from that file, {Path(name).name[-60:]}: give me a chat as .json, "
            ".csv, .html, .txt, .log, .jsonl, one of these as .gz, or several in a .zip."
        )
    return safe


@asynccontextmanager
async def downloaded(
    folder: DataFolder, url: str, name: str, *, max_bytes: int, proxy: str | None = None
) -> AsyncIterator[Incoming]:
    """Yield the file behind an attachment's address, which would expire while a job waits.

    Raises:
        UserError: it is too large, of no known kind, or Discord does not give it.
    """
    safe = safe_name(name)
    async with arrived(folder, url, max_bytes=max_bytes, proxy=proxy) as path:
        yield Incoming(path, safe, folder)


@asynccontextmanager
async def arrived(
    folder: DataFolder, url: str | None, *, max_bytes: int, proxy: str | None = None
) -> AsyncIterator[Path]:
    """Yield a file on the disk that holds what is behind an attachment's address.

    It is never in memory, and removed at the end unless it was moved. None: an empty one.

    Raises:
        UserError: it is too large, or Discord does not give it.
    """
    with _arriving(folder) as (path, file):
        if url is not None:
            await _fetch(url, file, max_bytes, proxy)
        file.flush()
        os.fsync(file.fileno())
        yield path


@contextmanager
def copied(folder: DataFolder, source: Path) -> Iterator[Incoming]:
    """Yield a copy of a file of this machine.

    Raises:
        UserError: it is of no known kind, or cannot be read.
    """
    safe = safe_name(source.name)
    with _arriving(folder) as (path, file):
        try:
            with source.open("rb") as original:
                while block := original.read(MEBIBYTE):
                    file.write(block)
        except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
            raise UserError(f"{source} cannot be read: {error.strerror}.") from None
        file.flush()
        os.fsync(file.fileno())
        yield Incoming(path, safe, folder)


@contextmanager
def bundled(folder: DataFolder, parts: Sequence[Incoming]) -> Iterator[Incoming]:
    """Yield several files as one archive, which is read in their order.

    Raises:
        UserError: one is packed itself.
    """
    if len(parts) == 1:
        yield parts[0]
        return
    for part in parts:
        if part.name.casefold().endswith((".gz", ".zip")):
            raise UserError(
                f"{part.name} is packed: send packed files one at a time, or all of the texts in "
                "one .zip."
            )
    with _arriving(folder) as (path, file):
        with zipfile.ZipFile(file, "w") as archive:
            for number, part in enumerate(parts, 1):
                archive.write(part.path, f"{number:03}-{part.name}")
        file.flush()
        os.fsync(file.fileno())
        yield Incoming(path, f"{len(parts)}-files.zip", folder)


def too_large(max_bytes: int) -> UserError:
    """Return the refusal of a file above the limit."""
    return UserError(
        f"That file is too large: I take at most {max_bytes // MEBIBYTE} MiB. Send a part of "
        "it, or have it imported on the bot's machine by `textgen-bot import`."
    )


async def _fetch(url: str, file: BinaryIO, max_bytes: int, proxy: str | None) -> None:
    try:
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT, **client_options(proxy)) as session,
            session.get(url) as response,
        ):
            if response.status != 200:
                raise UserError("Discord no longer has that file: attach it once more.")
            await _take(response, file, max_bytes)
    except (aiohttp.ClientError, TimeoutError):
        raise UserError("Discord did not give me that file: attach it once more.") from None


async def _take(response: aiohttp.ClientResponse, file: BinaryIO, max_bytes: int) -> None:
    if (response.content_length or 0) > max_bytes:
        raise too_large(max_bytes)
    taken = 0
    async for block in response.content.iter_chunked(_BLOCK_BYTES):
        taken += len(block)
        if taken > max_bytes:
            raise too_large(max_bytes)
        file.write(block)


@contextmanager
def _arriving(folder: DataFolder) -> Iterator[tuple[Path, BinaryIO]]:
    """Yield a private file; whatever is left of it at the end is removed.

    It is locked meanwhile, so that a bot which starts now does not sweep it away.
    """
    folder.incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder.incoming / secrets.token_hex(8)
    while True:
        with open(path, "wb", opener=private) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not path.exists():
                continue  # a sweep came between the two lines above
            try:
                yield path, file
            finally:
                path.unlink(missing_ok=True)
            return
