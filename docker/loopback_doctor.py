"""Runs `textgen-bot doctor` against a loopback Discord; image-test.sh does so in the image.

The doctor is a process of its own, whose discord.py is led to 127.0.0.1.
"""

from __future__ import annotations

# ruff: noqa: E402 (the bot's packages are found once it is said where)
import asyncio
import os
import sys

from textgen_bot import use_own_packages

use_own_packages()

from bot.cli.demo import demo_world
from bot.loopback.server import LoopbackDiscord

DOCTOR = """
import sys
from bot.cli.main import main
from bot.loopback.client_routes import client_routes

with client_routes(sys.argv[1]):
    raise SystemExit(main(["doctor"]))
"""


async def main() -> int:
    """Return the doctor's exit status."""
    async with LoopbackDiscord(demo_world().world) as discord:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", DOCTOR, discord.url),
            env={**os.environ, "DISCORD_TOKEN": discord.bot_token},
        )
        return await process.wait()


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
