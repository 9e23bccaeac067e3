"""The bot in a process of its own: `python run_bot.py URL DATA_DIR BASE MODE`.

Its token comes from DISCORD_TOKEN. MODE is one of fake_trainer.py's, or `real`.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

from bot_harness import QUICKLY, fake_trainer

from bot.client import open_bot
from bot.sandbox.client_routes import client_routes
from bot.settings import load_settings
from bot.trainer import LocalTrainer


async def main(url: str, data_dir: str, base: str, mode: str) -> None:
    """Serve until killed."""
    logging.basicConfig(level=logging.INFO)
    settings = load_settings(None, data_dir=Path(data_dir), base_model=Path(base))
    assert settings.discord_token is not None
    trainer = LocalTrainer() if mode == "real" else fake_trainer(mode)
    with client_routes(url):
        async with open_bot(settings, trainer, QUICKLY) as bot:
            await bot.start(settings.discord_token.get_secret_value())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
