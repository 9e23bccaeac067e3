"""Draws how a training went: `python -m bot.plots.loss_curve`, JSON on stdin, PNG on stdout.

A process of its own, because matplotlib takes 60 MB that the bot would keep:

    {"points": [{"epoch": 0.5, "train": 3.1, "val": 2.9}, …], "before": 3.0, "after": 2.4}
"""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from bot.plots.style import GRID, INK, new_canvas, png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# The line that matters, and two that are there for who looks twice.
VALIDATION, BEFORE, TRAIN = "#57d08a", "#a5aab3", "#6d7380"
LEAST_SPAN = 0.1  # bits/char; noise is not blown up to fill the picture
ABOVE = 0.15  # of the held-out curve's span: how much of the first, wild steps is shown


def draw(drawing: dict[str, Any]) -> bytes:
    """Return the picture as a PNG file."""
    figure, axes = new_canvas()
    _curves(axes, drawing)
    axes.set_xlabel("how often I read all messages")
    axes.set_ylabel("bits per character (lower is better)")
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    figure.legend(
        handles=_keys(drawing["before"], drawing["after"]),
        loc="outside upper center",
        ncols=3,
        frameon=False,
        labelcolor=INK,
        fontsize=8,
        handlelength=1.6,
        columnspacing=1.6,
    )
    return png(figure)


def _curves(axes: Axes, drawing: dict[str, Any]) -> None:
    points, before, after = drawing["points"], drawing["before"], drawing["after"]
    train = [(p["epoch"], p["train"]) for p in points if p["train"] is not None]
    held_out = changes([(p["epoch"], p["val"]) for p in points if p["val"] is not None])
    end = max((p["epoch"] for p in points), default=1.0)
    held_out = [(epoch, bits) for epoch, bits in held_out if epoch < end] + [(end, after)]
    evened = smoothed(train)
    axes.axhline(before, color=BEFORE, linewidth=1.0, linestyle=(0, (4, 2)))
    axes.plot(*_columns(evened), color=TRAIN, linewidth=1.0)
    axes.plot(*_columns(held_out), color=VALIDATION, linewidth=3.0)
    axes.plot([end], [after], "o", color=VALIDATION, markersize=7)
    levels = [before, after, *(bits for _, bits in held_out)]
    low = min(levels + [bits for _, bits in evened])
    high = max(levels)
    span = max(high - low, LEAST_SPAN)
    axes.set_ylim(low - 0.12 * span, high + ABOVE * span)
    axes.set_xlim(0, end * 1.02)


def smoothed(values: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the medians over a fifth of the values: a single step may be far off."""
    reach = len(values) // 10
    evened = []
    for place, (x, _) in enumerate(values):
        near = values[max(0, place - reach) : place + reach + 1]
        evened.append((x, median(y for _, y in near)))
    return evened


def changes(values: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Leave out values that only repeat the one before: nothing was measured there."""
    return values[:1] + [now for last, now in pairwise(values) if now[1] != last[1]]


def _columns(pairs: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in pairs], [y for _, y in pairs]


def _keys(before: float, after: float) -> list[Any]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=VALIDATION, linewidth=3.0, label=f"on new messages: {after:.2f} now"),
        Line2D(
            [], [], color=BEFORE, linewidth=1.0, linestyle=(0, (4, 2)), label=f"{before:.2f} before"
        ),
        Line2D([], [], color=TRAIN, linewidth=1.0, label="on those it learns from"),
    ]


if __name__ == "__main__":
    sys.stdout.buffer.write(draw(json.load(sys.stdin)))
