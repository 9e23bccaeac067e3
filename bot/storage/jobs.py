"""Training jobs and how far each has come."""

from __future__ import annotations

import sqlite3

from bot.errors import UserError
from bot.storage.database import Database
from bot.storage.records import JobChannel, JobStatus, TrainJob, utc_now

_RUNNING = "('collecting', 'training')"
_OPEN = "('queued', 'collecting', 'training')"


class JobStore:
    """Reads and writes training jobs; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        *,
        guild_id: int,
        channel_ids: tuple[int, ...],
        report_channel_id: int,
        before_id: int,
    ) -> TrainJob:
        """Queue a job and return it.

        Raises:
            UserError: the server has one waiting already.
        """
        try:
            async with self._database.transaction() as connection:
                await connection.execute(
                    "INSERT INTO guild (guild_id) VALUES (?) ON CONFLICT DO NOTHING", (guild_id,)
                )
                cursor = await connection.execute(
                    "INSERT INTO train_job"
                    " (guild_id, status, before_id, report_channel_id, created_at)"
                    " VALUES (?, 'queued', ?, ?, ?)",
                    (guild_id, before_id, report_channel_id, utc_now()),
                )
                train_job_id = cursor.lastrowid
                assert train_job_id is not None
                await connection.executemany(
                    "INSERT INTO job_channel (train_job_id, channel_id, position) VALUES (?, ?, ?)",
                    [(train_job_id, channel, place) for place, channel in enumerate(channel_ids)],
                )
        except sqlite3.IntegrityError:
            raise UserError(
                "This server already has a training waiting: see it with `train status`, "
                "take it back with `train cancel`."
            ) from None
        return await self.get(train_job_id)

    async def get(self, train_job_id: int) -> TrainJob:
        """Return one job; KeyError when there is none."""
        row = await self._database.fetch_one(
            "SELECT * FROM train_job WHERE train_job_id = ?", (train_job_id,)
        )
        if row is None:
            raise KeyError(train_job_id)
        return await self._with_channels(row)

    async def next(self) -> TrainJob | None:
        """Return the job to work on: one a restart interrupted, else the first in the queue."""
        row = await self._database.fetch_one(
            f"SELECT * FROM train_job WHERE status IN {_OPEN}"  # noqa: S608 (a constant)
            " ORDER BY status = 'queued', train_job_id LIMIT 1"
        )
        return None if row is None else await self._with_channels(row)

    async def open_jobs(self, guild_id: int | None = None) -> list[TrainJob]:
        """Return running and waiting jobs, of one server or all, the running one first."""
        rows = await self._database.fetch_all(
            f"SELECT * FROM train_job WHERE status IN {_OPEN}"  # noqa: S608 (a constant)
            " AND (?1 IS NULL OR guild_id = ?1) ORDER BY status = 'queued', train_job_id",
            (guild_id,),
        )
        return [await self._with_channels(row) for row in rows]

    async def last_finished(self, guild_id: int) -> TrainJob | None:
        """Return the server's latest job that came to an end."""
        row = await self._database.fetch_one(
            "SELECT * FROM train_job WHERE guild_id = ? AND finished_at IS NOT NULL"
            " ORDER BY finished_at DESC, train_job_id DESC LIMIT 1",
            (guild_id,),
        )
        return None if row is None else await self._with_channels(row)

    async def place(self, train_job_id: int) -> int:
        """Return how many open jobs come before this one (0: it runs, or runs next)."""
        row = await self._database.fetch_one(
            f"SELECT COUNT(*) FROM train_job WHERE train_job_id < ? AND status IN {_OPEN}",  # noqa: S608
            (train_job_id,),
        )
        assert row is not None
        return int(row[0])

    async def advance(self, train_job_id: int, status: JobStatus) -> None:
        """Move a job to a status it runs in."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE train_job SET status = ?, started_at = COALESCE(started_at, ?)"
                " WHERE train_job_id = ?",
                (status, utc_now(), train_job_id),
            )

    async def finish(self, train_job_id: int, status: JobStatus, outcome: str) -> bool:
        """Close an open job; False when it was closed before."""
        async with self._database.transaction() as connection:
            cursor = await connection.execute(
                "UPDATE train_job SET status = ?, outcome = ?, finished_at = ?"  # noqa: S608
                f" WHERE train_job_id = ? AND status IN {_OPEN}",
                (status, outcome, utc_now(), train_job_id),
            )
            return cursor.rowcount == 1

    async def cancel_queued(self, train_job_id: int, outcome: str) -> bool:
        """Close a job that has not begun; False when it has."""
        async with self._database.transaction() as connection:
            cursor = await connection.execute(
                "UPDATE train_job SET status = 'cancelled', outcome = ?, finished_at = ?"
                " WHERE train_job_id = ? AND status = 'queued'",
                (outcome, utc_now(), train_job_id),
            )
            return cursor.rowcount == 1

    async def set_report(self, train_job_id: int, message_id: int) -> None:
        """Remember which message shows the job's progress."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE train_job SET report_message_id = ? WHERE train_job_id = ?",
                (message_id, train_job_id),
            )

    async def save_cursor(self, train_job_id: int, channel: JobChannel) -> None:
        """Remember how far a channel has been read."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE job_channel SET first_id = ?, after_id = ?, messages = ?,"
                " corpus_bytes = ?, finished = ? WHERE train_job_id = ? AND channel_id = ?",
                (
                    channel.first_id,
                    channel.after_id,
                    channel.messages,
                    channel.corpus_bytes,
                    int(channel.finished),
                    train_job_id,
                    channel.channel_id,
                ),
            )

    async def _with_channels(self, row: sqlite3.Row) -> TrainJob:
        channels = await self._database.fetch_all(
            "SELECT * FROM job_channel WHERE train_job_id = ? ORDER BY position",
            (row["train_job_id"],),
        )
        return TrainJob(
            train_job_id=row["train_job_id"],
            guild_id=row["guild_id"],
            status=JobStatus(row["status"]),
            before_id=row["before_id"],
            report_channel_id=row["report_channel_id"],
            report_message_id=row["report_message_id"],
            outcome=row["outcome"],
            channels=tuple(_channel(channel) for channel in channels),
        )


def _channel(row: sqlite3.Row) -> JobChannel:
    return JobChannel(
        channel_id=row["channel_id"],
        first_id=row["first_id"],
        after_id=row["after_id"],
        messages=row["messages"],
        corpus_bytes=row["corpus_bytes"],
        finished=bool(row["finished"]),
    )
