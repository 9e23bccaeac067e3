"""The bot and its training process killed at random: whatever happens, it ends well.

SOAK_KILLS=200 kills so often (`make soak`); SOAK_SEED chooses what is killed when.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from bot_harness import make_base, open_scene
from kill_loop import KillLoop

KILLS = int(os.environ.get("SOAK_KILLS", "5"))
SEED = int(os.environ.get("SOAK_SEED", "1"))
S_A_KILL = 60.0  # most of it the bot's start beside others on a busy machine
PAGE_ROUTE = "GET /channels/{channel_id}/messages"
PAGE_S = 0.05  # as of a Discord that is near
MESSAGES = 1050


@pytest.mark.timeout(120 + KILLS * S_A_KILL)
async def test_after_random_kills_every_job_ends_and_nothing_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with open_scene(tmp_path, messages=MESSAGES) as scene:
        scene.discord.faults.delay(PAGE_ROUTE, PAGE_S, times=1 << 30)
        base = make_base(tmp_path)
        loop = KillLoop(scene, base, seed=SEED, command=f"!train full <#{scene.talk.id}>")
        with capsys.disabled():
            print(f"\nrandom kills, SOAK_SEED={SEED}")  # noqa: T201
        figures = await loop.run(KILLS)
        with capsys.disabled():
            print(figures)  # noqa: T201
    assert figures.kills.total() == KILLS
    assert figures.ends.total() >= 1
