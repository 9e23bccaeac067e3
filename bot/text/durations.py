"""Spans of time and shares, as people write them."""

from __future__ import annotations

import re

from bot.errors import UserError

_UNITS_S = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_UNITS_S |= {"mo": 2_592_000, "y": 31_536_000}  # of 30 and of 365 days
_PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d{1,4})?)\s*%?")
_PART = re.compile(r"(\d{1,6})\s*(min|mo|[smhdwy])\s*", re.IGNORECASE)
OFF = frozenset({"off", "no", "never", "none", "0", "0%"})


def is_off(text: str) -> bool:
    """Say whether a person means "not at all"."""
    return text.strip().casefold() in OFF


def span_s(text: str, *, least_s: int, most_s: int) -> int:
    """Return the seconds of "90m", "6h", "1h30m" or "2d".

    Raises:
        UserError: it is none, or not within the limits.
    """
    rest = text.strip()
    total = 0
    while rest:
        part = _PART.match(rest)
        if part is None:
            raise UserError(f"“{text:.30}” is no span of time: write it like 30m, 6h or 1h30m.")
        total += int(part[1]) * _UNITS_S[part[2].lower()]
        rest = rest[part.end() :]
    if not least_s <= total <= most_s:
        raise UserError(f"It must be from {spoken(least_s)} to {spoken(most_s)}.")
    return total


def id_before(snowflake: int, seconds: float) -> int:
    """Return the greatest of Discord's ids from before the moment so long before another id's."""
    ms = (snowflake >> 22) - int(seconds * 1000)
    return max(0, (ms << 22) - 1)


def spoken(seconds: float) -> str:
    """Return a span in its largest units: "1 d 6 h", "30 min", "5 s"."""
    parts = []
    left = max(0, round(seconds))
    for name, unit_s in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, unit_s)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"


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
        raise UserError(f"“{text:.30}” is no share: write it like 2%, from 0% to 100%.")
    return percent / 100
