"""A backup: one archive of the database and the models, with a list of what must be in it.

Texts that a training is reading are left out: they are to be gone when it ends,
and after a restore they are read again. Left out is the key of the models' filters, too,
so that nothing that was said can be read out of an archive.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from bot.errors import StorageError
from bot.models.sealing import Sealing
from bot.runtime.data_folder import DataFolder, fsync_folder
from bot.storage.offline import copy_database, database_version, forget_models, model_paths

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "textgen.sqlite3"
STDIO = Path("-")
TRIES = 5


@dataclass(frozen=True, slots=True)
class BackupResult:
    """What an archive holds; `missing` are models' files that should be there and are not."""

    files: int
    total_bytes: int
    missing: tuple[str, ...]


def make_backup(folder: DataFolder, target: Path) -> BackupResult:
    """Write an archive, whether a bot is running or not; `-` writes it to standard output.

    Raises:
        StorageError: there is nothing to save, or `target` exists.
    """
    if target != STDIO and target.exists():
        raise StorageError(f"{target} exists: name a new file, a backup overwrites nothing.")
    if not folder.database.is_file():
        raise StorageError(f"There is nothing to save: {folder.root} holds no database.")
    # Beside the models, so that these can be linked instead of copied.
    with tempfile.TemporaryDirectory(dir=folder.root, prefix=".backup-") as name:
        staging = Path(name)
        missing = _snapshot(folder, staging)
        files = sorted(path for path in staging.rglob("*") if path.is_file())
        manifest = _manifest(staging, files)
        with _written(target) as out:
            _write_archive(out, staging, files, manifest)
        total = sum(path.stat().st_size for path in files)
    return BackupResult(len(files), total, missing)


def _snapshot(folder: DataFolder, staging: Path) -> tuple[str, ...]:
    """Put a copy of the database and the models it names into `staging`.

    Models never change, but a version may be dropped, or be announced and not be
    there yet, in the moment between copying the database and linking its file.
    """
    copy = staging / DATABASE
    for _ in range(TRIES):
        copy.unlink(missing_ok=True)
        copy_database(folder.database, copy)
        models = model_paths(copy)
        missing = [name for name in models if not _linked(folder.absolute(name), staging / name)]
        needed = [name for name in missing if models[name]]
        if not needed:
            break
    forget_models(copy, [name for name in missing if name not in needed])
    for path in set(_files(staging)) - {copy, *(staging / name for name in models)}:
        path.unlink()  # an earlier try's, dropped since
    # Links to files of earlier versions, which lie open, give way to sealed copies.
    Sealing(folder).seal_files(path for path in _files(staging) if path != copy)
    return tuple(needed)


def _linked(source: Path, target: Path) -> bool:
    """Let `target` be the same file, or a copy of it; False when there is none."""
    if target.exists():
        return True
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        try:
            os.link(source, target)
        except FileNotFoundError:
            return False
        except OSError:  # a file system without links
            shutil.copyfile(source, target)
    except FileNotFoundError:
        return False
    return True


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def file_digest(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _manifest(staging: Path, files: list[Path]) -> dict[str, object]:
    return {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "database_version": database_version(staging / DATABASE, check=True),
        "files": {
            path.relative_to(staging).as_posix(): {
                "bytes": path.stat().st_size,
                "sha256": file_digest(path),
            }
            for path in files
        },
    }


def _write_archive(
    out: BinaryIO, staging: Path, files: list[Path], manifest: dict[str, object]
) -> None:
    with tarfile.open(fileobj=out, mode="w|gz") as archive:
        text = json.dumps(manifest, indent=1).encode()
        head = tarfile.TarInfo(MANIFEST)
        head.size, head.mode = len(text), 0o600
        archive.addfile(head, io.BytesIO(text))
        for path in files:
            entry = archive.gettarinfo(path, path.relative_to(staging).as_posix())
            entry.type, entry.linkname, entry.mode = tarfile.REGTYPE, "", 0o600
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.size = path.stat().st_size
            with path.open("rb") as file:
                archive.addfile(entry, file)


@contextmanager
def _written(target: Path) -> Iterator[BinaryIO]:
    """Yield where to write; the file is private, and appears once it is whole."""
    if target == STDIO:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    unfinished = target.with_name(f".{target.name}.part")
    try:
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        with unfinished.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(target)
    except OSError as error:
        raise StorageError(f"{target} cannot be written ({error.strerror}).") from None
    finally:
        unfinished.unlink(missing_ok=True)
    fsync_folder(target.parent)
