"""`textgen neurons`: what the network sees in a text, in colours or in digits."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.text import Text

from textgen_core.cli.inputs import check_no_folder
from textgen_core.generation.engine import Engine
from textgen_core.generation.options import GenerationOptions
from textgen_core.legacy.model_files import read_model
from textgen_core.model.bundled import bundled_channel_path, model_path
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.neurons.alignment import Values
from textgen_core.neurons.dial import dialled, parse_dial
from textgen_core.neurons.probes import Cell, find_cells
from textgen_core.neurons.report import Report, report_on
from textgen_core.neurons.surprise import Surprise, shown
from textgen_core.neurons.units import check_causal
from textgen_core.text.console import show
from textgen_core.text.message_files import read_messages
from textgen_core.text.special_tokens import readable

OWN_LINE = GenerationOptions(max_chars=80, whole_sentences=True)
DIALLED_LINES = GenerationOptions(n=3, max_chars=80, temperature=0.8)
WIDEST = 100
MOST_BITS = 8.0  # shown in the deepest colour
PROBED_MESSAGES = 4_000
# From pale to deep, behind black letters: legible on a dark and on a light terminal.
HEAT = ("#fff5e0", "#ffe3b3", "#ffcf85", "#ffb45c", "#ff9640", "#ff7538", "#f4553a", "#e03a3a")


def neurons(options: argparse.Namespace) -> int:
    """Show what the network sees in a text: surprise, cells, and what it looked at."""
    checkpoint = read_model(model_path(options.model))
    dials = [parse_dial(typed) for typed in options.dial]
    changed = dialled(checkpoint, dials)
    models = [(str(path), read_model(model_path(path))) for path in options.through]
    if dials:
        models.append((f"{options.model} with {' '.join(map(str, dials))}", changed))
    models.append((str(options.model), checkpoint))
    text = options.text or _own_line(checkpoint, options.seed)
    cells = _cells(checkpoint, options.on)
    report = report_on(models, text, cells, count=options.cells, place=options.at)
    lines = [_lines(one, options.seed) for one in (checkpoint, changed)] if dials else []
    if options.json:
        show(json.dumps(report.to_json() | {"written": lines}, ensure_ascii=False))
        return 0
    View(Console(highlight=False)).show(report, cells, lines)
    if checkpoint.config.window is not None:
        try:
            check_causal(checkpoint)
        except ValueError as reason:
            show(f"textgen: {reason}", sys.stderr)
    return 0


def _own_line(checkpoint: Checkpoint, seed: int) -> str:
    """Return a line that the model writes, of some length."""
    written = Engine(checkpoint).stream(replace(OWN_LINE, n=20, seed=seed))
    return next((text for text in written if len(text) > 20), "Hello there!")


def _lines(checkpoint: Checkpoint, seed: int) -> list[str]:
    texts = Engine(checkpoint).generate(replace(DIALLED_LINES, seed=seed))
    return [readable(text) for text in texts]


def _cells(checkpoint: Checkpoint, files: Sequence[str]) -> list[Cell]:
    if checkpoint.config.window is not None:
        return []
    messages: list[str] = []
    for path in files or [str(bundled_channel_path())]:
        check_no_folder(path)
        messages += islice(read_messages(Path(path)), PROBED_MESSAGES)
    return find_cells(checkpoint, messages)


class View:
    """Prints a report; where there are no colours, a row of digits stands below each text."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._width = max(20, min(WIDEST, console.width))

    def show(self, report: Report, cells: Sequence[Cell], written: Sequence[Sequence[str]]) -> None:
        """Print all of it."""
        for name, bits in report.stages:
            self._head(f"Surprise, {name}", f"{bits.bits_per_char:.2f} bits/char")
            self._strip(bits.text, bits.bits / MOST_BITS)
        self._worst(report.stages[-1][1])
        gaze = report.gaze
        if gaze is not None:
            char = shown(gaze.text[gaze.place])
            self._head(f"Looked at for “{char}”", f"{gaze.prob:.1%} likely, character {gaze.place}")
            most = max(float(gaze.shares.max()), 1e-9)
            self._strip(gaze.text[: gaze.place], gaze.shares / most)
        text = report.stages[-1][1].text
        for strip in report.strips:
            cell = strip.cell
            told = f"unit {cell.unit}, AUC {cell.auc:.3f} (last character {cell.last_char_auc:.3f})"
            self._head(cell.property.capitalize(), told)
            self._strip(text, strip.probs)
        self._table(cells)
        for title, lines in zip(("As it is", "With the dial"), written, strict=False):
            self._head(f"{title}, same seed", "")
            for line in lines:
                self._print(Text(f"  {line}"))

    def _head(self, title: str, note: str) -> None:
        self._print(Text.assemble((title, "bold"), f"  {note}" if note else ""))

    def _strip(self, text: str, levels: Values) -> None:
        """Print a text with a level of each character, 0 to 1."""
        steps = [min(max(float(level), 0.0), 1.0) for level in levels]
        drawn = shown(text)
        for first in range(0, len(drawn), self._width):
            part = slice(first, first + self._width)
            if self._console.color_system and self._console.is_terminal:
                self._print(_coloured(drawn[part], steps[part]))
                continue
            self._print(Text(drawn[part]))
            self._print(Text("".join(str(min(9, int(10 * step))) for step in steps[part])))

    def _worst(self, bits: Surprise) -> None:
        for worst in bits.worst:
            guesses = ", ".join(f"“{guess.text}” {guess.prob:.0%}" for guess in worst.guesses)
            char = shown(bits.text[worst.char])
            self._print(
                Text(f"  {worst.char}: “{char}” cost {worst.bits:.1f} bits; expected {guesses}")
            )

    def _table(self, cells: Sequence[Cell]) -> None:
        if not cells:
            return
        self._head("Cells", "by AUC on held-out messages; beside it the last character's alone")
        for cell in cells:
            row = (
                f"  {cell.property:16} unit {cell.unit:<5} {cell.auc:.3f}  {cell.last_char_auc:.3f}"
            )
            self._print(Text(row))

    def _print(self, text: Text) -> None:
        self._console.print(text, no_wrap=True, overflow="ignore", crop=False)


def _coloured(text: str, steps: Sequence[float]) -> Text:
    line = Text()
    for char, step in zip(text, steps, strict=True):
        colour = HEAT[min(len(HEAT) - 1, int(step * len(HEAT)))]
        line.append(char, f"#000000 on {colour}")
    return line
