"""Small facts the bot keeps about itself."""

from __future__ import annotations

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
