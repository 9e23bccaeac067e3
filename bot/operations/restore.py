"""Turns a backup into a data folder again, having looked at every byte of it first."""

from __future__ import annotations

import json
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any

from bot.errors import StorageError
from bot.operations.backup import DATABASE, FORMAT, MANIFEST, STDIO, file_digest
from bot.runtime.data_folder import DataFolder, fsync_folder
from bot.storage.offline import check_model_paths, database_version, newest_version

MAX_MANIFEST_BYTES = 64 * 1024 * 1024
KEPT = ("corpora", "models")


def restore_backup(source: Path, folder: DataFolder, *, replace: bool) -> int:
    """Put an archive's database and models into the data folder; return how many files.

    `-` reads the archive from standard input. Until everything has been checked,
    nothing in the folder changes.

    Raises:
        StorageError: a bot uses the folder, there is something in it and `replace`
            is False, or the archive is damaged or newer than this program.
    """
    with folder.locked():
        if not replace and not _is_empty(folder):
            raise StorageError(
                f"{folder.root} holds a database or models already: restore into an empty "
                "DATA_DIR, or replace what is there with --replace."
            )
        with tempfile.TemporaryDirectory(dir=folder.root, prefix=".restore-") as name:
            staging = Path(name)
            files = _extract(source, staging)
            _check(staging, files, source)
            _take_over(staging, folder)
    return len(files)


def _is_empty(folder: DataFolder) -> bool:
    models = (path for path in (folder.root / "models").rglob("*") if path.is_file())
    return not folder.database.exists() and not any(models)


def _extract(source: Path, staging: Path) -> dict[str, Any]:
    """Write the archive's files below `staging` and return the list that it brings."""
    try:
        if source == STDIO:
            with tarfile.open(fileobj=sys.stdin.buffer, mode="r|gz") as archive:
                return _read(archive, staging)
        with tarfile.open(source, mode="r|gz") as archive:
            return _read(archive, staging)
    except FileNotFoundError:
        raise StorageError(f"There is no file {source}.") from None
    except (tarfile.TarError, EOFError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise StorageError(f"{source} is damaged, or no backup ({error}).") from None


def _read(archive: tarfile.TarFile, staging: Path) -> dict[str, Any]:
    head = archive.next()
    if head is None or head.name != MANIFEST or head.size > MAX_MANIFEST_BYTES:
        raise ValueError(f"it does not begin with {MANIFEST}")
    text = archive.extractfile(head)
    assert text is not None
    manifest = json.loads(text.read())
    if manifest["format"] != FORMAT:
        raise ValueError(f"its format is {manifest['format']}, this program knows {FORMAT}")
    files: dict[str, Any] = dict(manifest["files"])
    while (entry := archive.next()) is not None:
        target = staging / _safe(entry, files)
        target.parent.mkdir(parents=True, exist_ok=True)
        content = archive.extractfile(entry)
        assert content is not None
        with target.open("xb") as out:
            shutil.copyfileobj(content, out)
    return files


def _safe(entry: tarfile.TarInfo, files: dict[str, Any]) -> PurePosixPath:
    """Return where a member belongs: only a listed file, below the folder, of the told size."""
    path = PurePosixPath(entry.name)
    inside = not path.is_absolute() and ".." not in path.parts
    known = entry.name == DATABASE or path.parts[:1] == ("models",)
    if not (entry.isreg() and inside and known and entry.name in files):
        raise ValueError(f"{entry.name} does not belong in it")
    if entry.size != files[entry.name]["bytes"]:
        raise ValueError(f"{entry.name} has {entry.size} bytes")
    return path


def _check(staging: Path, files: dict[str, Any], source: Path) -> None:
    for name, told in files.items():
        path = staging / name
        if not path.is_file():
            raise StorageError(f"{source} is damaged: {name} is missing.")
        if file_digest(path) != told["sha256"]:
            raise StorageError(f"{source} is damaged: {name} has another SHA-256.")
    version = database_version(staging / DATABASE, check=True)
    check_model_paths(staging / DATABASE)
    if version > newest_version():
        raise StorageError(
            f"{source} holds a database of version {version}, but this program knows only "
            f"{newest_version()}: restore it with the newer program."
        )


def _take_over(staging: Path, folder: DataFolder) -> None:
    """Let what was checked take the place of what was there; the database comes last."""
    for suffix in ("", "-wal", "-shm"):
        folder.database.with_name(folder.database.name + suffix).unlink(missing_ok=True)
    for name in KEPT:
        shutil.rmtree(folder.root / name, ignore_errors=True)
        (staging / name).mkdir(exist_ok=True)
        (staging / name).replace(folder.root / name)
    (staging / DATABASE).chmod(0o600)
    (staging / DATABASE).replace(folder.database)
    fsync_folder(folder.root)
