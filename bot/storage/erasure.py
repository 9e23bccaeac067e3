"""Takes everything about one server out of the database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.errors import StorageError
from bot.storage.database import Database
from bot.storage.offline import opened_to_read

_TABLES = (
    "SELECT t.name FROM pragma_table_list AS t JOIN pragma_table_info(t.name) AS c"
    " WHERE t.schema = 'main' AND t.type = 'table' AND c.name = 'guild_id' ORDER BY t.name"
)
# These name channels alone, and only such as were learned from.
_NSFW_CHANNELS = (
    "DELETE FROM nsfw_channel WHERE channel_id IN ("
    " SELECT channel_id FROM job_channel JOIN train_job USING (train_job_id)"
    " WHERE guild_id = ?1 UNION"
    " SELECT channel_id FROM model_channel JOIN model USING (model_id)"
    " WHERE guild_id = ?1 UNION SELECT channel_id FROM live_channel WHERE guild_id = ?1)"
)
_JOBS = "SELECT train_job_id FROM train_job WHERE guild_id = ?"


def erase_guild_rows(path: Path, *, guild_id: int) -> tuple[int, list[int]]:
    """Delete a server's rows from every table; return how many there were, and its jobs' ids.

    Tables are found by their column guild_id, so that one added later is not
    forgotten. What was deleted is overwritten in the file. Nobody else may be
    using the database.

    Raises:
        StorageError: the file is missing or damaged.
    """
    if not path.is_file():
        raise StorageError(f"There is no database {path}.")
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")
            jobs = [int(row[0]) for row in connection.execute(_JOBS, (guild_id,))]
            count = _delete(connection, guild_id)
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return count, jobs
    except sqlite3.Error as error:
        raise StorageError(f"The database {path} cannot be used ({error}).") from None


def knows_guild(path: Path, guild_id: int) -> bool:
    """Say whether a database has any row of a server.

    Raises:
        StorageError: the file is missing or damaged.
    """
    with opened_to_read(path) as connection:
        return any(
            connection.execute(
                f'SELECT 1 FROM "{table}" WHERE guild_id = ?',  # noqa: S608 (a table's name)
                (guild_id,),
            ).fetchone()
            for table in tables_of_guilds(connection)
        )


def tables_of_guilds(connection: sqlite3.Connection) -> list[str]:
    """Return the tables whose rows belong to one server each."""
    return [str(row[0]) for row in connection.execute(_TABLES)]


async def erase_guild_here(database: Database, guild_id: int) -> list[int]:
    """Do the same in the bot's own connection; return the ids of the server's jobs."""
    async with database.transaction() as connection:
        await connection.execute("PRAGMA defer_foreign_keys = ON")
        jobs = await connection.execute_fetchall(_JOBS, (guild_id,))
        await connection.execute(_NSFW_CHANNELS, (guild_id,))
        for table in await connection.execute_fetchall(_TABLES):
            await connection.execute(
                f'DELETE FROM "{table[0]}" WHERE guild_id = ?',  # noqa: S608 (a table's name)
                (guild_id,),
            )
    await database.empty_log()
    return [int(row[0]) for row in jobs]


def _delete(connection: sqlite3.Connection, guild_id: int) -> int:
    """Delete in one transaction, at whose end every reference must hold, in whatever order."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("PRAGMA defer_foreign_keys = ON")
        cursor = connection.execute(_NSFW_CHANNELS, (guild_id,))
        count = cursor.rowcount
        for table in tables_of_guilds(connection):
            cursor = connection.execute(
                f'DELETE FROM "{table}" WHERE guild_id = ?',  # noqa: S608 (a table's name)
                (guild_id,),
            )
            count += cursor.rowcount
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return count
