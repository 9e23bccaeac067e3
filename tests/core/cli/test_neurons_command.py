"""`textgen neurons` shows a text by the network's eyes, in digits where there are no colours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from legacy_models import LegacyModel
from random_checkpoints import random_checkpoint
from rich.console import Console

from textgen_core import save_checkpoint
from textgen_core.cli.main import main
from textgen_core.cli.neurons import View
from textgen_core.neurons.report import report_on


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "m.safetensors"
    save_checkpoint(random_checkpoint(scale=0.3), path)
    return str(path)


def test_json_has_everything(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = 'hi @ann, "what" IS it'
    arguments = ["neurons", model, text, "--through", model, "--dial", "3=+1", "--at", "6"]
    assert main([*arguments, "--json"]) == 0
    seen = json.loads(capsys.readouterr().out)
    assert seen["text"] == text
    assert [stage["model"] for stage in seen["surprise"]] == [model, f"{model} with 3=+1", model]
    first, dialled, last = (stage["bits_per_char"] for stage in seen["surprise"])
    assert first == last != dialled
    for stage in seen["surprise"]:
        total = sum(stage["bits"]) + stage["end_bits"]
        assert total == pytest.approx(stage["bits_per_char"] * (len(text) + 1), rel=1e-3)
        assert len(stage["worst"]) == 3
    assert seen["looked_at"]["place"] == len(seen["looked_at"]["shares"]) == 6
    assert all(len(cell["probs"]) == len(text) for cell in seen["cells"])
    plain, changed = seen["written"]
    assert len(plain) == len(changed) == 3
    assert plain != changed


def test_without_a_text_the_model_writes_one(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert main(["neurons", model, "--seed", "5", "--json"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    assert len(json.loads(first)["text"]) > 20


def test_where_there_are_no_colours_digits_stand_below(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["neurons", model, "hello you"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"Surprise, {model}")
    assert lines[1] == "hello you"
    assert len(lines[2]) == len(lines[1])
    assert lines[2].isdigit()
    assert "Cells" in " ".join(lines)


def test_a_terminal_gets_colours() -> None:
    console = Console(force_terminal=True, color_system="truecolor", width=60, record=True)
    with console.capture() as shown:
        View(console).show(report_on([("m", random_checkpoint())], "hello you", []), [], [])
    assert "\x1b[38;2;0;0;0;48;2;" in shown.get()


def test_a_model_of_windows_shows_surprise_and_says_why_no_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = str(LegacyModel().write(tmp_path))
    assert main(["neurons", old, "tea"]) == 0
    seen = capsys.readouterr()
    assert "Surprise" in seen.out
    assert "Cells" not in seen.out
    assert "--convert stream" in seen.err
    assert main(["neurons", old, "tea", "--at", "1"]) == 2
    assert main(["generate", "-m", old, "--dial", "1=+1"]) == 2


def test_a_dial_changes_what_is_written(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["generate", "-m", model, "--seed", "1", "--json"]
    for more in ([], ["--dial", "3=+0"], ["--dial", "3=+5", "--dial", "4=0"]):
        assert main([*arguments, *more]) == 0
    plain, same, changed = capsys.readouterr().out.splitlines()
    assert plain == same != changed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x" * 1001], "must have 1 to 1,000 characters, got 1,001"),
        (["hey", "--at", "3"], "1 to 2 here, got 3"),
        (["hey", "--dial", "99=+1"], "--dial must name a unit from 0 to 15"),
        (["hey", "--dial", "up"], "--dial must be a unit and an amount"),
        (["hey", "--on", "."], ". is a folder"),
    ],
)
def test_bad_input_costs_one_sentence(
    arguments: list[str], said: str, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["neurons", model, *arguments]) == 2
    assert said in capsys.readouterr().err
