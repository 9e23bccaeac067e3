"""`textgen train` as the bot calls it: compared with another model, and short of memory."""

import json
from pathlib import Path

import pytest
import tensorflow
from random_checkpoints import random_checkpoint

import textgen_core.training.run
from textgen_core import evaluate, load_checkpoint, save_checkpoint
from textgen_core.cli.main import main
from textgen_core.training.events import OUT_OF_MEMORY_STATUS

MESSAGES = [f"message {i % 7} of the day" for i in range(120)]
HELD_OUT = MESSAGES[-12:]


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    """Return a short training's arguments."""
    (tmp_path / "chat.txt").write_text("\n".join(MESSAGES), encoding="utf-8")
    save_checkpoint(random_checkpoint(), tmp_path / "base.safetensors")
    paths = ["train", str(tmp_path / "chat.txt"), "-o", str(tmp_path / "out.safetensors")]
    return [*paths, "--base", str(tmp_path / "base.safetensors"), "--epochs", "1", "--json"]


def events(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_another_model_is_scored_on_the_messages_held_out(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rival = tmp_path / "rival.safetensors"
    save_checkpoint(random_checkpoint(seed=4), rival)
    assert main([*arguments, "--store", "float32", "--against", str(rival)]) == 0
    done = events(capsys)[-1]
    measured = evaluate(load_checkpoint(rival), HELD_OUT).bits_per_char
    assert done["bits_per_char_against"] == pytest.approx(measured)
    own = evaluate(load_checkpoint(tmp_path / "out.safetensors"), HELD_OUT).bits_per_char
    assert done["bits_per_char_after"] == pytest.approx(own, abs=1e-3)


def test_a_damaged_model_to_compare_with_does_not_keep_from_training(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rival.safetensors").write_bytes(b"nonsense")
    assert main([*arguments, "--against", str(tmp_path / "rival.safetensors")]) == 0
    done = events(capsys)[-1]
    assert (done["event"], done["bits_per_char_against"]) == ("done", None)


def test_smaller_batches_take_more_steps(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The longest message has more characters than a batch of 16: it is a batch of its own."""
    assert main([*arguments, "--batch-targets", "16"]) == 0
    steps = [event["steps"] for event in events(capsys) if event["event"] == "progress"]
    assert steps[0] == 108


@pytest.mark.parametrize(
    "error",
    [MemoryError(), tensorflow.errors.ResourceExhaustedError(None, None, "OOM when allocating")],
)
def test_memory_that_runs_out_has_a_status_of_its_own(
    arguments: list[str],
    error: BaseException,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def train(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(textgen_core.training.run, "train", train)
    assert main(arguments) == OUT_OF_MEMORY_STATUS
    (failed,) = events(capsys)
    assert failed["event"] == "error"
    assert "smaller --batch-targets" in str(failed["message"])
