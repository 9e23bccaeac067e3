"""Times of the day and time zones, as people write them."""

from __future__ import annotations

from datetime import time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.errors import UserError

# A time of the day in three groups, for `time_of_day`: "7", "22:30", "10 pm", "6h".
TIME = r"(\d{1,2})(?:[:.h](\d\d)|h)?(?:\s?([ap])\.?m\.?)?"


def time_of_day(hour: str, minute: str | None, half: str | None) -> time:
    """Return a time of the day of the groups of `TIME`.

    Raises:
        ValueError: there is no such time.
    """
    hours = int(hour)
    if half is not None:
        if not 1 <= hours <= 12:
            raise ValueError(hour)
        hours = hours % 12 + (12 if half.casefold() == "p" else 0)
    return time(0 if hours == 24 else hours, int(minute or 0))


def zone_of(name: str | None) -> ZoneInfo:
    """Return the time zone of a name such as Europe/Berlin; of none, UTC.

    Raises:
        UserError: there is no such zone.
    """
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, OSError, ValueError):
        raise UserError(
            "I don't know the time zone “{zone}”. Try one like Europe/Berlin, or leave it out for "
            "UTC.",
            zone=name,
        ) from None
