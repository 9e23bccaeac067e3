"""What time it is, and acting when the time has come; tests turn a clock of their own."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Protocol

log = logging.getLogger(__name__)

LONGEST_SLEEP_S = 3600.0  # so that a clock that is set anew is noticed
RETRY_S = 60.0  # after the database or the disk failed


class Clock(Protocol):
    """Tells the time and wakes sleepers."""

    def now(self) -> datetime:
        """Return the present moment, in UTC."""
        ...

    async def wait_until(self, at: datetime) -> None:
        """Return once it is `at`."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)

    async def wait_until(self, at: datetime) -> None:
        """See `Clock.wait_until`."""
        while (left_s := (at - self.now()).total_seconds()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(min(left_s, LONGEST_SLEEP_S))


class Alarm:
    """Acts at moments that its owner keeps, who calls `changed` when they have become others.

    Args:
        clock: by which time goes.
        next_at: returns when to act next; None where there is nothing to wait for.
        act: does what is due, and sees to it that `next_at` moves on.
        name: what the log calls it.
    """

    def __init__(
        self,
        clock: Clock,
        next_at: Callable[[], Awaitable[datetime | None]],
        act: Callable[[], Awaitable[None]],
        *,
        name: str,
    ) -> None:
        self._clock = clock
        self._next_at = next_at
        self._act = act
        self._name = name
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to wait; a second call does nothing."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=self._name)

    def changed(self) -> None:
        """Look again at when to act next."""
        self._changed.set()

    async def close(self) -> None:
        """Act no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            try:
                at = await self._next_at()
                if at is not None and at <= self._clock.now():
                    await self._act()
                else:
                    await self._wait(at)
            except (sqlite3.Error, OSError):
                log.exception("%s: tried again in %s s", self._name, RETRY_S)
                await asyncio.sleep(RETRY_S)

    async def _wait(self, at: datetime | None) -> None:
        """Return when it is `at`, or something has changed."""
        waits: set[asyncio.Task[Any]] = {asyncio.create_task(self._changed.wait())}
        if at is not None:
            waits.add(asyncio.create_task(self._clock.wait_until(at)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.wait(waits)
