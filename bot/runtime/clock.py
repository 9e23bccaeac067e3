"""What time it is, and waiting until it is later; tests turn a clock of their own."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Protocol

LONGEST_SLEEP_S = 3600.0  # so that a clock that is set anew is noticed


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
