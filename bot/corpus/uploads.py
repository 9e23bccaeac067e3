"""Files to learn from, on their way into the data folder."""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.errors import UserError
from bot.runtime.data_folder import DataFolder, fsync_folder
from bot.runtime.downloads import MEBIBYTE, arrived, arriving
from textgen_core.text.formats.recognition import SUFFIXES

KINDS = SUFFIXES
# What people send by mistake, by what it is; whatever else there is says itself what it holds.
_NO_TEXTS = frozenset(
    (
        *(
            ".png",
            ".jpg",
            ".jpeg",
            ".gif",
            ".webp",
            ".heic",
            ".svg",
            ".mp3",
            ".ogg",
            ".wav",
            ".m4a",
        ),
        *(
            ".mp4",
            ".mov",
            ".webm",
            ".mkv",
            ".pdf",
            ".doc",
            ".docx",
            ".xls",
            ".xlsx",
            ".odt",
            ".ods",
        ),
        *(".rtf", ".epub", ".rar", ".7z", ".xz", ".bz2", ".zst", ".exe", ".dll"),
        *(".apk", ".iso", ".db", ".sqlite", ".sqlite3", ".safetensors", ".hdf5", ".h5", ".keras"),
        *(".pt", ".bin", ".pickle", ".pkl", ".npy", ".parquet", ".py", ".js"),
    )
)
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
        UserError: it is of a kind that cannot be read.
    """
    safe = _UNSAFE.sub("_", Path(name).name).strip("._")[-100:]
    suffix = Path(safe.lower().removesuffix(".gz")).suffix
    if not safe or suffix in _NO_TEXTS:
        raise UserError(
            "I can't learn from that kind of file ({name}). Send a chat as .json, .csv, "
            ".html, .txt, .log or .jsonl, one of these as .gz, or several in a .zip.",
            name=Path(name).name[-60:],
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


@contextmanager
def copied(folder: DataFolder, source: Path) -> Iterator[Incoming]:
    """Yield a copy of a file of this machine.

    Raises:
        UserError: it is of no known kind, or cannot be read.
    """
    safe = safe_name(source.name)
    with arriving(folder) as (path, file):
        try:
            with source.open("rb") as original:
                while block := original.read1(MEBIBYTE):
                    file.write(block)
        except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
            raise UserError(
                "I can't read {source}: {reason}.", source=source, reason=error.strerror
            ) from None
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
        if part.name.casefold().endswith((".gz", ".zip", ".tar", ".tgz")):
            raise UserError(
                "{name} is packed. Send packed files one at a time, or all texts in one .zip.",
                name=part.name,
            )
    with arriving(folder) as (path, file):
        with zipfile.ZipFile(file, "w") as archive:
            for number, part in enumerate(parts, 1):
                archive.write(part.path, f"{number:03}-{part.name}")
        file.flush()
        os.fsync(file.fileno())
        yield Incoming(path, f"{len(parts)}-files.zip", folder)
