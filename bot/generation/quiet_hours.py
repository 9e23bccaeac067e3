"""Hours of the day in which the bot says nothing of its own accord."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.errors import UserError

_TIME = r"(\d{1,2})(?:[:.h](\d\d)|h)?(?:\s?([ap])\.?m\.?)?"
_HOURS = re.compile(
    rf"(?:from\s+)?{_TIME}\s*(?:[-–—]|to|until|bis)\s*{_TIME}(?:\s+(\S{{1,40}}))?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of the day to another, over midnight where the second is earlier."""

    begin: time
    end: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """Return the hours of "22-7" (in UTC), "10pm to 7am" or "22:30-07:00 Europe/Berlin".

        Raises:
            UserError: the text is not like that.
        """
        match = _HOURS.fullmatch(text.strip())
        if match is None:
            raise _unreadable(text)
        try:
            begin, end = _time(*match.group(1, 2, 3)), _time(*match.group(4, 5, 6))
            if begin == end:
                raise _unreadable(text)
            return cls(begin, end, ZoneInfo(match[7] or "UTC"))
        except (ZoneInfoNotFoundError, OSError):
            raise UserError(
                "I don't know the time zone “{zone}”. Try one like Europe/Berlin, or "
                "leave it out for UTC.",
                zone=match[7],
            ) from None
        except ValueError:
            raise _unreadable(text) from None

    def holds(self, at: datetime) -> bool:
        """Say whether a moment is quiet."""
        local = at.astimezone(self.zone).time().replace(tzinfo=None)
        if self.begin < self.end:
            return self.begin <= local < self.end
        return local >= self.begin or local < self.end

    def __str__(self) -> str:
        return f"{self.begin:%H:%M}-{self.end:%H:%M} {self.zone.key}"


def _time(hour: str, minute: str | None, half: str | None) -> time:
    """Return a time of the day; raise a ValueError for what is none."""
    hours = int(hour)
    if half is not None:
        if not 1 <= hours <= 12:
            raise ValueError(hour)
        hours = hours % 12 + (12 if half.casefold() == "p" else 0)
    return time(0 if hours == 24 else hours, int(minute or 0))


def _unreadable(text: str) -> UserError:
    return UserError(
        "I couldn't read “{text:.40}” as hours. Try `22-7` or `22:30-07:00 Europe/Berlin`.",
        text=text,
    )
