"""What each version of a server's model has learned of which channel."""

from __future__ import annotations

import aiosqlite

from bot.storage.database import Database
from bot.storage.records import LearnedChannel


async def note_learned(connection: aiosqlite.Connection, model_id: int) -> None:
    """Write down what a version knows: what its job began with, and what that job read.

    Belongs into the transaction that publishes the version.
    """
    await connection.execute(
        "INSERT OR IGNORE INTO model_channel"
        " (model_id, channel_id, parent_id, first_id, after_id, messages, deleted)"
        " SELECT ?1, channel_id, MAX(parent_id), MIN(first_id), MAX(after_id), SUM(messages),"
        " SUM(deleted) FROM ("
        "  SELECT channel_id, known.parent_id, first_id, after_id, known.messages,"
        "   known.deleted"
        "   FROM job_known AS known"
        "   JOIN model USING (train_job_id) WHERE model_id = ?1"
        "  UNION ALL"
        "  SELECT channel_id, job_channel.parent_id, first_id, after_id, job_channel.messages,"
        "   job_channel.deleted"
        "   FROM job_channel"
        "   JOIN model USING (train_job_id) WHERE model_id = ?1 AND first_id IS NOT NULL)"
        " GROUP BY channel_id",
        (model_id,),
    )
    await connection.execute(
        "DELETE FROM job_known WHERE train_job_id ="
        " (SELECT train_job_id FROM model WHERE model_id = ?)",
        (model_id,),
    )


class LearnedStore:
    """Reads what versions have learned."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_model(self, model_id: int) -> dict[int, LearnedChannel]:
        """Return the channels that a version has read, by id; none of a file's."""
        rows = await self._database.fetch_all(
            "SELECT channel_id, first_id, after_id, messages, parent_id FROM model_channel"
            " WHERE model_id = ?",
            (model_id,),
        )
        return {row["channel_id"]: LearnedChannel(*row) for row in rows}

    async def of_server(self, guild_id: int) -> list[LearnedChannel]:
        """Return the channels that any version of a server has read, as far back as any has."""
        rows = await self._database.fetch_all(
            "SELECT channel_id, MIN(first_id), MAX(after_id), MAX(model_channel.messages),"
            " MAX(model_channel.parent_id) FROM model_channel JOIN model USING (model_id)"
            " WHERE guild_id = ? GROUP BY channel_id",
            (guild_id,),
        )
        return [LearnedChannel(*row) for row in rows]
