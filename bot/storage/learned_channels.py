"""What each version of a server's model has learned of which channel, and who could read that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import aiosqlite

from bot.storage.database import Database
from bot.storage.records import LearnedChannel

UNKNOWN_CHANNEL = 0  # stands for whatever a file from elsewhere was made from


@dataclass(frozen=True, slots=True)
class Source:
    """A channel that was learned from; whether it was noted as NSFW, and as hidden, then."""

    channel_id: int
    nsfw: bool
    hidden: bool


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
    """Reads what versions have learned, and keeps what its channels were like."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_model(self, model_id: int) -> dict[int, LearnedChannel]:
        """Return the channels that a version has read, by id; none of a file's."""
        rows = await self._database.fetch_all(
            "SELECT channel_id, first_id, after_id, messages, parent_id FROM model_channel"
            " WHERE model_id = ? AND channel_id <> ?",
            (model_id, UNKNOWN_CHANNEL),
        )
        return {row["channel_id"]: LearnedChannel(*row) for row in rows}

    async def of_server(self, guild_id: int) -> list[LearnedChannel]:
        """Return the channels that any version of a server has read, as far back as any has."""
        rows = await self._database.fetch_all(
            "SELECT channel_id, MIN(first_id), MAX(after_id), MAX(model_channel.messages),"
            " MAX(model_channel.parent_id) FROM model_channel JOIN model USING (model_id)"
            " WHERE guild_id = ? AND channel_id <> ? GROUP BY channel_id",
            (guild_id, UNKNOWN_CHANNEL),
        )
        return [LearnedChannel(*row) for row in rows]

    async def note_nsfw(self, channel_ids: Iterable[int]) -> None:
        """Remember channels as NSFW, whatever becomes of them."""
        async with self._database.transaction() as connection:
            await connection.executemany(
                "INSERT INTO nsfw_channel (channel_id) VALUES (?) ON CONFLICT DO NOTHING",
                [(channel_id,) for channel_id in channel_ids],
            )

    async def note_hidden(self, guild_id: int, channel_ids: Iterable[int]) -> None:
        """Remember channels as ones that not everybody may read."""
        async with self._database.transaction() as connection:
            await connection.executemany(
                "INSERT INTO hidden_channel (guild_id, channel_id) VALUES (?, ?)"
                " ON CONFLICT DO NOTHING",
                [(guild_id, channel_id) for channel_id in channel_ids],
            )

    async def sources(self, guild_id: int, model_id: int | None = None) -> list[Source]:
        """Return the channels a version has learned from, in one query: each text asks.

        Those of the versions that it was made from are among them; threads and posts
        stand under the channel or forum that they were found in.

        Args:
            guild_id: the server.
            model_id: None for the version that it speaks with.
        """
        rows = await self._database.fetch_all(
            "SELECT DISTINCT COALESCE(parent_id, model_channel.channel_id) AS channel_id,"
            " nsfw_channel.channel_id IS NOT NULL AS nsfw,"
            " hidden_channel.channel_id IS NOT NULL AS hidden"
            " FROM guild JOIN model_channel"
            " ON model_channel.model_id = COALESCE(?2, guild.model_id) LEFT JOIN nsfw_channel"
            " ON nsfw_channel.channel_id = COALESCE(parent_id, model_channel.channel_id)"
            " LEFT JOIN hidden_channel"
            " ON hidden_channel.channel_id = COALESCE(parent_id, model_channel.channel_id)"
            " AND hidden_channel.guild_id = guild.guild_id"
            " WHERE guild.guild_id = ?1",
            (guild_id, model_id),
        )
        return [
            Source(
                row["channel_id"],
                nsfw=bool(row["nsfw"]) or row["channel_id"] == UNKNOWN_CHANNEL,
                hidden=bool(row["hidden"]) or row["channel_id"] == UNKNOWN_CHANNEL,
            )
            for row in rows
        ]

    async def as_noted(self, guild_id: int, channel_ids: Iterable[int]) -> list[Source]:
        """Return channels with what they were noted as, at any time."""
        rows = await self._database.fetch_all(
            "SELECT channel_id, 1 AS nsfw FROM nsfw_channel"
            " UNION ALL SELECT channel_id, 0 FROM hidden_channel WHERE guild_id = ?",
            (guild_id,),
        )
        noted = {(row["channel_id"], bool(row["nsfw"])) for row in rows}
        return [
            Source(found, nsfw=(found, True) in noted, hidden=(found, False) in noted)
            for found in channel_ids
        ]

    async def sources_of_job(self, train_job_id: int) -> list[Source]:
        """Return the same of the version that a training has made."""
        row = await self._database.fetch_one(
            "SELECT guild_id, model_id FROM model WHERE train_job_id = ?", (train_job_id,)
        )
        return [] if row is None else await self.sources(row["guild_id"], row["model_id"])
