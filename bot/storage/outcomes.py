"""How trainings ended, and whether that was told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.storage.database import Database
from bot.storage.jobs import JobStore
from bot.storage.records import TrainJob, utc_now


@dataclass(frozen=True, slots=True)
class PastJob:
    """A job that has ended; times are UTC, `seconds` are from its beginning to its end."""

    job: TrainJob
    finished_at: datetime
    seconds: float | None


class OutcomeStore:
    """Reads jobs that have ended."""

    def __init__(self, database: Database, jobs: JobStore) -> None:
        self._database = database
        self._jobs = jobs

    async def untold(self) -> list[TrainJob]:
        """Return the ended jobs whose message does not say so yet, oldest first."""
        rows = await self._database.fetch_all(
            "SELECT train_job_id FROM train_job WHERE finished_at IS NOT NULL AND told_at IS NULL"
            " ORDER BY train_job_id"
        )
        return [await self._jobs.get(row["train_job_id"]) for row in rows]

    async def set_told(self, train_job_id: int) -> None:
        """Remember that a job's message says how it ended; its samples were for that message."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE train_job SET told_at = ?, samples = NULL WHERE train_job_id = ?",
                (utc_now(), train_job_id),
            )
        await self._database.empty_log()

    async def latest(self, guild_id: int, count: int) -> list[PastJob]:
        """Return a server's last jobs that have ended, the newest first."""
        rows = await self._database.fetch_all(
            "SELECT * FROM train_job WHERE guild_id = ? AND finished_at IS NOT NULL"
            " ORDER BY train_job_id DESC LIMIT ?",
            (guild_id, count),
        )
        past = []
        for row in rows:
            job = await self._jobs.get(row["train_job_id"])
            finished_at = datetime.fromisoformat(row["finished_at"])
            took = None if job.started_at is None else finished_at - job.started_at
            past.append(
                PastJob(
                    job,
                    finished_at,
                    # A clock that was set back meanwhile makes no negative time.
                    None if took is None else max(0.0, took.total_seconds()),
                )
            )
        return past
