"""What messages of live channels gave to the counts, each to be taken back by itself."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from bot.storage.database import Database


@dataclass(frozen=True, slots=True)
class LiveChannel:
    """A channel whose messages are counted as they come, those after `since_id`."""

    channel_id: int
    guild_id: int
    since_id: int


@dataclass(frozen=True, slots=True)
class LiveRow:
    """What one message gave; `speaker` and `counts` are for those who have the key."""

    message_id: int
    guild_id: int
    channel_id: int
    speaker: bytes
    counts: bytes


class LiveCountStore:
    """Reads and writes live channels and their messages' counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def channels(self, guild_id: int | None = None) -> list[LiveChannel]:
        """Return the live channels of a server, or of all."""
        rows = await self._database.fetch_all(
            "SELECT channel_id, guild_id, since_id FROM live_channel"
            " WHERE ?1 IS NULL OR guild_id = ?1 ORDER BY channel_id",
            (guild_id,),
        )
        return [LiveChannel(*row) for row in rows]

    async def follow(self, guild_id: int, channel_ids: Iterable[int], since_id: int) -> None:
        """Count channels from a message on; those that are counted already go on as they were."""
        async with self._database.transaction() as connection:
            await connection.executemany(
                "INSERT INTO live_channel (channel_id, guild_id, since_id) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                [(channel_id, guild_id, since_id) for channel_id in channel_ids],
            )

    async def unfollow(self, guild_id: int, channel_ids: Collection[int] | None = None) -> None:
        """Count channels no more, None for all of a server, and forget what they gave."""
        which = None if channel_ids is None else json.dumps(sorted(channel_ids))
        async with self._database.transaction() as connection:
            for table in ("live_channel", "live_message"):
                await connection.execute(
                    f"DELETE FROM {table} WHERE guild_id = ?1 AND (?2 IS NULL OR"  # noqa: S608
                    " channel_id IN (SELECT value FROM json_each(?2)))",
                    (guild_id, which),
                )
        await self._database.empty_log()

    async def put(self, rows: Iterable[LiveRow], gone: Iterable[int] = ()) -> int:
        """Let messages count as they are now, once each, and others no more.

        Of a channel that is not counted any more none is taken.

        Returns:
            How many of those that are gone had counted.
        """
        async with self._database.transaction() as connection:
            cursor = await connection.executemany(
                "DELETE FROM live_message WHERE message_id = ?",
                [(message_id,) for message_id in gone],
            )
            await connection.executemany(
                "INSERT OR REPLACE INTO live_message"
                " (message_id, guild_id, channel_id, speaker, counts)"
                " SELECT ?1, ?2, ?3, ?4, ?5 FROM live_channel"
                " WHERE live_channel.channel_id = ?3 AND since_id < ?1",
                [
                    (row.message_id, row.guild_id, row.channel_id, row.speaker, row.counts)
                    for row in rows
                ],
            )
            return max(0, cursor.rowcount)

    async def ids(self, channel_id: int, guild_id: int) -> set[int]:
        """Return the messages of a channel that count."""
        rows = await self._database.fetch_all(
            "SELECT message_id FROM live_message WHERE guild_id = ? AND channel_id = ?",
            (guild_id, channel_id),
        )
        return {int(row[0]) for row in rows}

    async def rows(self, guild_id: int, channel_ids: Collection[int]) -> list[LiveRow]:
        """Return what channels' messages gave."""
        rows = await self._database.fetch_all(
            "SELECT message_id, guild_id, channel_id, speaker, counts FROM live_message"
            " WHERE guild_id = ? AND channel_id IN (SELECT value FROM json_each(?))",
            (guild_id, json.dumps(sorted(channel_ids))),
        )
        return [LiveRow(*row) for row in rows]

    async def drop_learned(self, guild_id: int) -> None:
        """Forget what the version that a server speaks with has learned itself."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "DELETE FROM live_message WHERE guild_id = ?1 AND message_id <= COALESCE(("
                " SELECT after_id FROM model_channel JOIN guild USING (model_id)"
                " WHERE guild.guild_id = ?1"
                " AND model_channel.channel_id = live_message.channel_id), 0)",
                (guild_id,),
            )

    async def keep_newest(self, guild_id: int, most: int) -> None:
        """Forget all but so many of a server's newest messages."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "DELETE FROM live_message WHERE guild_id = ?1 AND message_id <= ("
                " SELECT message_id FROM live_message WHERE guild_id = ?1"
                " ORDER BY message_id DESC LIMIT 1 OFFSET ?2)",
                (guild_id, most),
            )

    async def drop_speaker(self, guild_id: int, speaker: bytes) -> None:
        """Forget what somebody's messages gave."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "DELETE FROM live_message WHERE guild_id = ? AND speaker = ?", (guild_id, speaker)
            )
        await self._database.empty_log()
