"""Draws texts whose characters are coloured: `python -m bot.plots.coloured_text`.

A process of its own, as bot/plots/loss_curve.py is one; JSON on stdin, PNG on stdout:

    {"rows": [{"title": "surprise of base", "note": "2.61 bits per character",
               "kind": "surprise", "text": "hello", "levels": [0.1, 0.9, …],
               "guesses": [[1, ["a", "i"]]], "framed": 3}, …]}

``levels`` are from 0 to 1. Guesses stand below the character whose number they have.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from bot.plots.style import DPI, FAINT, INK, WIDTH_PX, new_canvas, png

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = 40
EDGE = 20
CELL_WIDTH = (WIDTH_PX - 2 * EDGE) / COLUMNS
CELL_HEIGHT, TITLE_HEIGHT, GUESS_HEIGHT, GAP = 34, 27, 24, 12
# A cell at its highest level; at 0 it is a little brighter than the card.
HIGHEST = {"surprise": "#ff9a4d", "gaze": "#a9b6f5", "cell": "#57d08a"}
LOWEST, DARK, LIGHT = "#36393f", "#000000", "#ffffff"
DARK_ABOVE = 0.179  # of luminance: there black letters stand out as well as white ones
UNKNOWN = "▫"  # in place of what the font cannot write


def draw(drawing: dict[str, Any]) -> bytes:
    """Return the picture as a PNG file."""
    rows = drawing["rows"]
    height = 2 * EDGE - GAP + sum(map(_height, rows))
    figure, axes = new_canvas(height)
    figure.set_layout_engine("none")
    axes.set_position((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, WIDTH_PX)
    axes.set_ylim(height, 0)
    top = EDGE
    for row in rows:
        _draw_row(axes, row, top)
        top += _height(row)
    return png(figure)


def _lines(row: dict[str, Any]) -> int:
    return max(1, -(-len(row["text"]) // COLUMNS))


def _guess_rows(row: dict[str, Any], line: int) -> int:
    """Return how many guesses stand below a line of a row's text, one below the other."""
    fitting = [texts for char, texts in row.get("guesses", ()) if char // COLUMNS == line]
    return max(map(len, fitting), default=0)


def _height(row: dict[str, Any]) -> int:
    guesses = sum(_guess_rows(row, line) for line in range(_lines(row)))
    return TITLE_HEIGHT + _lines(row) * CELL_HEIGHT + guesses * GUESS_HEIGHT + GAP


def _draw_row(axes: Axes, row: dict[str, Any], top: int) -> None:
    _write(axes, EDGE, top + TITLE_HEIGHT / 2 - 2, row["title"], size=18, colour=INK, ha="left")
    right = WIDTH_PX - EDGE
    _write(axes, right, top + TITLE_HEIGHT / 2 - 2, row["note"], size=18, colour=FAINT, ha="right")
    top += TITLE_HEIGHT
    for line in range(_lines(row)):
        places = range(COLUMNS * line, min(len(row["text"]), COLUMNS * (line + 1)))
        for place in places:
            _draw_cell(axes, row, place, top)
        top += CELL_HEIGHT
        for char, texts in row.get("guesses", ()):
            if char in places:
                _draw_guesses(axes, char, texts, top)
        top += _guess_rows(row, line) * GUESS_HEIGHT


def _draw_cell(axes: Axes, row: dict[str, Any], place: int, top: int) -> None:
    from matplotlib.patches import Rectangle

    level = min(1.0, max(0.0, row["levels"][place]))
    left = EDGE + CELL_WIDTH * (place % COLUMNS)
    framed = place == row.get("framed")
    behind = _mixed(HIGHEST[row["kind"]], level)
    axes.add_patch(
        Rectangle(
            (left, top),
            CELL_WIDTH,
            CELL_HEIGHT - 2,
            facecolor=behind,
            edgecolor=INK if framed else "none",
            linewidth=1.5,
            zorder=2 if framed else 1,
        )
    )
    colour = DARK if _luminance(behind) > DARK_ABOVE else LIGHT
    middle = left + CELL_WIDTH / 2
    _write(axes, middle, top + CELL_HEIGHT / 2 - 1, row["text"][place], size=24, colour=colour)


def _draw_guesses(axes: Axes, char: int, texts: list[str], top: int) -> None:
    middle = EDGE + CELL_WIDTH * (char % COLUMNS + 0.5)
    for number, text in enumerate(texts):
        visible = text.replace(" ", "␣")
        below = top + GUESS_HEIGHT * (number + 0.5)
        _write(axes, middle, below, visible, size=20, colour=INK if number == 0 else FAINT)


def _mixed(colour: str, level: float) -> tuple[float, ...]:
    from matplotlib.colors import to_rgb

    return tuple(
        low + (high - low) * level for low, high in zip(to_rgb(LOWEST), to_rgb(colour), strict=True)
    )


def _luminance(colour: tuple[float, ...]) -> float:
    """Return a colour's relative luminance (WCAG 2.2)."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def _write(
    axes: Axes, x: float, y: float, text: str, *, size: int, colour: str, ha: str = "center"
) -> None:
    """Write a text, its size in pixels, around a middle line."""
    if not text.strip():
        return
    axes.text(
        x,
        y,
        _drawable(text),
        color=colour,
        fontsize=size * 72 / DPI,
        family="DejaVu Sans Mono" if ha == "center" else "DejaVu Sans",
        ha=ha,
        va="center_baseline",
        parse_math=False,
        zorder=3,
    )


@cache
def _drawable(text: str) -> str:
    """Return a text with a sign for each character that the font lacks."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties(family="DejaVu Sans Mono")))
    return "".join(char if font.get_char_index(ord(char)) else UNKNOWN for char in text)


if __name__ == "__main__":
    sys.stdout.buffer.write(draw(json.load(sys.stdin)))
