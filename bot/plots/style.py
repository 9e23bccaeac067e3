"""How the pictures look that the bot draws; imported by the children that draw them alone."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Twice as many pixels as Discord shows where there is little room (400 × 250).
WIDTH_PX, HEIGHT_PX, DPI = 800, 500, 160
# Each stands out by 3:1 or more against the card, against white and against Discord's dark
# grey; the card is part of the picture, so that it looks the same in both themes.
CARD, INK, FAINT, GRID = "#2b2d31", "#f2f3f5", "#b5bac1", "#4a4d55"


def new_canvas(height_px: int = HEIGHT_PX) -> tuple[Figure, Axes]:
    """Return a card without a frame, and where to draw on it."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot

    mpl.rcParams.update({"font.size": 9, "text.color": INK, "axes.labelcolor": FAINT})
    figure, axes = pyplot.subplots(
        figsize=(WIDTH_PX / DPI, height_px / DPI), dpi=DPI, facecolor=CARD, layout="constrained"
    )
    axes.set_facecolor(CARD)
    axes.tick_params(colors=FAINT, length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure, axes


def png(figure: Figure) -> bytes:
    """Return what was drawn as a PNG file."""
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor=CARD, metadata={"Software": None})
    return out.getvalue()


def drawable(texts: list[str]) -> str:
    """Return the first text that the font can write; none where it can write none."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font = get_font(findfont(FontProperties()))
    for text in texts:
        if all(font.get_char_index(ord(char)) for char in text):
            return text.replace("$", r"\$")  # which would begin a formula
    return ""
