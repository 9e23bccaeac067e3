"""Looking at a database that another process may be using, and copying it while it does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bot.errors import StorageError
from bot.storage.migrations import load_migrations


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
