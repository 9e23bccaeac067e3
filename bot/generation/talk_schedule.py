"""Lines that are spoken every so many hours, over restarts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from bot.generation.talk import after_its_line, is_quiet
from bot.runtime.clock import Alarm, Clock
from bot.storage.guild_settings import TalkChannel, is_muted
from bot.storage.guilds import ServerStore


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
        self._alarm = Alarm(clock, self._next_at, self._speak_next, name="talk schedule")

    def start(self) -> None:
        """Begin to wait; a second call does nothing."""
        self._alarm.start()

    async def close(self) -> None:
        """Speak no more."""
        await self._alarm.close()

    async def every(self, talk: TalkChannel, every_s: int | None) -> TalkChannel:
        """Speak in a channel every so many seconds, the first time after as many."""
        next_at = self._clock.now() + timedelta(seconds=every_s) if every_s else None
        talk = TalkChannel(talk.guild_id, talk.channel_id, talk.rate, every_s, next_at)
        await self._servers.set_lines(talk)
        self._alarm.changed()
        return talk

    async def _next_at(self) -> datetime | None:
        talk = await self._servers.next_line()
        return None if talk is None else talk.next_at

    async def _speak_next(self) -> None:
        """Speak, unless the server wants quiet; the next line is written down first."""
        talk, now = await self._servers.next_line(), self._clock.now()
        if talk is None or talk.next_at is None or talk.next_at > now:
            return  # the schedule was changed in this moment
        settings = await self._servers.of(talk.guild_id)
        await self._servers.set_lines(after_its_line(talk, now))
        if not is_muted(settings, now) and not is_quiet(settings, now):
            await self._speak(talk)
