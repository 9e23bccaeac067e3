"""Numbers and times for people: counts, durations, dates, bars; sentences, unquoted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

BAR_CELLS = 20
_UNITS_S = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
# All that a sentence of ours repeats of what somebody else wrote.
_QUOTED = re.compile(r"“[^”]*”|(?<=--column )\S+")


def bar(share: float) -> str:
    """Return a bar that is filled by `share` of its length; full only when all is done."""
    within = max(0.0, min(1.0, share))
    filled = int(within * BAR_CELLS)
    return "`" + "█" * filled + "░" * (BAR_CELLS - filled) + f"` {int(100 * within)}%"


def duration(seconds: float) -> str:
    """Return a duration in its two largest units: "1 d 6 h", "30 min", "2 min 48 s", "0 s"."""
    parts = []
    left = max(0, round(seconds))
    for name, unit_s in _UNITS_S:
        count, left = divmod(left, unit_s)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"


def messages_count(count: int, kind: str = "") -> str:
    """Return a count of messages with its noun; `kind` stands before that, such as "new"."""
    return counted(count, f"{kind} message".strip())


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, which takes an s: "1 version", "2,000 versions"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(parts: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def moment(at: datetime) -> str:
    """Return a moment for Discord to show in each reader's own time zone and language."""
    return f"<t:{int(at.timestamp())}:f>"


def day(at: datetime) -> str:
    """Return a day for Discord to show in each reader's own time zone and language."""
    return f"<t:{int(at.timestamp())}:D>"


def without_quotations(sentence: str) -> str:
    """Return a sentence without what it quotes of a file, as it may be logged and kept."""
    return _QUOTED.sub("“…”", sentence)
