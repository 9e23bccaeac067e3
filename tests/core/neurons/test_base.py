"""What the base model's units have learned, on the channel that comes with the program."""

from __future__ import annotations

import pytest

from textgen_core import Engine, GenerationOptions, base_weights_path, load_checkpoint
from textgen_core.model.bundled import bundled_channel_path
from textgen_core.neurons.dial import Dial, dialled
from textgen_core.neurons.probes import Cell, find_cells
from textgen_core.text.message_files import read_messages


@pytest.fixture(scope="module")
def cells() -> dict[str, Cell]:
    messages = list(read_messages(bundled_channel_path()))
    found = find_cells(load_checkpoint(base_weights_path()), messages)
    return {cell.property: cell for cell in found}


def test_five_cells_remember_what_the_last_character_does_not_say(cells: dict[str, Cell]) -> None:
    """Such as a quote's beginning, some words ago: docs/neurons.md has the figures."""
    names = ("mention", "quotes", "first word", "beginning", "far in")
    assert all(cells[name].auc >= 0.95 for name in names), cells
    assert all(cells[name].auc >= cells[name].last_char_auc + 0.15 for name in names), cells
    assert sum(cell.auc >= 0.95 for cell in cells.values()) >= 10


def test_a_cell_is_turned_up_and_down_like_a_dial(cells: dict[str, Cell]) -> None:
    base = load_checkpoint(base_weights_path())
    cell = cells["capitals"]
    up = -1.0 if cell.weight < 0 else 1.0

    def capitals(amount: float) -> float:
        model = dialled(base, [Dial(cell.unit, amount)]) if amount else base
        options = GenerationOptions(n=100, max_chars=80, temperature=0.8, seed=1)
        written = "".join(Engine(model).generate(options))
        return sum(map(str.isupper, written)) / len(written)

    plain = capitals(0)
    assert capitals(up) > 2 * plain
    assert capitals(-up) < plain / 2
