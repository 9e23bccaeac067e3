"""Which versions of its model each server has, and which one it speaks with."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from datetime import datetime

import aiosqlite

from bot.errors import UserError
from bot.storage.author_tokens import note_voices
from bot.storage.database import Database
from bot.storage.learned_channels import UNKNOWN_CHANNEL, note_learned
from bot.storage.outcome_rows import SET_OUTCOME, outcome_values
from bot.storage.records import JobOutcome, ModelRecord, TrainMetrics, utc_now

_NUMBER = re.compile(r"[vV#]?([1-9][0-9]{0,9})")


class ModelStore:
    """Reads and writes the versions of servers' models.

    A version counts once it is published: from then on its file is there.
    """

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
        """Return what the newest training of any server says of itself."""
        row = await self._database.fetch_one(
            "SELECT * FROM model WHERE messages IS NOT NULL ORDER BY model_id DESC LIMIT 1"
        )
        return None if row is None else _record(row).metrics

    async def uses(self, guild_id: int) -> list[tuple[int | None, datetime]]:
        """Return which version a server has spoken with since when, in time order."""
        rows = await self._database.fetch_all(
            "SELECT model_id, since FROM model_use WHERE guild_id = ? ORDER BY use_id", (guild_id,)
        )
        return [(row["model_id"], datetime.fromisoformat(row["since"])) for row in rows]

    async def of_job(self, train_job_id: int) -> ModelRecord | None:
        """Return the version a job has made, published or not."""
        row = await self._database.fetch_one(
            "SELECT * FROM model WHERE train_job_id = ?", (train_job_id,)
        )
        return None if row is None else _record(row)

    async def get(self, model_id: int) -> ModelRecord:
        """Return one version; KeyError when there is none."""
        row = await self._database.fetch_one("SELECT * FROM model WHERE model_id = ?", (model_id,))
        if row is None:
            raise KeyError(model_id)
        return _record(row)

    async def find(self, guild_id: int, called: str) -> ModelRecord | None:
        """Return the published version of a number ("3", "v3") or name, None if there is none."""
        number = _NUMBER.fullmatch(called)
        row = await self._database.fetch_one(
            "SELECT * FROM model WHERE guild_id = ? AND published_at IS NOT NULL"
            " AND (version = ? OR name = ?)",
            (guild_id, int(number[1]) if number else None, called),
        )
        return None if row is None else _record(row)

    async def versions(self, guild_id: int) -> list[ModelRecord]:
        """Return every published version of a server, the newest first."""
        rows = await self._database.fetch_all(
            "SELECT * FROM model WHERE guild_id = ? AND published_at IS NOT NULL"
            " ORDER BY version DESC",
            (guild_id,),
        )
        return [_record(row) for row in rows]

    async def add(
        self,
        *,
        guild_id: int,
        path_of: Callable[[int], str],
        train_job_id: int | None = None,
        metrics: TrainMetrics | None = None,
        parent_id: int | None = None,
        name: str | None = None,
    ) -> ModelRecord:
        """Write down a server's next version, which does not count yet.

        Raises:
            UserError: the name is taken.
        """
        async with self._database.transaction() as connection:
            version = await _next_version(connection, guild_id)
            try:
                cursor = await connection.execute(
                    "INSERT INTO model (guild_id, version, name, parent_id, train_job_id, path,"
                    " messages, bits_per_char_before, bits_per_char_after, train_s, created_at)"
                    " VALUES (?, ?, ?, (SELECT model_id FROM model WHERE model_id = ?),"
                    " ?, ?, ?, ?, ?, ?, ?)",
                    (
                        guild_id,
                        version,
                        name,
                        parent_id,
                        train_job_id,
                        path_of(version),
                        *_figures(metrics),
                        utc_now(),
                    ),
                )
            except sqlite3.IntegrityError:
                raise _taken(name) from None
            model_id = cursor.lastrowid
            assert model_id is not None
        return await self.get(model_id)

    async def inherit(self, record: ModelRecord, origin: ModelRecord | None) -> None:
        """Let a version from a file know what the version knows that the file was made from.

        None: nobody can say what it knows, so it counts as hidden and as older than anything.
        """
        origin_id = 0 if origin is None else origin.model_id
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE model SET learned_since = COALESCE((SELECT COALESCE(origin.learned_since,"
                " train_job.learned_since) FROM model AS origin LEFT JOIN train_job"
                " USING (train_job_id) WHERE origin.model_id = ?), '') WHERE model_id = ?",
                (origin_id, record.model_id),
            )
            await connection.execute(
                "INSERT INTO model_channel"
                " (model_id, channel_id, parent_id, first_id, after_id, messages, deleted)"
                " SELECT ?, channel_id, parent_id, first_id, after_id, messages, deleted"
                " FROM model_channel WHERE model_id = ?",
                (record.model_id, origin_id),
            )
            if origin is None:
                await connection.execute(
                    "INSERT INTO model_channel (model_id, channel_id, first_id, after_id, messages)"
                    " VALUES (?, ?, 0, 0, 0)",
                    (record.model_id, UNKNOWN_CHANNEL),
                )

    async def vouch(self, record: ModelRecord) -> bool:
        """Let a version of unknown origin be spoken with anywhere; False where it is known."""
        async with self._database.transaction() as connection:
            cursor = await connection.execute(
                "DELETE FROM model_channel WHERE model_id = ? AND channel_id = ?",
                (record.model_id, UNKNOWN_CHANNEL),
            )
            return cursor.rowcount > 0

    async def publish(
        self, record: ModelRecord, outcome: JobOutcome | None, *, live: bool = True
    ) -> None:
        """Let a version count, close its job, and if `live` let its server speak with it.

        All of it happens, or nothing.
        """
        async with self._database.transaction() as connection:
            await connection.execute(
                "UPDATE model SET published_at = COALESCE(published_at, ?) WHERE model_id = ?",
                (utc_now(), record.model_id),
            )
            if live:
                await connection.execute(
                    "UPDATE guild SET model_id = ? WHERE guild_id = ?",
                    (record.model_id, record.guild_id),
                )
            if outcome is not None:
                await connection.execute(
                    f"UPDATE train_job SET {SET_OUTCOME}, finished_at = ?"  # noqa: S608 (constants)
                    " WHERE train_job_id = ?",
                    (*outcome_values(outcome), utc_now(), record.train_job_id),
                )
            await note_learned(connection, record.model_id)
            await note_voices(connection, record.model_id)

    async def use(self, guild_id: int, record: ModelRecord | None) -> None:
        """Let a server speak with a version, None for the base model.

        Raises:
            UserError: the version was deleted a moment ago.
        """
        try:
            async with self._database.transaction() as connection:
                await connection.execute(
                    "UPDATE guild SET model_id = ? WHERE guild_id = ?",
                    (None if record is None else record.model_id, guild_id),
                )
        except sqlite3.IntegrityError:
            raise UserError("That version has just been deleted. Choose another one.") from None

    async def rename(self, record: ModelRecord, name: str | None) -> None:
        """Give a version a name, or none.

        Raises:
            UserError: the name is taken.
        """
        try:
            async with self._database.transaction() as connection:
                await connection.execute(
                    "UPDATE model SET name = ? WHERE model_id = ?", (name, record.model_id)
                )
        except sqlite3.IntegrityError:
            raise _taken(name) from None

    async def drop(self, record: ModelRecord) -> bool:
        """Forget a version; False when its server speaks with it.

        Its parent becomes the parent of those whose parent it was.
        """
        async with self._database.transaction() as connection:
            cursor = await connection.execute(
                "SELECT 1 FROM guild WHERE model_id = ?", (record.model_id,)
            )
            if await cursor.fetchone() is not None:
                return False
            await connection.execute(
                "UPDATE model SET parent_id ="
                " (SELECT parent_id FROM model WHERE model_id = ?1) WHERE parent_id = ?1",
                (record.model_id,),
            )
            await connection.execute("DELETE FROM model WHERE model_id = ?", (record.model_id,))
        return True

    async def superfluous(self, guild_id: int, keep: int) -> list[ModelRecord]:
        """Return versions without a name beyond the `keep` newest ones.

        Never the one that the server speaks with, nor its parent.
        """
        rows = await self._database.fetch_all(
            "SELECT model.* FROM model JOIN guild USING (guild_id)"
            " LEFT JOIN model AS live ON live.model_id = guild.model_id"
            " WHERE guild.guild_id = ?1 AND model.model_id NOT IN"
            " (COALESCE(live.model_id, 0), COALESCE(live.parent_id, 0))"
            " AND model.published_at IS NOT NULL AND model.name IS NULL AND model.model_id NOT IN"
            " (SELECT model_id FROM model WHERE guild_id = ?1 AND published_at IS NOT NULL"
            " AND name IS NULL ORDER BY version DESC LIMIT ?2) ORDER BY model.version",
            (guild_id, keep),
        )
        return [_record(row) for row in rows]

    async def drop_unfinished_imports(self) -> None:
        """Forget versions whose file was on its way in when the bot was killed."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "DELETE FROM model WHERE published_at IS NULL AND train_job_id IS NULL"
            )

    async def job_ids(self) -> set[int]:
        """Return the trainings that versions come from, of every server."""
        rows = await self._database.fetch_all("SELECT train_job_id FROM model")
        return {row["train_job_id"] for row in rows if row["train_job_id"] is not None}

    async def paths(self) -> set[str]:
        """Return the path of every version of every server, published or not."""
        rows = await self._database.fetch_all("SELECT path FROM model")
        return {str(row["path"]) for row in rows}


