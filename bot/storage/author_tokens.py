"""Whose way of writing jobs and versions know, by which mark; only of members who agreed."""

from __future__ import annotations

from collections.abc import Mapping

import aiosqlite

from bot.storage.database import Database

MARKS = 16  # that a version can know
MIN_MARKED = 20  # messages: of fewer, nobody's way can be learned

_OF_SERVER = {
    "job_voice": "train_job_id IN (SELECT train_job_id FROM train_job WHERE guild_id = ?1)",
    "model_voice": "model_id IN (SELECT model_id FROM model WHERE guild_id = ?1)",
}


class AuthorTokenStore:
    """Reads and writes which mark stands for whom."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def numbers(self, train_job_id: int) -> dict[int, int]:
        """Return the number, for this job, of each member who agreed; new ones get one."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "INSERT INTO job_voice (train_job_id, number, user_id)"
                " SELECT ?1, ROW_NUMBER() OVER (ORDER BY user_id) - 1 + COALESCE("
                "  (SELECT MAX(number) + 1 FROM job_voice WHERE train_job_id = ?1), 0), user_id"
                " FROM member_voice JOIN train_job USING (guild_id) WHERE train_job_id = ?1"
                " AND user_id NOT IN (SELECT user_id FROM job_voice"
                "  WHERE train_job_id = ?1 AND user_id IS NOT NULL)",
                (train_job_id,),
            )
            rows = await connection.execute_fetchall(
                "SELECT user_id, number FROM job_voice"
                " WHERE train_job_id = ? AND user_id IS NOT NULL",
                (train_job_id,),
            )
        return {row["user_id"]: row["number"] for row in rows}

    async def settle(self, train_job_id: int, counts: Mapping[int, int]) -> dict[int, int]:
        """Choose whose way a job's model will know, and return the mark of each number.

        Who has a mark in the version that is trained further keeps it. Free ones go to
        those who wrote most.

        Args:
            train_job_id: the job.
            counts: how many messages are told apart, by number.
        """
        async with self._database.transaction() as connection:
            rows = await connection.execute_fetchall(
                "SELECT number, user_id, mark FROM job_voice WHERE train_job_id = ?",
                (train_job_id,),
            )
            used = {row["mark"] for row in rows}
            free = [mark for mark in range(MARKS) if mark not in used]
            fit = [
                row["number"]
                for row in rows
                if row["mark"] is None
                and row["user_id"] is not None
                and counts.get(row["number"], 0) >= MIN_MARKED
            ]
            fit.sort(key=lambda number: (-counts[number], number))
            given = dict(zip(fit, free, strict=False))
            await connection.executemany(
                "UPDATE job_voice SET mark = ? WHERE train_job_id = ? AND number = ?",
                [(mark, train_job_id, number) for number, mark in given.items()],
            )
        known = {row["number"]: row["mark"] for row in rows if row["user_id"] is not None}
        return {number: mark for number, mark in (known | given).items() if mark is not None}

    async def mark_of(self, model_id: int, user_id: int) -> int | None:
        """Return the mark of a member's way in a version, None if it knows none."""
        row = await self._database.fetch_one(
            "SELECT mark FROM model_voice WHERE model_id = ? AND user_id = ?", (model_id, user_id)
        )
        return None if row is None else int(row["mark"])


async def begin_voices(connection: aiosqlite.Connection, train_job_id: int, model_id: int) -> None:
    """Let a job begin with the marks of the version that it trains further."""
    await connection.execute(
        "INSERT INTO job_voice (train_job_id, number, user_id, mark)"
        " SELECT ?, mark, user_id, mark FROM model_voice WHERE model_id = ?",
        (train_job_id, model_id),
    )


async def note_voices(connection: aiosqlite.Connection, model_id: int) -> None:
    """Write down which marks a version knows, and forget its job's.

    Belongs into the transaction that publishes the version.
    """
    await connection.execute(
        "INSERT OR IGNORE INTO model_voice (model_id, mark, user_id)"
        " SELECT model_id, mark, user_id FROM job_voice JOIN model USING (train_job_id)"
        " WHERE model_id = ? AND mark IS NOT NULL",
        (model_id,),
    )
    await connection.execute(
        "DELETE FROM job_voice WHERE train_job_id ="
        " (SELECT train_job_id FROM model WHERE model_id = ?)",
        (model_id,),
    )


async def withdraw_voice(connection: aiosqlite.Connection, guild_id: int, user_id: int) -> None:
    """Let nothing be written in a member's way any more; their marks stay without a name."""
    await connection.execute(
        "DELETE FROM member_voice WHERE guild_id = ? AND user_id = ?", (guild_id, user_id)
    )
    for table, of_server in _OF_SERVER.items():
        await connection.execute(
            f"UPDATE {table} SET user_id = NULL WHERE user_id = ?2 AND {of_server}",  # noqa: S608
            (guild_id, user_id),
        )
