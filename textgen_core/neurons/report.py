"""All that is shown of one text: its bits through several models, cells, what was looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textgen_core.model.checkpoint import Checkpoint
from textgen_core.neurons.alignment import Values, aligned
from textgen_core.neurons.gradient import LookedAt, first_place, looked_at
from textgen_core.neurons.probes import Cell
from textgen_core.neurons.surprise import Surprise, surprise
from textgen_core.neurons.units import cells_of

SHOWN_AUC = 0.9  # a cell that tells less than this is not shown


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """A cell, and its probe's probability after each character of a text, (characters,)."""

    cell: Cell
    probs: Values


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What models make of a text.

    Attributes:
        stages: each model's name and its bits, in the order given.
        strips: cells of the last one that tell something here.
        gaze: what the last one looked at; None where there is nothing before.
        causal: whether the last one is no model of windows, which has neither.
    """

    stages: tuple[tuple[str, Surprise], ...]
    strips: tuple[Strip, ...] = ()
    gaze: LookedAt | None = None
    causal: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        gaze = self.gaze
        return {
            "text": self.stages[-1][1].text,
            "surprise": [{"model": name, **_surprise(bits)} for name, bits in self.stages],
            "cells": [
                {**_cell(strip.cell), "probs": _rounded(strip.probs)} for strip in self.strips
            ],
            "looked_at": gaze
            and {"place": gaze.place, "prob": gaze.prob, "shares": _rounded(gaze.shares)},
        }


def report_on(
    models: Sequence[tuple[str, Checkpoint]],
    text: str,
    cells: Sequence[Cell],
    *,
    count: int = 4,
    place: int | None = None,
) -> Report:
    """Return what models make of a text.

    Args:
        models: names and models; the last one is looked into.
        text: see ``surprise``.
        cells: of the last one; empty of a model of windows.
        count: how many of them are shown, at most.
        place: the character whose prediction is explained; None for the most surprising
            of the text's second half, which has something to look back at.

    Raises:
        ValueError: the text is empty or too long, or has no such place.
    """
    stages = tuple((name, surprise(checkpoint, text)) for name, checkpoint in models)
    last = models[-1][1]
    if last.config.window is not None:
        if place is not None:
            looked_at(last, text, place)  # says why not
        return Report(stages)
    strips = strips_of(last, text, cells, count)
    return Report(stages, strips, _gaze(last, stages[-1][1], place), causal=True)


def strips_of(
    checkpoint: Checkpoint, text: str, cells: Sequence[Cell], count: int
) -> tuple[Strip, ...]:
    """Return the cells that change their mind in a text, above what its characters tell alone."""
    read = aligned(checkpoint.vocabulary, text)
    (values,) = cells_of(checkpoint, [read.ids[:-1]])
    strips = [
        Strip(cell, read.repeated(cell.probs(values)[1:])) for cell in cells if cell.auc > SHOWN_AUC
    ]

    def order(strip: Strip) -> tuple[bool, float]:
        is_constant = bool((strip.probs > 0.5).all() or (strip.probs < 0.5).all())
        return is_constant, strip.cell.last_char_auc - strip.cell.auc

    by_unit: dict[int, Strip] = {}
    for strip in sorted(strips, key=order):
        by_unit.setdefault(strip.cell.unit, strip)
    return tuple(by_unit.values())[:count]


def _gaze(checkpoint: Checkpoint, bits: Surprise, place: int | None) -> LookedAt | None:
    if place is None:
        begin = max(first_place(aligned(checkpoint.vocabulary, bits.text)), len(bits.text) // 2)
        if begin >= len(bits.text):
            return None
        place = begin + int(np.argmax(bits.bits[begin:]))
    return looked_at(checkpoint, bits.text, place)


def _surprise(bits: Surprise) -> dict[str, Any]:
    return {
        "bits_per_char": bits.bits_per_char,
        "end_bits": bits.end_bits,
        "bits": _rounded(bits.bits),
        "worst": [
            {
                "char": worst.char,
                "bits": worst.bits,
                "guesses": [[guess.text, guess.prob] for guess in worst.guesses],
            }
            for worst in bits.worst
        ],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "property": cell.property,
        "unit": cell.unit,
        "auc": cell.auc,
        "last_char_auc": cell.last_char_auc,
        "held_out": cell.held_out,
    }


def _rounded(values: Values) -> list[float]:
    return [round(float(value), 4) for value in values]
