"""Hours of the day in which the bot says nothing of its own accord."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from bot.errors import UserError
from bot.text.hours import TIME, time_of_day, zone_of

_HOURS = re.compile(
    rf"(?:from\s+)?{TIME}\s*(?:[-–—]|to|until|bis)\s*{TIME}(?:\s+(\S{{1,40}}))?", re.IGNORECASE
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
            begin = time_of_day(*match.group(1, 2, 3))
            end = time_of_day(*match.group(4, 5, 6))
        except ValueError:
            raise _unreadable(text) from None
        if begin == end:
            raise _unreadable(text)
        return cls(begin, end, zone_of(match[7]))

    def holds(self, at: datetime) -> bool:
        """Say whether a moment is quiet."""
        local = at.astimezone(self.zone).time().replace(tzinfo=None)
        if self.begin < self.end:
            return self.begin <= local < self.end
        return local >= self.begin or local < self.end

    def __str__(self) -> str:
        return f"{self.begin:%H:%M}-{self.end:%H:%M} {self.zone.key}"


def _unreadable(text: str) -> UserError:
    return UserError(
        "I couldn't read “{text:.40}” as hours. Try `22-7` or `22:30-07:00 Europe/Berlin`.",
        text=text,
    )
