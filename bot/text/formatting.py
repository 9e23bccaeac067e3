"""Numbers and times for people: counts, durations, dates, bars; sentences, unquoted."""

from __future__ import annotations

import re
from datetime import datetime

from bot.locales.messages import N_, _, ngettext

BAR_CELLS = 20
_UNITS_S = (
    (N_("{count} d"), 86_400),
    (N_("{count} h"), 3600),
    (N_("{count} min"), 60),
    (N_("{count} s"), 1),
)
# All that a sentence of ours repeats of what somebody else wrote, in each language's quotes.
_QUOTED = re.compile(r"“[^”]*”|„[^“]*“|«[^»]*»|「[^」]*」|『[^』]*』|(?<=--column )\S+")


def bar(share: float) -> str:
    """Return a bar that is filled by `share` of its length; full only when all is done."""
    within = max(0.0, min(1.0, share))
    filled = int(within * BAR_CELLS)
    return "`" + "█" * filled + "░" * (BAR_CELLS - filled) + f"` {int(100 * within)}%"


def duration(seconds: float) -> str:
    """Return a duration in its two largest units: "1 d 6 h", "30 min", "2 min 48 s", "0 s"."""
    parts = []
    left = max(0, round(seconds))
    for unit, unit_s in _UNITS_S:
        count, left = divmod(left, unit_s)
        if count:
            parts.append(_(unit, count=count))
    return " ".join(parts[:2]) or _("{count} s", count=0)


def messages_count(count: int) -> str:
    """Return a count of messages with its noun."""
    return ngettext("{count:,} message", "{count:,} messages", count)


def moment(at: datetime) -> str:
    """Return a moment for Discord to show in each reader's own time zone and language."""
    return f"<t:{int(at.timestamp())}:f>"


def day(at: datetime) -> str:
    """Return a day for Discord to show in each reader's own time zone and language."""
    return f"<t:{int(at.timestamp())}:D>"


def without_quotations(sentence: str) -> str:
    """Return a sentence without what it quotes of a file, as it may be logged and kept."""
    return _QUOTED.sub("“…”", sentence)
