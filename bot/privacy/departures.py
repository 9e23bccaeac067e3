"""Servers that the bot is no longer in: erased at once, or after a grace period."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from bot.runtime.clock import Clock
from bot.storage.departures import DepartureStore

log = logging.getLogger(__name__)

# A start with another bot's token finds none of the servers: time to notice that.
FOUND_GONE = timedelta(days=7)
RETRY_S = 60.0


class Departures:
    """Has servers forgotten once they have been gone long enough.

    Args:
        store: which are gone.
        clock: by which time goes.
        grace: how long a server may come back that has thrown the bot out.
        forget: erases a server.
        owns: says of a server's id whether it is this process's.
    """

    def __init__(
        self,
        store: DepartureStore,
        clock: Clock,
        grace: timedelta,
        forget: Callable[[int], Awaitable[None]],
        owns: Callable[[int], bool],
    ) -> None:
        self._store = store
        self._clock = clock
        self._grace = grace
        self._forget = forget
        self._owns = owns
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self, present: Collection[int]) -> None:
        """Compare what is known with the servers that are there, and begin to wait.

        A server from which the bot was removed while it was off is erased as well, but
        not before a week has passed.
        """
        gone = {found for found in await self._store.known() if self._owns(found)} - {*present}
        for guild_id in gone:
            await self._store.note(guild_id, self._clock.now() + max(self._grace, FOUND_GONE))
        await self._store.returned(present)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="departures")
        self._changed.set()

    async def close(self) -> None:
        """Wait no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def on_removed(self, guild_id: int) -> None:
        """Forget a server, now or later."""
        if not self._grace:
            await self._forget(guild_id)
            return
        erase_at = self._clock.now() + self._grace
        await self._store.note(guild_id, erase_at)
        log.info("guild %d is gone; it is erased at %s", guild_id, erase_at.isoformat())
        self._changed.set()

    async def on_rejoined(self, guild_id: int) -> None:
        """Keep what there is of a server that has come back."""
        await self._store.returned([guild_id])
        self._changed.set()

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            try:
                await self._forget_due()
                at = await self._next()
            except (sqlite3.Error, OSError):
                log.exception("servers that are gone are looked at again in %s s", RETRY_S)
                await asyncio.sleep(RETRY_S)
                continue
            waits: list[asyncio.Task[Any]] = [asyncio.create_task(self._changed.wait())]
            if at is not None:
                waits.append(asyncio.create_task(self._clock.wait_until(at)))
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()

    async def _forget_due(self) -> None:
        for guild_id, erase_at in (await self._own()).items():
            if erase_at <= self._clock.now():
                await self._forget(guild_id)  # and with it that it was gone

    async def _next(self) -> datetime | None:
        return min((await self._own()).values(), default=None)

    async def _own(self) -> dict[int, datetime]:
        gone = await self._store.all()
        return {guild_id: at for guild_id, at in gone.items() if self._owns(guild_id)}
