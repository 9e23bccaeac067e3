"""Draws which messages are alike: `python -m bot.plots.message_map`, JSON on stdin, PNG on stdout.

A process of its own, as bot/plots/loss_curve.py is one:

    {"points": [{"x": 0.1, "y": -0.2, "group": 0, "chars": 40}, …],
     "typical": [["what stands for group 0", "another one, if that cannot be drawn"], …]}
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from bot.plots.style import CARD, INK, drawable, new_canvas, png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#8ea1e1", "#57d08a", "#f0b132", "#f47b8f", "#5fc9d6", "#c58af0")
SMALLEST, LARGEST = 10.0, 70.0  # areas of a dot, for messages of one and of 100 characters
LONGEST = 100


def draw(drawing: dict[str, Any]) -> bytes:
    """Return the picture as a PNG file."""
    figure, axes = new_canvas()
    axes.set_xticks([])
    axes.set_yticks([])
    typical = [drawable(texts) for texts in drawing["typical"]]
    for group, _ in enumerate(typical):
        _dots(axes, [point for point in drawing["points"] if point["group"] == group], group)
    figure.legend(
        handles=[_key(group, text) for group, text in enumerate(typical) if text],
        loc="outside lower center",
        ncols=2,
        frameon=False,
        labelcolor=INK,
        handletextpad=0.2,
        columnspacing=2.0,
        labelspacing=0.4,
        fontsize=8.5,
    )
    return png(figure)


def _dots(axes: Axes, points: list[dict[str, Any]], group: int) -> None:
    sizes = [
        SMALLEST + (LARGEST - SMALLEST) * min(LONGEST, point["chars"]) / LONGEST for point in points
    ]
    axes.scatter(
        [point["x"] for point in points],
        [point["y"] for point in points],
        s=sizes,
        color=COLOURS[group % len(COLOURS)],
        alpha=0.8,
        edgecolors=CARD,
        linewidths=0.6,
    )


def _key(group: int, text: str) -> Any:
    from matplotlib.lines import Line2D

    colour = COLOURS[group % len(COLOURS)]
    return Line2D([], [], color=colour, marker="o", linestyle="", markersize=6, label=f"“{text}”")


if __name__ == "__main__":
    sys.stdout.buffer.write(draw(json.load(sys.stdin)))
