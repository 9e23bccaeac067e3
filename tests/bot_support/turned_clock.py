"""A clock that tests turn."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta


class TurnedClock:
    """Stands still until it is turned; see `bot.runtime.clock.Clock`."""

    def __init__(self, at: datetime = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)) -> None:
        self._now = at
        self._turned = asyncio.Condition()

    def now(self) -> datetime:
        return self._now

    async def wait_until(self, at: datetime) -> None:
        async with self._turned:
            await self._turned.wait_for(lambda: self._now >= at)

    async def turn(self, **by: float) -> None:
        """Let time pass: `turn(hours=6)`."""
        async with self._turned:
            self._now += timedelta(**by)
            self._turned.notify_all()
