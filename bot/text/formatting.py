"""Numbers for people: counts, durations, and bars of progress; sentences without quotations."""

from __future__ import annotations

import re

BAR_CELLS = 20
# All that a sentence of ours repeats of what somebody else wrote.
_QUOTED = re.compile(r"“[^”]*”|(?<=--column )\S+")


def bar(share: float) -> str:
    """Return a bar that is filled by `share` of its length."""
    filled = round(max(0.0, min(1.0, share)) * BAR_CELLS)
    return "`" + "█" * filled + "░" * (BAR_CELLS - filled) + f"` {100 * share:.0f} %"


def duration(seconds: float) -> str:
    """Return a span in its two largest units: "1 d 6 h", "30 min", "5 s"."""
    parts = []
    left = max(0, round(seconds))
    for name, unit_s in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, unit_s)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"


def messages_count(count: int) -> str:
    """Return a count with its noun."""
    return "1 message" if count == 1 else f"{count:,} messages"


def without_quotations(sentence: str) -> str:
    """Return a sentence without what it quotes of a file, as it may be logged and kept."""
    return _QUOTED.sub("“…”", sentence)
