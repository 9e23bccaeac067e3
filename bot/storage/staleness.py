"""Which versions know what they should not know any more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.storage.database import Database

STALE_DELETED = 50
STALE_SHARE = 0.01

_TRAINING = "SELECT train_job_id FROM train_job WHERE status = 'training'"
_GONE = "channel_id = ?1 AND ?2 BETWEEN first_id AND after_id"
# What is deleted while a job collects is left out of its corpus, and not counted.
_RANGES = {
    "model_channel": _GONE,
    "job_known": _GONE,
    "job_channel": _GONE + " AND train_job_id IN (" + _TRAINING + ")",
}


@dataclass(frozen=True, slots=True)
class Staleness:
    """What has happened to the messages of a version since it learned them.

    Attributes:
        opted_out: members who opted out since; whether they are in it, nobody can tell.
        deleted: messages that were deleted on Discord since.
        messages: how many there were.
    """

    opted_out: int = 0
    deleted: int = 0
    messages: int = 0

    @property
    def is_stale(self) -> bool:
        """Say whether the version should be made anew."""
        most = min(STALE_DELETED, STALE_SHARE * self.messages)
        return self.opted_out > 0 or (self.deleted > 0 and self.deleted >= most)


class StalenessStore:
    """Counts what makes versions stale."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, model_id: int) -> Staleness:
        """Return how stale a version is."""
        row = await self._database.fetch_one(
            "SELECT COALESCE(SUM(deleted), 0) AS deleted,"
            " COALESCE(SUM(model_channel.messages), 0) AS messages,"
            " (SELECT COUNT(*) FROM model LEFT JOIN train_job USING (train_job_id)"
            "  JOIN member_choice ON member_choice.guild_id = model.guild_id"
            "  WHERE model_id = ?1 AND choice = 'out'"
            "  AND since > COALESCE(model.learned_since, train_job.learned_since)) AS opted_out"
            " FROM model_channel WHERE model_id = ?1",
            (model_id,),
        )
        assert row is not None
        return Staleness(row["opted_out"], row["deleted"], row["messages"])

    async def note_deleted(self, channel_id: int, message_ids: Iterable[int]) -> None:
        """Count messages that are gone, wherever they have been learned."""
        learned = [
            message_id for message_id in message_ids if await self._is_read(channel_id, message_id)
        ]
        if not learned:
            return
        async with self._database.transaction() as connection:
            for table, gone in _RANGES.items():
                await connection.executemany(
                    f"UPDATE {table} SET deleted = deleted + 1 WHERE {gone}",  # noqa: S608
                    [(channel_id, message_id) for message_id in learned],
                )

    async def note_channel_gone(self, channel_id: int) -> None:
        """Count all messages of a channel or thread that is gone, and of a channel's threads."""
        gone = "channel_id = ?1 OR parent_id = ?1"
        async with self._database.transaction() as connection:
            for table in _RANGES:
                await connection.execute(
                    f"UPDATE {table} SET deleted = MAX(deleted, messages)"  # noqa: S608
                    f" WHERE {gone}",
                    (channel_id,),
                )

    async def _is_read(self, channel_id: int, message_id: int) -> bool:
        """Say whether anything is to be counted: most deletions are not, and writing costs."""
        one_of = " UNION ALL ".join(
            f"SELECT 1 FROM {table} WHERE {gone}"  # noqa: S608 (constants)
            for table, gone in _RANGES.items()
        )
        return await self._database.fetch_one(one_of, (channel_id, message_id)) is not None
