"""Spans of time and shares, as people write them."""

from __future__ import annotations

import re

from bot.errors import UserError
from bot.text.formatting import duration

_UNITS_S = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_UNITS_S |= {"month": 2_592_000, "year": 31_536_000}  # of 30 and of 365 days
_UNIT = (
    r"(?P<month>mo|months?)|(?P<minute>m|mins?|minutes?)|(?P<second>s|secs?|seconds?)"
    r"|(?P<hour>h|hrs?|hours?)|(?P<day>d|days?)|(?P<week>w|weeks?)|(?P<year>y|yrs?|years?)"
)
_PART = re.compile(rf"(\d{{1,6}})\s*(?:{_UNIT})(?![a-z])[\s,]*(?:and\s+)?", re.IGNORECASE)
_JOINED = re.compile(rf"(\d)\s+((?:{_UNIT})(?![a-z])|%)", re.IGNORECASE)
_MORE = re.compile(r"(\d[a-z]+)(?:,|\s)\s*(?:and\s+)?(?=\d+[a-z]+)", re.IGNORECASE)
_PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d{1,4})?)\s*%?")
OFF = frozenset({"off", "no", "never", "none", "0", "0%"})


def is_off(text: str) -> bool:
    """Say whether a person means "not at all"."""
    return text.strip().casefold() in OFF


def span_s(text: str, *, least_s: int, most_s: int) -> int:
    """Return the seconds of "90m", "6h", "1h30m", "2d", "6 hours" or "1 day and 6 hours".

    Raises:
        UserError: it is none, or not within the limits.
    """
    rest = text.strip()
    total = 0
    while rest:
        part = _PART.match(rest)
        if part is None:
            raise UserError(
                f"I couldn't read “{text:.30}” as a duration. Try `30m`, `6h`, `1h30m` or "
                "`30 days`."
            )
        unit = next(name for name, found in part.groupdict().items() if found)
        total += int(part[1]) * _UNITS_S[unit]
        rest = rest[part.end() :]
    if not least_s <= total <= most_s:
        raise UserError(
            f"“{text:.30}” is outside the range: choose from {duration(least_s)} to "
            f"{duration(most_s)}, such as `6h`."
        )
    return total


def joined_spans(text: str) -> str:
    """Return a text in which "6 hours" and "5 %" are one word, for commands that take words."""
    return _MORE.sub(r"\1", _JOINED.sub(r"\1\2", text))


def id_before(snowflake: int, seconds: float) -> int:
    """Return the greatest of Discord's ids from before the moment so long before another id's."""
    ms = (snowflake >> 22) - int(seconds * 1000)
    return max(0, (ms << 22) - 1)


def share(text: str) -> float:
    """Return the share of "2%", "0.5 %" or "off", from 0 to 1.

    Raises:
        UserError: it is none.
    """
    if is_off(text):
        return 0.0
    match = _PERCENT.fullmatch(text.strip())
    percent = float(match[1].replace(",", ".")) if match else -1.0
    if not 0 <= percent <= 100:
        raise UserError(f"I couldn't read “{text:.30}” as a share. Try `2%`; it can be 0% to 100%.")
    return percent / 100
