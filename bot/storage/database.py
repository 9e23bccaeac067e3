"""One SQLite connection: opened, migrated, and written in transactions."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiosqlite

from bot.errors import StorageError, disk_full
from bot.storage.migrations import Migration, load_migrations
from bot.storage.offline import copy_database

log = logging.getLogger(__name__)


class Database:
    """The bot's only connection; its users take turns."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()

    @classmethod
    async def open(
        cls, path: Path, migrations: Sequence[Migration] | None = None, *, in_use: bool = False
    ) -> Database:
        """Return a connection to `path`, its schema brought up to date.

        Args:
            in_use: a bot has the database open, under whom its schema must not change.

        Raises:
            StorageError: the file is damaged, or newer than this program; or it is in
                use by an older one.
        """
        steps = load_migrations() if migrations is None else migrations
        try:
            _make_private(path)
            connection = await aiosqlite.connect(path, isolation_level=None)
        except (sqlite3.Error, OSError) as error:
            raise StorageError(f"The database {path} cannot be opened: {error}.") from error
        try:
            connection.row_factory = sqlite3.Row
            await connection.execute("PRAGMA journal_mode = WAL")
            await connection.execute("PRAGMA synchronous = FULL")
            await connection.execute("PRAGMA busy_timeout = 5000")
            # What is deleted is overwritten, not only let go of.
            await connection.execute("PRAGMA secure_delete = ON")
            await _migrate(connection, path, steps, in_use=in_use)
            # Only now: a step that makes a table anew must be able to drop the former one.
            await connection.execute("PRAGMA foreign_keys = ON")
        except sqlite3.Error as error:
            await connection.close()
            raise StorageError(
                f"The database {path} cannot be used ({error}): {_what_helps(error)}."
            ) from error
        except BaseException:
            await connection.close()
            raise
        return cls(connection)

    async def close(self) -> None:
        """Let go of the file, after the write that is under way."""
        async with self._turn:
            await self._connection.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[aiosqlite.Connection]:
        """All of the block is written, or nothing of it."""
        async with self._turn:
            try:
                await self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
            except BaseException:
                await self._connection.rollback()
                raise
            await self._connection.commit()

    async def empty_log(self) -> None:
        """Leave nothing in the write-ahead log, which holds pages as they were before a deletion.

        Where another program is reading the file, that happens with a later write.
        """
        async with self._turn:
            await self._connection.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")

    async def fetch_all(self, sql: str, parameters: Iterable[Any] = ()) -> list[sqlite3.Row]:
        """Return every row of a query."""
        async with self._turn:
            return list(await self._connection.execute_fetchall(sql, parameters))

    async def fetch_one(self, sql: str, parameters: Iterable[Any] = ()) -> sqlite3.Row | None:
        """Return a query's first row, None when there is none."""
        rows = await self.fetch_all(sql, parameters)
        return rows[0] if rows else None


def _make_private(path: Path) -> None:
    """Let the bot's user alone read a database, one of an earlier version too."""
    path.touch(mode=0o600)
    for beside in ("", "-wal", "-shm"):  # SQLite makes them as the file is
        with suppress(FileNotFoundError):
            Path(f"{path}{beside}").chmod(0o600)


def former_databases(path: Path) -> list[Path]:
    """Return the copies that were made of a database before it was migrated."""
    return sorted(path.parent.glob(f"{path.stem}.v[0-9]*{path.suffix}"))


def _keep_former(path: Path, version: int) -> None:
    """Copy the database as it is before its first migration; an older copy gives way."""
    copy = path.with_name(f"{path.stem}.v{version}{path.suffix}")
    unfinished = copy.with_name(copy.name + ".part")
    unfinished.unlink(missing_ok=True)
    copy_database(path, unfinished)
    unfinished.replace(copy)
    for older in former_databases(path):
        if older != copy:
            older.unlink()
    log.info("%s of version %d is kept as %s", path, version, copy.name)


def _what_helps(error: sqlite3.Error) -> str:
    full = disk_full(error)
    return "free some space on its disk" if full else "restore it from a backup"


async def _migrate(
    connection: aiosqlite.Connection, path: Path, steps: Sequence[Migration], *, in_use: bool
) -> None:
    async with connection.execute("PRAGMA user_version") as cursor:
        row = await cursor.fetchone()
    present = int(row[0]) if row else 0
    if present > len(steps):
        raise StorageError(
            f"The database {path} has version {present}, but this program knows only "
            f"{len(steps)}: run the newer program again, or restore an older backup."
        )
    if in_use and present < len(steps):
        raise StorageError(f"The bot that uses {path} is of an older version: restart it first.")
    if 0 < present < len(steps):
        await asyncio.to_thread(_keep_former, path, present)
    if not present:
        log.info("making the database %s", path)
    for step in steps[present:]:
        if present:
            log.info("migrating %s to version %d (%s)", path, step.version, step.name)
        try:
            # executescript commits first, so the transaction begins inside the script.
            await connection.executescript(
                f"BEGIN IMMEDIATE;\n{step.sql}\nPRAGMA user_version = {step.version};"
            )
            if list(await connection.execute_fetchall("PRAGMA foreign_key_check")):
                raise StorageError(
                    f"The database {path} holds rows that belong to nothing after step "
                    f"{step.version}: restore it from a backup."
                )
            await connection.commit()
        except BaseException:
            await connection.rollback()
            raise
