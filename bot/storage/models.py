"""Which model each server speaks with, and how it came about."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime

from bot.storage.database import Database
from bot.storage.learned import note_learned
from bot.storage.records import ModelRecord, TrainMetrics, utc_now


class ModelStore:
    """Reads and writes the versions of servers' models."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def current(self, guild_id: int) -> ModelRecord | None:
        """Return what a server speaks with, None for the base model."""
        row = await self._database.fetch_one(
            "SELECT model.* FROM guild JOIN model USING (model_id) WHERE guild.guild_id = ?",
            (guild_id,),
        )
        return None if row is None else _record(row)

    async def last_metrics(self) -> TrainMetrics | None:
        """Return what the newest model of any server says of its training."""
        row = await self._database.fetch_one("SELECT * FROM model ORDER BY model_id DESC LIMIT 1")
        return None if row is None else _record(row).metrics

    async def of_job(self, train_job_id: int) -> ModelRecord | None:
        """Return the version a job has made, published or not."""
        row = await self._database.fetch_one(
            "SELECT * FROM model WHERE train_job_id = ?", (train_job_id,)
        )
        return None if row is None else _record(row)

    async def add(
        self,
        *,
        guild_id: int,
        train_job_id: int,
        metrics: TrainMetrics,
        path_of: Callable[[int], str],
    ) -> ModelRecord:
        """Write down a job's next version; the server does not speak with it yet."""
        async with self._database.transaction() as connection:
            cursor = await connection.execute(
                "SELECT COALESCE(MAX(version), 0) + 1 FROM model WHERE guild_id = ?", (guild_id,)
            )
            row = await cursor.fetchone()
            assert row is not None
            version = int(row[0])
            await connection.execute(
                "INSERT INTO model (guild_id, version, parent_id, train_job_id, path, messages,"
                " bits_per_char_before, bits_per_char_after, train_s, created_at)"
                " VALUES (?1, ?2, (SELECT model_id FROM guild WHERE guild_id = ?1),"
                " ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                (
                    guild_id,
                    version,
                    train_job_id,
                    path_of(version),
                    metrics.messages,
                    metrics.bits_per_char_before,
                    metrics.bits_per_char_after,
                    metrics.train_s,
                    utc_now(),
                ),
            )
        record = await self.of_job(train_job_id)
        assert record is not None
        return record

    async def publish(self, record: ModelRecord, outcome: str) -> None:
        """Let the server speak with a version and close its job, in one transaction."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE guild SET model_id = ? WHERE guild_id = ?",
                (record.model_id, record.guild_id),
            )
            await connection.execute(
                "UPDATE train_job SET status = 'done', outcome = ?, finished_at = ?"
                " WHERE train_job_id = (SELECT train_job_id FROM model WHERE model_id = ?)",
                (outcome, utc_now(), record.model_id),
            )
            await note_learned(connection, record.model_id)

    async def drop(self, record: ModelRecord) -> None:
        """Forget a version that no server speaks with."""
        async with self._database.transaction() as connection:
            await connection.execute("DELETE FROM model WHERE model_id = ?", (record.model_id,))

    async def superseded(self, guild_id: int) -> list[ModelRecord]:
        """Return versions older than the current one and the one before it."""
        rows = await self._database.fetch_all(
            "SELECT model.* FROM model JOIN guild USING (guild_id)"
            " JOIN model AS now ON now.model_id = guild.model_id"
            " WHERE guild.guild_id = ? AND model.model_id NOT IN"
            " (now.model_id, COALESCE(now.parent_id, 0)) AND model.version < now.version",
            (guild_id,),
        )
        return [_record(row) for row in rows]


def _record(row: sqlite3.Row) -> ModelRecord:
    return ModelRecord(
        model_id=row["model_id"],
        guild_id=row["guild_id"],
        version=row["version"],
        path=row["path"],
        metrics=TrainMetrics(
            messages=row["messages"],
            bits_per_char_before=row["bits_per_char_before"],
            bits_per_char_after=row["bits_per_char_after"],
            train_s=row["train_s"],
        ),
        created_at=datetime.fromisoformat(row["created_at"]),
    )
