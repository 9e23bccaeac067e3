"""Which servers are trained by themselves, and what became of each night."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from bot.storage.database import Database


@dataclass(frozen=True, slots=True)
class TrainSchedule:
    """A server's schedule; times are UTC.

    Attributes:
        every: how often and when, in words.
        next_at: when its next turn is due.
        turn_at: when it last had one.
        train_job_id: the training of this turn, while it waits and runs.
        told_at: when the server's channel was last told.
        messages: what was learned since.
    """

    guild_id: int
    every: str
    next_at: datetime
    turn_at: datetime
    train_job_id: int | None = None
    told_at: datetime | None = None
    messages: int = 0


@dataclass(frozen=True, slots=True)
class Night:
    """A day of scheduled trainings, in UTC.

    Attributes:
        used_s: what they took in sum, of all servers.
        trained: how many servers were trained.
        missed: how many had no turn, for want of time.
    """

    day: date
    used_s: float = 0.0
    trained: int = 0
    missed: int = 0


class TrainScheduleStore:
    """Reads and writes schedules; each call is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, schedule: TrainSchedule) -> None:
        """Write a server's schedule down, in the place of any before."""
        told_at = schedule.told_at.isoformat() if schedule.told_at else None
        async with self._database.transaction() as connection:
            await connection.execute(
                "INSERT OR REPLACE INTO train_schedule (guild_id, every, next_at, turn_at,"
                " train_job_id, told_at, messages) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    schedule.guild_id,
                    schedule.every,
                    schedule.next_at.isoformat(),
                    schedule.turn_at.isoformat(),
                    schedule.train_job_id,
                    told_at,
                    schedule.messages,
                ),
            )

    async def change(self, schedule: TrainSchedule) -> bool:
        """Write down what became of a schedule; False where it has been taken back meanwhile."""
        if await self.of(schedule.guild_id) is None:
            return False
        await self.put(schedule)
        return True

    async def drop(self, guild_id: int) -> bool:
        """Forget a server's schedule; False where it has none."""
        async with self._database.transaction() as connection:
            cursor = await connection.execute(
                "DELETE FROM train_schedule WHERE guild_id = ?", (guild_id,)
            )
            return cursor.rowcount > 0

    async def of(self, guild_id: int) -> TrainSchedule | None:
        """Return a server's schedule, None where it has none."""
        row = await self._database.fetch_one(
            "SELECT * FROM train_schedule WHERE guild_id = ?", (guild_id,)
        )
        return None if row is None else _schedule(row)

    async def begun(self) -> list[TrainSchedule]:
        """Return the schedules whose training waits or runs, or has ended unnoticed."""
        rows = await self._database.fetch_all(
            "SELECT * FROM train_schedule WHERE train_job_id IS NOT NULL"
        )
        return [_schedule(row) for row in rows]

    async def due(self, now: datetime) -> dict[int, str]:
        """Return whose turn is due and since when (ISO 8601), who has waited longest first."""
        rows = await self._database.fetch_all(
            "SELECT guild_id, next_at FROM train_schedule"
            " WHERE train_job_id IS NULL AND next_at <= ? ORDER BY turn_at, guild_id",
            (now.isoformat(),),
        )
        return {row[0]: row[1] for row in rows}

    async def late(self, before: datetime) -> list[TrainSchedule]:
        """Return those whose turn has been due since before a moment."""
        rows = await self._database.fetch_all(
            "SELECT * FROM train_schedule WHERE train_job_id IS NULL AND next_at <= ?",
            (before.isoformat(),),
        )
        return [_schedule(row) for row in rows]

    async def put_off(self, until: Iterable[tuple[int, datetime]]) -> None:
        """Let servers' turns be due at other moments."""
        async with self._database.transaction() as connection:
            await connection.executemany(
                "UPDATE train_schedule SET next_at = ? WHERE guild_id = ?",
                [(moment.isoformat(), guild_id) for guild_id, moment in until],
            )

    async def earliest(self, after: datetime) -> datetime | None:
        """Return when the first turn is due after a moment."""
        row = await self._database.fetch_one(
            "SELECT MIN(next_at) FROM train_schedule WHERE train_job_id IS NULL AND next_at > ?",
            (after.isoformat(),),
        )
        return None if row is None or row[0] is None else datetime.fromisoformat(row[0])

    async def night(self, day: date) -> Night:
        """Return what became of a day so far."""
        row = await self._database.fetch_one("SELECT * FROM night WHERE day = ?", (str(day),))
        if row is None:
            return Night(day)
        return Night(day, row["used_s"], row["trained"], row["missed"])

    async def add(self, night: Night) -> None:
        """Add to what became of a day; days of a month ago are forgotten."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "INSERT INTO night (day, used_s, trained, missed) VALUES (?1, ?2, ?3, ?4)"
                " ON CONFLICT (day) DO UPDATE SET used_s = used_s + ?2, trained = trained + ?3,"
                " missed = missed + ?4",
                (str(night.day), night.used_s, night.trained, night.missed),
            )
            await connection.execute(
                "DELETE FROM night WHERE day < date(?, '-30 days')", (str(night.day),)
            )


def _schedule(row: sqlite3.Row) -> TrainSchedule:
    told_at = row["told_at"]
    return TrainSchedule(
        guild_id=row["guild_id"],
        every=row["every"],
        next_at=datetime.fromisoformat(row["next_at"]),
        turn_at=datetime.fromisoformat(row["turn_at"]),
        train_job_id=row["train_job_id"],
        told_at=datetime.fromisoformat(told_at) if told_at else None,
        messages=row["messages"],
    )
