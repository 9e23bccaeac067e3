"""Draws versions over time: `python -m bot.plots.diary`, JSON on stdin, PNG on stdout.

A process of its own, as bot/plots/loss_curve.py is one:

    {"versions": [{"label": "3 memes", "made_at": 1767225600.0, "bits": 2.15, "better": true,
                   "spoke": [[1767225600.0, 1767312000.0]], "words": ["zorblax"]}, …]}

Times are in seconds since 1970; `bits` is None for a version from a file.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.plots.style import CARD, FAINT, GRID, INK, drawable, new_canvas, png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BETTER, ASIDE = "#57d08a", "#a5aab3"
LEAST_SPAN = 0.1  # bits/char; noise is not blown up to fill the picture


def draw(drawing: dict[str, Any]) -> bytes:
    """Return the picture as a PNG file."""
    figure, axes = new_canvas()
    levels = _levels([version["bits"] for version in drawing["versions"]])
    span = max(max(levels) - min(levels), LEAST_SPAN)
    for version, level in zip(drawing["versions"], levels, strict=True):
        _version(axes, version, level)
    axes.set_ylim(min(levels) - 0.3 * span, max(levels) + 0.3 * span)
    axes.margins(x=0.08)
    locator = _dates().AutoDateLocator(maxticks=6)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(_dates().ConciseDateFormatter(locator))
    axes.set_ylabel("bits per character (lower is better)")
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    return png(figure)


def _levels(bits: list[float | None]) -> list[float]:
    """Return the heights of versions; one from a file stands as high as the one before it."""
    known = [value for value in bits if value is not None]
    last, levels = (known[0] if known else 0.0), []
    for value in bits:
        last = last if value is None else value
        levels.append(last)
    return levels


def _version(axes: Axes, version: dict[str, Any], level: float) -> None:
    colour = BETTER if version["better"] else ASIDE
    for begin, end in version["spoke"]:
        axes.plot([_day(begin), _day(end)], [level, level], color=colour, linewidth=4, alpha=0.5)
    fill = colour if version["spoke"] else CARD
    at = _day(version["made_at"])
    axes.plot([at], [level], "o", markersize=7, markeredgecolor=colour, markerfacecolor=fill)
    axes.annotate(
        drawable([version["label"], version["label"].split()[0]]),
        (at, level),
        xytext=(0, 8),
        textcoords="offset points",
        ha="center",
        color=INK,
        fontsize=9,
    )
    words = [shown for word in version["words"] if (shown := drawable([word]))]
    axes.annotate(
        "\n".join(words),
        (at, level),
        xytext=(0, -8),
        textcoords="offset points",
        ha="center",
        va="top",
        color=FAINT,
        fontsize=7,
    )


def _day(seconds: float) -> Any:
    return _dates().date2num(datetime.fromtimestamp(seconds, UTC))


def _dates() -> Any:
    """Return matplotlib's dates, which have no types."""
    from matplotlib import dates

    return dates


if __name__ == "__main__":
    sys.stdout.buffer.write(draw(json.load(sys.stdin)))
