"""Programs that run the bot as it is typed, against a loopback Discord, and what they print."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from bot_harness import Scene, make_base

ROOT = Path(__file__).parents[2]

# Discord's address.
START = """
import sys
from bot.cli.main import main
from bot.loopback.client_routes import client_routes

with client_routes(sys.argv[1]):
    raise SystemExit(main(sys.argv[2:]))
"""
# Discord's address, a training process's program and what that is told.
SERVE = """
import sys
import bot.training.backends as places
from bot.cli.main import main
from bot.loopback.client_routes import client_routes
from bot.training.local_trainer import LocalTrainer

places.LocalTrainer = lambda **_: LocalTrainer((sys.executable, *sys.argv[2:]))
with client_routes(sys.argv[1]):
    raise SystemExit(main(["run"]))
"""


async def start_serving(
    scene: Scene, log: Path, *trainer: str, **env: str
) -> asyncio.subprocess.Process:
    """Start a bot of its own whose log goes to a file.

    Args:
        trainer: the training process's program and what it is told.
    """
    with log.open("wb") as stderr:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", SERVE, scene.discord.url, *trainer),
            cwd=scene.folder,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "BASE_MODEL": str(make_base(scene.folder)),
                "DISCORD_TOKEN": scene.discord.bot_token,
                "HEALTH_ADDRESS": "",
                "CONSENT": "given",
                **env,
            },
            stderr=stderr,
        )


def last_line(text: str) -> str:
    return text.strip().splitlines()[-1]
