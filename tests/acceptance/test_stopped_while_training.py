"""SIGTERM in the middle of real training, as `docker stop` sends it."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from itertools import islice
from pathlib import Path

from bot_harness import HELD_TRAINER, REAL_TRAINING_S, WAIT_S, open_scene
from typed_bot import start_serving

from bot.cli.demo import BUNDLED_CHANNEL
from bot.loopback.world.fill import read_channel_file

MESSAGES = 600
STOP_S = 10.0  # what Docker waits before it kills


def allowed_s() -> float:
    """Return how long a stop may take: training comes last where others want the machine."""
    return STOP_S * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


async def stop(process: asyncio.subprocess.Process) -> float:
    """Stop the bot and return how many seconds that took."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(WAIT_S):
        assert await process.wait() == 0
    return time.monotonic() - began


async def test_a_stopped_bot_saves_the_training_in_time_and_goes_on(tmp_path: Path) -> None:
    first, second = tmp_path / "first.log", tmp_path / "second.log"
    async with open_scene(tmp_path, messages=0) as scene:
        scene.world.fill_channel(scene.talk, islice(read_channel_file(BUNDLED_CHANNEL), MESSAGES))
        process = await start_serving(scene, first, str(HELD_TRAINER), TRAIN_BUDGET_S="8")
        await scene.until_it_answers()
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.until_it_trains()
        took_s = await stop(process)
        (saved,) = (tmp_path / "data" / "corpora").glob("*/trained.safetensors.part")
        assert saved.stat().st_size > 0
        process = await start_serving(scene, second, str(HELD_TRAINER), TRAIN_BUDGET_S="8")
        outcome = await scene.outcome(timeout_s=REAL_TRAINING_S)
        await stop(process)
    assert took_s < allowed_s()
    assert outcome.startswith("✅")
    assert "training goes on" in second.read_text(encoding="utf-8")
    assert "Traceback" not in first.read_text(encoding="utf-8")
