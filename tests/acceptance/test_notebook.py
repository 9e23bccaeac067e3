"""docs/textgen-core.ipynb runs as it stands, and shows what it printed and drew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "textgen-core.ipynb"


@pytest.fixture(scope="module")
def cells() -> list[dict[str, Any]]:
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_its_ten_cells_run(
    cells: list[dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mpl.use("Agg")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for number, cell in enumerate(cells, 1):
        exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)
    assert number == 10
    assert names["bits"][-1].val_bits_per_char < names["bits"][0].train_bits_per_char / 2
    printed = capsys.readouterr().out
    assert "Training new model w/ 2-layer, 64-cell LSTMs" in printed
    assert sorted(path.name for path in tmp_path.glob("theirs_*")) == [
        "theirs_config.json",
        "theirs_vocab.json",
        "theirs_weights.hdf5",
    ]


def test_it_shows_text_and_figures(cells: list[dict[str, Any]]) -> None:
    kinds = [output["output_type"] for cell in cells for output in cell["outputs"]]
    assert "error" not in kinds
    assert kinds.count("display_data") == 2
    assert [cell["execution_count"] for cell in cells] == list(range(1, 11))
