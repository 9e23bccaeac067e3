"""Discord's identifiers: a time in milliseconds, 22 bits to tell equal times apart."""

import time
from datetime import UTC, datetime

DISCORD_EPOCH_MS = 1_420_070_400_000
TIME_SHIFT = 22
WORKER_SHIFT = 12
WORKERS = 1 << (TIME_SHIFT - WORKER_SHIFT)


def snowflake_at(unix_ms: int, *, worker: int = 0) -> int:
    """Return the lowest id of a moment; ids of different workers never meet.

    A moment before 2015, when Discord's time starts, is taken as that start.
    """
    return (max(unix_ms - DISCORD_EPOCH_MS, 1) << TIME_SHIFT) | (worker % WORKERS << WORKER_SHIFT)


def unix_ms_of(snowflake: int) -> int:
    """Return the moment an id was made, in Unix milliseconds."""
    return (snowflake >> TIME_SHIFT) + DISCORD_EPOCH_MS


def iso_time(unix_ms: int) -> str:
    """Return a moment as Discord writes it: ISO 8601, UTC, with an offset."""
    return datetime.fromtimestamp(unix_ms / 1000, UTC).isoformat()


def now_ms() -> int:
    """Return the present in Unix milliseconds."""
    return time.time_ns() // 1_000_000


class SnowflakeSource:
    """Gives ids of the present that strictly increase."""

    def __init__(self) -> None:
        self._last = 0

    def make(self, *, new_millisecond: bool = False) -> int:
        """Return a new id, greater than all before.

        Args:
            new_millisecond: give it a millisecond of its own. Servers need one:
                their shard is the time part alone.
        """
        least = self._last + 1
        if new_millisecond:
            least = (self._last >> TIME_SHIFT) + 1 << TIME_SHIFT
        self._last = max(least, snowflake_at(now_ms()))
        return self._last
