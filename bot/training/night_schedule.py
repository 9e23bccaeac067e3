"""How often, and at what time of the day, a server is trained by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.errors import UserError
from bot.text.hours import TIME, time_of_day, zone_of

USUAL = (time(4), ZoneInfo("UTC"))
LEAST_MESSAGES, MOST_MESSAGES = 50, 10_000  # a training needs as many; each night counts them anew
NIGHT = timedelta(hours=6)  # after which a turn that did not come is tomorrow's
_EVERY = re.compile(
    r"(?:every\s+)?(?:(?P<day>day|daily|night)|(?P<week>week|weekly)|"
    r"(?P<messages>\d[\d,]{0,6}k?)\s+messages?)"
    rf"(?:\s+at\s+{TIME})?(?:\s+(?P<zone>\S{{1,40}}))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Every:
    """A schedule.

    Attributes:
        days: from one training to the next: 1 or 7.
        messages: new ones that a training needs, 50 to 10,000.
        at: the time of the day.
        zone: of that time.
    """

    days: int
    messages: int
    at: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str, usual: tuple[time, ZoneInfo] = USUAL) -> Every:
        """Return the schedule of "day", "week at 3:30 Europe/Berlin" or "500 messages".

        Args:
            usual: the time of the day, and its zone, where the text names none.

        Raises:
            UserError: the text is not like that.
        """
        match = _EVERY.fullmatch(text.strip())
        if match is None:
            raise _unreadable(text)
        messages = _number(match["messages"]) if match["messages"] else LEAST_MESSAGES
        if not LEAST_MESSAGES <= messages <= MOST_MESSAGES:
            raise UserError(
                "{found:,} messages is outside the range: choose from {least} to {most:,}, such as "
                "`!train every 500 messages`.",
                found=messages,
                least=LEAST_MESSAGES,
                most=MOST_MESSAGES,
            )
        hour, minute, half = match.group(4, 5, 6)
        try:
            at = usual[0] if hour is None else time_of_day(hour, minute, half)
        except ValueError:
            raise _unreadable(text) from None
        return cls(7 if match["week"] else 1, messages, at, zone_of(match["zone"] or usual[1].key))

    def __str__(self) -> str:
        often = "week" if self.days > 1 else "day"
        if self.messages > LEAST_MESSAGES:
            often = f"{self.messages} messages"
        return f"{often} at {self.at:%H:%M} {self.zone.key}"

    def after(self, moment: datetime, *, days: int | None = None) -> datetime:
        """Return when the turn is due that follows the last one before a moment, in UTC.

        A time of the day that daylight saving skips is an hour later on that day, and of one
        that comes twice the first counts.

        Args:
            moment: in UTC.
            days: from that turn to the next; None: as the schedule says.
        """
        day = moment.astimezone(self.zone).date()
        if self._on(day) > moment:
            day -= timedelta(days=1)
        return self._on(day + timedelta(days=self.days if days is None else days))

    def _on(self, day: date) -> datetime:
        return datetime.combine(day, self.at, tzinfo=self.zone).astimezone(UTC)


def _number(text: str) -> int:
    digits = text.casefold().replace(",", "")
    return 1000 * int(digits[:-1]) if digits.endswith("k") else int(digits)


def _unreadable(text: str) -> UserError:
    return UserError(
        "I couldn't read “{text:.40}” as a schedule. Try `!train every day`, `!train every week at "
        "04:00 Europe/Berlin`, `!train every 500 messages` or `!train every off`.",
        text=text,
    )
