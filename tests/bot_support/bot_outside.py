"""The bot in a process of its own, for tests; see run_bot.py."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bot_harness import WAIT_S, Scene

SUPPORT = Path(__file__).parent
ROOT = SUPPORT.parent.parent

Kill = Callable[[], Awaitable[None]]


@asynccontextmanager
async def bot_process(
    scene: Scene, mode: str, *dies_after: str, **settings: str
) -> AsyncIterator[Kill]:
    """Run the bot outside; yields what kills it, as a power cut would."""
    paths = [str(ROOT), str(SUPPORT), str(ROOT / "tests" / "core")]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(SUPPORT / "run_bot.py"),
        scene.discord.url,
        str(scene.folder / "data"),
        str(scene.folder / "base-0.safetensors"),
        mode,
        *dies_after,
        env={
            **os.environ,
            **settings,
            "DISCORD_TOKEN": scene.discord.bot_token,
            "PYTHONPATH": os.pathsep.join(paths),
        },
    )

    async def kill() -> None:
        if not dies_after:  # else it does so itself
            process.send_signal(signal.SIGKILL)
        async with asyncio.timeout(WAIT_S):
            await process.wait()
        assert process.returncode == -signal.SIGKILL

    try:
        yield kill
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
