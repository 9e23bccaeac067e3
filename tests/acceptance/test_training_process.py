"""The real training process, when those who talk to it are gone or give it bad files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot_harness import REAL_TRAINING_S, make_base, open_scene, running_bot

from bot.training.local_trainer import LocalTrainer

ROOT = Path(__file__).parent.parent.parent
BOTS_WAY = ("--json", "--stop-on-eof")


@contextmanager
def training(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Train without end, as the bot does: not even a fast machine comes to it."""
    files = ("corpus.jsonl", "-o", "out.safetensors", "--base", "base-0.safetensors")
    arguments = ("train", *files, "--epochs", "1000000", "--budget-s", "1000")
    process = subprocess.Popen(
        (sys.executable, "-m", "textgen_core", *arguments, *BOTS_WAY),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def first_event(process: subprocess.Popen[bytes]) -> dict[str, object]:
    assert process.stdout is not None
    return dict(json.loads(process.stdout.readline()))


def test_it_saves_its_state_when_nobody_listens_any_more(tmp_path: Path) -> None:
    make_base(tmp_path)
    lines = [json.dumps({"content": f"message {number}"}) for number in range(60)]
    (tmp_path / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with training(tmp_path) as process:
        assert first_event(process)["resumed"] is False
        # Standard input stays open: it learns from the next event that it cannot tell.
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(REAL_TRAINING_S) == 0
    with training(tmp_path) as process:
        assert first_event(process)["resumed"] is True


async def test_a_damaged_base_model_is_told_before_anything_is_lost(tmp_path: Path) -> None:
    base = tmp_path / "base.safetensors"
    base.write_bytes(make_base(tmp_path).read_bytes()[:-1000])
    async with (
        open_scene(tmp_path) as scene,
        running_bot(scene, LocalTrainer(), base_model=base),
    ):
        await scene.ask(f"!train <#{scene.talk.id}>")
        outcome = await scene.outcome(timeout_s=REAL_TRAINING_S)
        assert "can't use the base model" in await scene.ask("!generate")
    assert outcome.startswith("❌")
    assert "base.safetensors is not a usable model" in outcome
    assert "Traceback" not in outcome
    assert "\n" not in outcome
