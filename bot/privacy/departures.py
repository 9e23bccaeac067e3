"""Servers that the bot is no longer in: erased at once, or after a grace period."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta

from bot.runtime.clock import Alarm, Clock
from bot.storage.bot_state import DepartureStore

log = logging.getLogger(__name__)

# A start with another bot's token finds none of the servers: time to notice that.
FOUND_GONE = timedelta(days=7)


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
        self._alarm = Alarm(clock, self._next_at, self._forget_due, name="departures")

    async def start(self, present: Collection[int]) -> None:
        """Compare what is known with the servers that are there, and begin to wait.

        A server from which the bot was removed while it was off is erased as well, but
        not before a week has passed.
        """
        gone = {found for found in await self._store.known() if self._owns(found)} - {*present}
        for guild_id in gone:
            await self._store.note(guild_id, self._clock.now() + max(self._grace, FOUND_GONE))
        await self._store.returned(present)
        self._alarm.start()
        self._alarm.changed()

    async def close(self) -> None:
        """Wait no more."""
        await self._alarm.close()

    async def on_removed(self, guild_id: int) -> None:
        """Forget a server, now or later."""
        if not self._grace:
            await self._forget(guild_id)
            return
        erase_at = self._clock.now() + self._grace
        await self._store.note(guild_id, erase_at)
        log.info("guild %d is gone; it is erased at %s", guild_id, erase_at.isoformat())
        self._alarm.changed()

    async def on_rejoined(self, guild_id: int) -> None:
        """Keep what there is of a server that has come back."""
        await self._store.returned([guild_id])
        self._alarm.changed()

    async def _forget_due(self) -> None:
        for guild_id, erase_at in (await self._own()).items():
            if erase_at <= self._clock.now():
                await self._forget(guild_id)  # and with it that it was gone

    async def _next_at(self) -> datetime | None:
        return min((await self._own()).values(), default=None)

    async def _own(self) -> dict[int, datetime]:
        gone = await self._store.all()
        return {guild_id: at for guild_id, at in gone.items() if self._owns(guild_id)}
