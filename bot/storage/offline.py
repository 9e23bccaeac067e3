"""Looking at a database that another process may be using, and copying it while it does."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bot.errors import StorageError
from bot.storage.migrations import load_migrations

_MODEL_PATH = re.compile(r"models/[0-9]{1,20}/[0-9]{1,10}\.safetensors")


def newest_version() -> int:
    """Return the version that this program brings a database to."""
    return len(load_migrations())


@contextmanager
def opened_to_read(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection that cannot write.

    Raises:
        StorageError: there is no such file.
    """
    if not path.is_file():
        raise StorageError(f"There is no database {path}.")
    # Not mode=ro: after a crash, reading begins with taking in the write-ahead log.
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        connection.execute("PRAGMA query_only = ON")
        connection.row_factory = sqlite3.Row
        yield connection


def database_version(path: Path, *, check: bool = False) -> int:
    """Return a database's version, with `check` only after looking at every page.

    Raises:
        StorageError: the file is missing or damaged.
    """
    try:
        with opened_to_read(path) as connection:
            if check:
                _check(connection, path)
            return int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error as error:
        raise StorageError(f"The database {path} is damaged ({error}).") from None


def _check(connection: sqlite3.Connection, path: Path) -> None:
    found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise StorageError(f"The database {path} is damaged ({found}).")
    if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
        raise StorageError(f"The database {path} is damaged (rows point at rows that are gone).")


def copy_database(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, while others write to it; `target` is private.

    Raises:
        StorageError: the source is missing or damaged.
    """
    target.touch(mode=0o600)
    try:
        with opened_to_read(source) as reading, closing(sqlite3.connect(target)) as writing:
            reading.backup(writing)
            # A copy is one file: without this, opening it would make two more.
            writing.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        raise StorageError(f"The database {source} cannot be copied ({error}).") from None


def model_paths(path: Path) -> dict[str, bool]:
    """Return the models' files that a database names, and whether a server speaks with each."""
    with opened_to_read(path) as connection:
        rows = connection.execute(
            "SELECT path, model_id IN (SELECT model_id FROM guild WHERE model_id IS NOT NULL)"
            " FROM model ORDER BY path"
        )
        return {str(row[0]): bool(row[1]) for row in rows}


def check_model_paths(path: Path) -> None:
    """Refuse a database that names files which no bot of ours has written.

    Raises:
        StorageError: a version's file lies outside the folder of models.
    """
    for name in model_paths(path):
        if _MODEL_PATH.fullmatch(name) is None:
            raise StorageError(
                f"The database {path.name} names a model's file {name!r}, which is not of the "
                "form models/SERVER/VERSION.safetensors: it is damaged or was tampered with."
            )


def forget_models(path: Path, model_files: list[str]) -> None:
    """Take models out of a copy that no server in it speaks with."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.executemany(
            "DELETE FROM model WHERE path = ?", [(name,) for name in model_files]
        )


def list_models(path: Path) -> list[dict[str, object]]:
    """Return every model's row, and as `current` whether its server speaks with it."""
    with opened_to_read(path) as connection:
        rows = connection.execute(
            "SELECT model.guild_id, version, name, guild.model_id IS model.model_id AS current,"
            " messages, bits_per_char_before, bits_per_char_after, train_s, created_at, path"
            " FROM model JOIN guild USING (guild_id) ORDER BY model.guild_id, version"
        )
        return [dict(row) | {"current": bool(row["current"])} for row in rows]
