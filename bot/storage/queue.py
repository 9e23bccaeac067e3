"""Whose turn it is: servers take turns, and none asks for more than its share."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiosqlite

from bot.errors import UserError
from bot.locales.messages import counted_message
from bot.storage.database import Database
from bot.storage.records import utc_now

PACE_JOBS = 20  # the latest ones, by which time is foretold
LEAST_PACE_JOBS = 3
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server may ask for: trainings that wait at once, and trainings within 24 hours."""

    waiting: int = 3
    a_day: int = 10


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queued job: whose it is."""

    train_job_id: int
    guild_id: int


def fair_order(queued: Iterable[Waiting], last_ran: Mapping[int, str]) -> list[Waiting]:
    """Return queued jobs in the order in which they will run.

    The next job is always one of the server that has waited longest since it last
    ran; of servers that never ran, the one that asked first. Of one server, jobs
    run in the order they were asked for.

    Args:
        queued: in any order.
        last_ran: server id to the time at which its latest job began, ISO 8601 in UTC.
    """
    jobs: dict[int, list[Waiting]] = {}
    for job in sorted(queued, key=lambda job: job.train_job_id):
        jobs.setdefault(job.guild_id, []).append(job)
    since = [
        (last_ran.get(guild_id, ""), own[0].train_job_id, own) for guild_id, own in jobs.items()
    ]
    order: list[Waiting] = []
    turn = [own for *_, own in sorted(since, key=lambda entry: entry[:2])]
    # Who has had its turn comes after everybody else: from here on it is a round.
    while turn:
        order += [own.pop(0) for own in turn]
        turn = [own for own in turn if own]
    return order


def _always(guild_id: int) -> bool:
    return True


class QueueStore:
    """Reads the queue and gives jobs their turn.

    Args:
        database: where the queue is, for all processes that share it.
        owns: says of a server's id whether its trainings are this process's.
        is_served: the same of whichever process is there.
    """

    def __init__(
        self,
        database: Database,
        *,
        owns: Callable[[int], bool] = _always,
        is_served: Callable[[int], bool] = _always,
    ) -> None:
        self._database = database
        self.owns = owns
        self._is_served = is_served

    async def claim(
        self, running: Collection[int], *, slots: int = 1, broken: Collection[int] = ()
    ) -> int | None:
        """Begin the job whose turn it is and return its id, None if there is none.

        A job that a restart interrupted comes first. Of a server whose job runs
        none begins. What is another process's turn is left to it, if it is there.

        Args:
            running: ids of the jobs under way in this process.
            slots: how many jobs may run at once, those of other processes among them.
            broken: ids of jobs that wait for this process's next start.
        """
        async with self._database.transaction() as connection:
            rows = list(
                await connection.execute_fetchall(
                    "SELECT train_job_id, guild_id FROM train_job"
                    " WHERE status IN ('collecting', 'training') ORDER BY train_job_id"
                )
            )
            begun = [Waiting(int(row["train_job_id"]), int(row["guild_id"])) for row in rows]
            for job in begun:
                if self.owns(job.guild_id) and job.train_job_id not in {*running, *broken}:
                    return job.train_job_id
            under_way = [job for job in begun if job.train_job_id not in broken]
            if sum(self._is_served(job.guild_id) for job in under_way) >= slots:
                return None
            busy = {job.guild_id for job in begun}
            waiting = (
                job
                for job in await _in_order(connection)
                if job.guild_id not in busy and self._is_served(job.guild_id)
            )
            turn = next(waiting, None)
            if turn is None or not self.owns(turn.guild_id):
                return None
            await connection.execute(
                "UPDATE train_job SET status = 'collecting', started_at = ? WHERE train_job_id = ?",
                (utc_now(), turn.train_job_id),
            )
            return turn.train_job_id

    async def order(self) -> list[Waiting]:
        """Return the queued jobs in the order in which they will run."""
        async with self._database.transaction() as connection:
            return await _in_order(connection)

    async def pace_s(self) -> float | None:
        """Return the median of seconds a message of the latest trainings, all servers'.

        None where there were too few to tell.
        """
        rows = await self._database.fetch_all(
            "SELECT (julianday(finished_at) - julianday(started_at)) * 86400.0 / messages AS pace"
            " FROM train_job JOIN model USING (train_job_id)"
            " WHERE status = 'done' AND finished_at > started_at AND messages > 0"
            " ORDER BY finished_at DESC LIMIT ?",
            (PACE_JOBS,),
        )
        if len(rows) < LEAST_PACE_JOBS:
            return None
        return statistics.median(float(row["pace"]) for row in rows)


async def check_limits(connection: aiosqlite.Connection, guild_id: int, limits: Limits) -> None:
    """Refuse a training that is more than a server's share; call it where the job is added.

    A job that was taken back before it began does not count, nor one of the future, which
    was asked for while the machine's clock was wrong.

    Raises:
        UserError: and when the next one is possible.
    """
    (row,) = await connection.execute_fetchall(
        "SELECT COUNT(*) AS waiting FROM train_job WHERE guild_id = ? AND status = 'queued'",
        (guild_id,),
    )
    if row["waiting"] >= limits.waiting:
        raise UserError(
            counted_message(
                "This server already has {count} training waiting, which is the limit. `!train "
                "status` shows them, `!train cancel` stops them.",
                "This server already has {count} trainings waiting, which is the limit. `!train "
                "status` shows them, `!train cancel` stops them.",
                row["waiting"],
            )
        )
    counted = list(
        await connection.execute_fetchall(
            "SELECT created_at FROM train_job WHERE guild_id = ? AND created_at > ?"
            " AND created_at <= ? AND (started_at IS NOT NULL OR status = 'queued')"
            " ORDER BY created_at DESC LIMIT ?",
            (guild_id, (datetime.now(UTC) - _DAY).isoformat(), utc_now(), limits.a_day),
        )
    )
    if len(counted) >= limits.a_day:
        free_at = datetime.fromisoformat(counted[-1]["created_at"]) + _DAY
        raise UserError(
            "This server has used up its trainings ({a_day} in 24 h). The next one is "
            "possible at <t:{at}:f>.",
            a_day=limits.a_day,
            at=int(free_at.timestamp()) + 1,
        )


async def _in_order(connection: aiosqlite.Connection) -> list[Waiting]:
    queued = await connection.execute_fetchall(
        "SELECT train_job_id, guild_id FROM train_job WHERE status = 'queued'"
    )
    ran = await connection.execute_fetchall(
        # Not what began in the future: the clock has been put right since.
        "SELECT guild_id, MAX(started_at) AS at FROM train_job WHERE started_at <= ?"
        " GROUP BY guild_id",
        (utc_now(),),
    )
    return fair_order(
        [Waiting(row["train_job_id"], row["guild_id"]) for row in queued],
        {row["guild_id"]: row["at"] for row in ran},
    )
