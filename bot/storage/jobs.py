"""Training jobs and how far each has come."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.storage.author_tokens import begin_voices
from bot.storage.database import Database
from bot.storage.known_files import check_is_new
from bot.storage.outcome_rows import SET_OUTCOME, outcome_of, outcome_values
from bot.storage.queue import Limits, check_limits
from bot.storage.records import (
    WHAT_IS_NEW,
    JobChannel,
    JobOutcome,
    JobStatus,
    ModelRecord,
    TrainingScope,
    TrainJob,
    utc_now,
)

_OPEN = "('queued', 'collecting', 'training')"
_SET_FLOORS = (
    "UPDATE job_channel SET floor_id = MAX("
    "(SELECT since_id FROM train_job WHERE train_job_id = ?1),"
    " COALESCE((SELECT known.after_id FROM job_known AS known WHERE known.train_job_id = ?1"
    " AND known.channel_id = job_channel.channel_id), 0))"
    " WHERE train_job_id = ?1 AND first_id IS NULL"
)


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
        scope: TrainingScope = WHAT_IS_NEW,
        furnish: Callable[[int], None] = lambda _: None,
        requested_by_id: int | None = None,
        limits: Limits | None = None,
    ) -> TrainJob:
        """Queue a job and return it.

        Args:
            limits: what a server's share is; None: any number.
            furnish: is given the job's number before anybody can see the job; if it
                fails there is none.

        Raises:
            UserError: it is more than the server's share, or a file that is known.
        """
        async with self._database.transaction() as connection:
            await check_is_new(connection, guild_id, scope)
            if limits is not None:
                await check_limits(connection, guild_id, limits)
            await connection.execute(
                "INSERT INTO guild (guild_id) VALUES (?) ON CONFLICT DO NOTHING", (guild_id,)
            )
            order = (guild_id, before_id, report_channel_id, requested_by_id, utc_now())
            cursor = await connection.execute(
                "INSERT INTO train_job"
                " (guild_id, status, before_id, report_channel_id, requested_by_id, created_at,"
                " fresh, threads, since_id, max_messages, file_name, erases, file_column,"
                " file_format, file_digest, scheduled)"
                " VALUES (?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*order, *_scope_row(scope)),
            )
            train_job_id = cursor.lastrowid
            assert train_job_id is not None
            await connection.executemany(
                "INSERT INTO job_channel (train_job_id, channel_id, position) VALUES (?, ?, ?)",
                [(train_job_id, channel, place) for place, channel in enumerate(channel_ids)],
            )
            furnish(train_job_id)
        return await self.get(train_job_id)

    async def get(self, train_job_id: int) -> TrainJob:
        """Return one job; KeyError when there is none."""
        row = await self._database.fetch_one(
            "SELECT * FROM train_job WHERE train_job_id = ?", (train_job_id,)
        )
        if row is None:
            raise KeyError(train_job_id)
        return await self._with_channels(row)

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

    async def worked_s(self, train_job_id: int) -> float:
        """Return the seconds from a job's beginning to its end; 0 where it never began."""
        row = await self._database.fetch_one(
            "SELECT (julianday(finished_at) - julianday(started_at)) * 86400.0 FROM train_job"
            " WHERE train_job_id = ?",
            (train_job_id,),
        )
        return 0.0 if row is None or row[0] is None else max(0.0, row[0])

    async def advance(self, train_job_id: int, status: JobStatus) -> None:
        """Move a job to a status it runs in."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE train_job SET status = ?, started_at = COALESCE(started_at, ?)"
                " WHERE train_job_id = ?",
                (status, utc_now(), train_job_id),
            )

    async def finish(self, train_job_id: int, outcome: JobOutcome) -> bool:
        """Close an open job; False when it was closed before."""
        async with self._database.transaction() as connection:
            cursor = await connection.execute(
                f"UPDATE train_job SET {SET_OUTCOME}, finished_at = ?"  # noqa: S608 (constants)
                f" WHERE train_job_id = ? AND status IN {_OPEN}",
                (*outcome_values(outcome), utc_now(), train_job_id),
            )
            for table in ("job_known", "job_voice"):
                await connection.execute(
                    f"DELETE FROM {table} WHERE train_job_id = ?",  # noqa: S608 (constants)
                    (train_job_id,),
                )
            return cursor.rowcount == 1

    async def set_batch_targets(self, train_job_id: int, batch_targets: int) -> None:
        """Remember that a job needs smaller steps."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE train_job SET batch_targets = ? WHERE train_job_id = ?",
                (batch_targets, train_job_id),
            )

    async def begin_file(self, train_job_id: int) -> int:
        """Note that a job's file is being opened; return how often it was, this time included.

        Those that came to an end, good or bad, are not counted: see `file_is_innocent`.
        """
        async with self._database.transaction() as connection:
            rows = await connection.execute_fetchall(
                "UPDATE train_job SET file_openings = file_openings + 1 WHERE train_job_id = ?"
                " RETURNING file_openings",
                (train_job_id,),
            )
        return max((int(row[0]) for row in rows), default=0)

    async def file_is_innocent(self, train_job_id: int) -> None:
        """Note that whatever ended the reading of a job's file was not the file."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE train_job SET file_openings = 0 WHERE train_job_id = ?", (train_job_id,)
            )

    async def set_report(self, train_job_id: int, message_id: int) -> None:
        """Remember which message shows the job's progress."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE train_job SET report_message_id = ? WHERE train_job_id = ?",
                (message_id, train_job_id),
            )

    async def sweep(self, forget: Callable[[set[int]], None]) -> None:
        """Call `forget` with the open jobs' numbers while nobody can add one."""
        async with self._database.transaction() as connection:
            rows = await connection.execute_fetchall(
                f"SELECT train_job_id FROM train_job WHERE status IN {_OPEN}"  # noqa: S608
            )
            await asyncio.to_thread(forget, {int(row[0]) for row in rows})

    async def begin(self, train_job_id: int, base: ModelRecord | None) -> None:
        """Start collecting; what the job begins with is noted once and stays.

        Args:
            base: the version to train further, None for the base model.
        """
        version, model_id = (base.version, base.model_id) if base else (0, 0)
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE train_job SET base_version = ?1, status = 'collecting',"
                " started_at = COALESCE(started_at, ?2), learned_since = COALESCE("
                "(SELECT COALESCE(model.learned_since, own.learned_since) FROM model"
                " LEFT JOIN train_job AS own USING (train_job_id) WHERE model_id = ?3), ?2)"
                " WHERE train_job_id = ?4",
                (version, utc_now(), model_id, train_job_id),
            )
            await connection.execute(
                "INSERT INTO job_known"
                " (train_job_id, channel_id, parent_id, first_id, after_id, messages, deleted)"
                " SELECT ?, channel_id, parent_id, first_id, after_id, messages, deleted"
                " FROM model_channel WHERE model_id = ?",
                (train_job_id, model_id),
            )
            await begin_voices(connection, train_job_id, model_id)
            await connection.execute(_SET_FLOORS, (train_job_id,))

    async def add_threads(self, train_job_id: int, threads: Sequence[JobChannel]) -> None:
        """Add found threads to what a job reads; those it has already stay as they are."""
        async with self._database.transaction() as connection:
            await connection.executemany(
                "INSERT INTO job_channel (train_job_id, channel_id, parent_id, position)"
                " SELECT ?1, ?2, ?3, MAX(position) + 1 FROM job_channel WHERE train_job_id = ?1"
                " ON CONFLICT DO NOTHING",
                [(train_job_id, thread.channel_id, thread.parent_id) for thread in threads],
            )
            await connection.execute(_SET_FLOORS, (train_job_id,))

    async def drop_channel(self, train_job_id: int, channel_id: int) -> None:
        """Read a channel no more: what had been read of it is gone."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "DELETE FROM job_channel WHERE train_job_id = ? AND channel_id = ?",
                (train_job_id, channel_id),
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

    async def save_counts(
        self,
        train_job_id: int,
        *,
        channels: Mapping[int, int],
        file_messages: int = 0,
        file_found: str = "",
    ) -> None:
        """Remember how many messages the corpus has, by channel, and what the job's file was."""
        async with self._database.transaction() as connection:
            await connection.executemany(
                "UPDATE job_channel SET messages = ? WHERE train_job_id = ? AND channel_id = ?",
                [(count, train_job_id, channel) for channel, count in channels.items()],
            )
            await connection.execute(
                "UPDATE train_job SET file_messages = ?, file_found = ? WHERE train_job_id = ?",
                (file_messages, file_found, train_job_id),
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
            outcome=outcome_of(row),
            channels=tuple(_channel(channel) for channel in channels),
            scope=TrainingScope(
                fresh=bool(row["fresh"]),
                threads=bool(row["threads"]),
                since_id=row["since_id"],
                max_messages=row["max_messages"],
                file_name=row["file_name"],
                file_column=row["file_column"],
                file_format=row["file_format"],
                file_digest=row["file_digest"],
                erases=bool(row["erases"]),
                scheduled=bool(row["scheduled"]),
            ),
            base_version=row["base_version"],
            file_messages=row["file_messages"],
            file_found=row["file_found"],
            requested_by_id=row["requested_by_id"],
            batch_targets=row["batch_targets"],
            started_at=datetime.fromisoformat(row["started_at"]) if row["started_at"] else None,
        )


def _scope_row(scope: TrainingScope) -> tuple[int | str | None, ...]:
    return (
        int(scope.fresh),
        int(scope.threads),
        scope.since_id,
        scope.max_messages,
        scope.file_name,
        int(scope.erases),
        scope.file_column,
        scope.file_format,
        scope.file_digest,
        int(scope.scheduled),
    )


def _channel(row: sqlite3.Row) -> JobChannel:
    return JobChannel(
        channel_id=row["channel_id"],
        first_id=row["first_id"],
        after_id=row["after_id"],
        messages=row["messages"],
        corpus_bytes=row["corpus_bytes"],
        finished=bool(row["finished"]),
        floor_id=row["floor_id"],
        parent_id=row["parent_id"],
    )
