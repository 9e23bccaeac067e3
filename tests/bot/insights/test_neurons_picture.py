"""The picture of a text in colours has room for all of it, in any script."""

from __future__ import annotations

from random_checkpoints import random_checkpoint

from bot.insights.neurons import pictured
from bot.loopback.wire.uploads import image_size
from bot.plots.coloured_text import DARK_ABOVE, HIGHEST, _luminance, _mixed, draw
from textgen_core.neurons.report import report_on

MIXED = "héllo 漢字 😀\n$x$ שלום " + "x" * 60


def height(text: str) -> int:
    report = report_on([("base", random_checkpoint())], text, [])
    size = image_size(draw(pictured(report)))
    assert size is not None
    assert size[0] == 800
    return size[1]


def test_longer_texts_get_higher_pictures() -> None:
    assert height("hello you") < height(MIXED)


def test_letters_stand_out_at_every_level() -> None:
    """By 4.5:1, as WCAG 2.2 asks of small text."""
    for colour in HIGHEST.values():
        for step in range(21):
            behind = _luminance(_mixed(colour, step / 20))
            ink = 0.0 if behind > DARK_ABOVE else 1.0
            brighter, darker = max(ink, behind), min(ink, behind)
            assert (brighter + 0.05) / (darker + 0.05) >= 4.5, (colour, step)
