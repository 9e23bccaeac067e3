"""Lines that are spoken every so many hours, over restarts."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.generation.talk import after_its_line, is_quiet
from bot.runtime.clock import Clock
from bot.storage.guild_settings import TalkChannel, is_muted
from bot.storage.guilds import ServerStore

log = logging.getLogger(__name__)

RETRY_S = 60.0


class TalkSchedule:
    """Waits for the next line of all servers; the truth is in the database.

    Args:
        speak: says something in a channel; what Discord refuses it tells the log.
    """

    def __init__(
        self,
        servers: ServerStore,
        clock: Clock,
        speak: Callable[[TalkChannel], Awaitable[None]],
    ) -> None:
        self._servers = servers
        self._clock = clock
        self._speak = speak
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to wait; a second call does nothing."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="talk schedule")

    async def close(self) -> None:
        """Speak no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def every(self, talk: TalkChannel, every_s: int | None) -> TalkChannel:
        """Speak in a channel every so many seconds, the first time after as many."""
        next_at = self._clock.now() + timedelta(seconds=every_s) if every_s else None
        talk = TalkChannel(talk.guild_id, talk.channel_id, talk.rate, every_s, next_at)
        await self._servers.set_lines(talk)
        self._changed.set()
        return talk

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            try:
                talk = await self._servers.next_line()
                if talk is None:
                    await self._changed.wait()
                elif await self._is_due(talk):
                    await self._line(talk)
            except (sqlite3.Error, OSError):
                log.exception("scheduled lines stand still for %s s", RETRY_S)
                await asyncio.sleep(RETRY_S)

    async def _is_due(self, talk: TalkChannel) -> bool:
        """Wait for a line; False when the schedule changed before it was due."""
        assert talk.next_at is not None
        due = asyncio.create_task(self._clock.wait_until(talk.next_at))
        changed = asyncio.create_task(self._changed.wait())
        try:
            await asyncio.wait({due, changed}, return_when=asyncio.FIRST_COMPLETED)
            return due.done()
        finally:
            due.cancel()
            changed.cancel()
            await asyncio.wait({due, changed})

    async def _line(self, talk: TalkChannel) -> None:
        """Speak, unless the server wants quiet; the next line is written down first."""
        now = self._clock.now()
        settings = await self._servers.of(talk.guild_id)
        await self._servers.set_lines(after_its_line(talk, now))
        if not is_muted(settings, now) and not is_quiet(settings, now):
            await self._speak(talk)