async def _next_version(connection: aiosqlite.Connection, guild_id: int) -> int:
    cursor = await connection.execute(
        "INSERT INTO guild (guild_id, last_version) VALUES (?, 1)"
        " ON CONFLICT (guild_id) DO UPDATE SET last_version = last_version + 1"
        " RETURNING last_version",
        (guild_id,),
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


def _taken(name: str | None) -> UserError:
    return UserError("Another version is already called {name}. Choose another name.", name=name)


def _figures(metrics: TrainMetrics | None) -> tuple[float | None, ...]:
    if metrics is None:
        return (None, None, None, None)
    return (
        metrics.messages,
        metrics.bits_per_char_before,
        metrics.bits_per_char_after,
        metrics.train_s,
    )


def _record(row: sqlite3.Row) -> ModelRecord:
    metrics = None
    if row["messages"] is not None:
        metrics = TrainMetrics(
            messages=row["messages"],
            bits_per_char_before=row["bits_per_char_before"],
            bits_per_char_after=row["bits_per_char_after"],
            train_s=row["train_s"],
        )
    return ModelRecord(
        model_id=row["model_id"],
        guild_id=row["guild_id"],
        version=row["version"],
        path=row["path"],
        metrics=metrics,
        created_at=datetime.fromisoformat(row["created_at"]),
        name=row["name"],
        parent_id=row["parent_id"],
        train_job_id=row["train_job_id"],
        published=row["published_at"] is not None,
    )
