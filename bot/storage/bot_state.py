"""What the bot remembers of itself: small facts, and the servers it has left."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bot.storage.database import Database


class FactStore:
    """A name and a value, kept over restarts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str) -> str | None:
        """Return the value kept under a name."""
        row = await self._database.fetch_one("SELECT value FROM bot_fact WHERE name = ?", (name,))
        return None if row is None else str(row["value"])

    async def put(self, name: str, value: str) -> None:
        """Keep a value in place of the former one."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "INSERT INTO bot_fact (name, value) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, value),
            )


class DepartureStore:
    """Remembers until when a server that is gone may come back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, guild_id: int, erase_at: datetime) -> None:
        """Remember that a server is gone; an earlier moment stays."""
        async with self._database.transaction() as connection:
            await connection.execute(
                "INSERT INTO departure (guild_id, erase_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (guild_id, erase_at.isoformat()),
            )

    async def returned(self, guild_ids: Collection[int]) -> None:
        """Forget that servers were gone."""
        async with self._database.transaction() as connection:
            await connection.executemany(
                "DELETE FROM departure WHERE guild_id = ?", [(found,) for found in guild_ids]
            )

    async def all(self) -> dict[int, datetime]:
        """Return the servers that are gone, with when each is to be erased."""
        rows = await self._database.fetch_all("SELECT guild_id, erase_at FROM departure")
        return {int(row["guild_id"]): datetime.fromisoformat(row["erase_at"]) for row in rows}

    async def known(self) -> set[int]:
        """Return the servers of which there is something."""
        rows = await self._database.fetch_all(
            "SELECT guild_id FROM guild UNION SELECT guild_id FROM server"
        )
        return {int(row["guild_id"]) for row in rows}
