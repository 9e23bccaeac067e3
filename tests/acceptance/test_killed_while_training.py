"""The bot killed in the middle of real training, and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

import pytest
from bot_harness import REAL_TRAINING_S, Scene, make_base, open_scene

from bot.cli.demo import BUNDLED_CHANNEL
from bot.loopback.world.fill import read_channel_file

ROOT = Path(__file__).parent.parent.parent
MESSAGES = 600
PAGE_ROUTE = "GET /channels/{channel_id}/messages"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path, messages=0) as opened:
        messages = islice(read_channel_file(BUNDLED_CHANNEL), MESSAGES)
        opened.world.fill_channel(opened.talk, messages)
        make_base(tmp_path)
        yield opened


@asynccontextmanager
async def bot_process(scene: Scene, log: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the bot in a process group of its own, with the real training process."""
    support = ROOT / "tests" / "bot_support"
    base = scene.folder / "base-0.safetensors"
    arguments = (scene.discord.url, str(scene.folder / "data"), str(base), "real")
    paths = [str(ROOT), str(support), str(ROOT / "tests" / "core")]
    with log.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, str(support / "run_bot.py"), *arguments),
            env={
                **os.environ,
                "DISCORD_TOKEN": scene.discord.bot_token,
                "PYTHONPATH": os.pathsep.join(paths),
                "TRAIN_BUDGET_S": "8",
            },
            stderr=stderr,
            process_group=0,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def test_killed_while_training_it_goes_on_where_it_was(scene: Scene) -> None:
    first, second = scene.folder / "first.log", scene.folder / "second.log"
    async with bot_process(scene, first) as process:
        await scene.until_it_answers()
        await scene.ask(f"!train <#{scene.talk.id}>")
        await scene.until_it_trains()
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    assert scene.job_state() == ("training", MESSAGES)
    pages_read = scene.discord.request_log.by_route[PAGE_ROUTE]
    async with bot_process(scene, second):
        outcome = await scene.outcome(timeout_s=REAL_TRAINING_S)
    assert outcome.startswith("✅")
    assert f"{MESSAGES:,} messages" in outcome
    assert scene.job_state() == ("done", MESSAGES)
    assert scene.discord.request_log.by_route[PAGE_ROUTE] == pages_read
    assert "training begins" in first.read_text(encoding="utf-8")
    assert "training goes on" in second.read_text(encoding="utf-8")
    assert "training begins" not in second.read_text(encoding="utf-8")
