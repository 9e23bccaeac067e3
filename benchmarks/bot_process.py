"""The bot in a process of its own, which tells how late its event loop is.

Run by service.py: `python bot_process.py URL DATA_DIR`, the token in DISCORD_TOKEN.
Each line on standard input is answered by one JSON line with what was measured
since the line before; the bot stops when standard input closes.
"""

from __future__ import annotations

import asyncio
import json
import sys
from array import array
from pathlib import Path

import psutil

from bot.app.client import open_bot
from bot.config import load_settings
from bot.loopback.client_routes import client_routes

SAMPLE_S = 0.02
MEMORY_EVERY = 5  # samples


class Sampler:
    """Asks the loop to be woken every 20 ms and notes how late that happens."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._forget()

    async def run(self) -> None:
        """Sample until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + SAMPLE_S
            await asyncio.sleep(SAMPLE_S)
            self.late_ms.append(1000 * (loop.time() - due_s))
            if len(self.late_ms) % MEMORY_EVERY == 0:
                self.resident_mb.append(self._process.memory_info().rss / 1e6)
                self.blocks.append(sys.getallocatedblocks())

    def take(self) -> dict[str, list[float]]:
        """Return the samples since the last call."""
        taken = {
            "late_ms": self.late_ms.tolist(),
            "resident_mb": self.resident_mb.tolist(),
            "blocks": self.blocks.tolist(),
        }
        self._forget()
        return taken

    def _forget(self) -> None:
        # Four bytes a sample: lists of floats would grow by 2 MB in five minutes themselves.
        self.late_ms = array("f")
        self.resident_mb = array("f")
        self.blocks = array("f")  # of memory that Python objects hold


async def answer_questions(sampler: Sampler) -> None:
    """Answer each line on standard input, until it closes."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        print(json.dumps(sampler.take()), flush=True)


async def main(url: str, data_dir: str) -> None:
    """Serve until standard input closes."""
    settings = load_settings(None, data_dir=Path(data_dir))
    assert settings.discord_token is not None
    sampler = Sampler()
    with client_routes(url):
        async with open_bot(settings) as bot:
            serving = asyncio.create_task(bot.start(settings.discord_token.get_secret_value()))
            sampling = asyncio.create_task(sampler.run())
            asking = asyncio.create_task(answer_questions(sampler))
            await asyncio.wait({serving, asking}, return_when=asyncio.FIRST_COMPLETED)
            sampling.cancel()
            await bot.close()
            await asyncio.gather(serving)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
