"""Hours of the day in which the bot says nothing of its own accord."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.errors import UserError

_HOURS = re.compile(r"(\d{1,2})(?::(\d\d))?\s*[-–]\s*(\d{1,2})(?::(\d\d))?(?:\s+(\S{1,40}))?")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of the day to another, over midnight where the second is earlier."""

    begin: time
    end: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """Return the hours of "22-7" (in UTC) or "22:30-07:00 Europe/Berlin".

        Raises:
            UserError: the text is not like that.
        """
        match = _HOURS.fullmatch(text.strip())
        if match is None:
            raise _unreadable(text)
        try:
            begin = time(int(match[1]) % 24, int(match[2] or 0))
            end = time(int(match[3]) % 24, int(match[4] or 0))
            if max(int(match[1]), int(match[3])) > 24 or begin == end:
                raise _unreadable(text)
            return cls(begin, end, ZoneInfo(match[5] or "UTC"))
        except (ZoneInfoNotFoundError, OSError):
            raise UserError(
                f"I don't know the time zone “{match[5]}”. Try one like Europe/Berlin, or leave it "
                "out for UTC."
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


def _unreadable(text: str) -> UserError:
    return UserError(
        f"I couldn't read “{text:.40}” as hours. Try `22-7` or `22:30-07:00 Europe/Berlin`."
    )
