"""The bot in a process of its own: `python run_bot.py URL DATA_DIR BASE MODE [DIES_AFTER]`.

Its token comes from DISCORD_TOKEN. MODE is one of fake_trainer.py's, or `real`: see
held_trainer.py.
DIES_AFTER names a step of publishing (see STEPS), after which the process kills itself,
or the moment of a power cut (see power_cut.py).
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

from bot_harness import HELD_TRAINER, QUICKLY, fake_trainer
from power_cut import PowerCut

from bot.app.client import open_bot
from bot.config import load_settings
from bot.loopback.client_routes import client_routes
from bot.models.inference import Inference
from bot.runtime.data_folder import DataFolder
from bot.storage.models import ModelStore
from bot.training.local_trainer import LocalTrainer

STEPS: dict[str, tuple[type, str]] = {
    "row": (ModelStore, "add"),
    "file": (DataFolder, "publish"),
    "sample": (Inference, "sample"),
    "commit": (ModelStore, "publish"),
    "drop": (ModelStore, "drop"),
}


def die_after(step: str) -> None:
    """Let the process end with the first return from a step."""
    owner, name = STEPS[step]
    original = getattr(owner, name)

    def then_die(*arguments: Any, **options: Any) -> None:
        original(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    async def await_then_die(*arguments: Any, **options: Any) -> None:
        await original(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, await_then_die if inspect.iscoroutinefunction(original) else then_die)


async def main(url: str, data_dir: str, base: str, mode: str, dies_after: str = "") -> None:
    """Serve until killed."""
    logging.basicConfig(level=logging.INFO)
    if ":" in dies_after:
        PowerCut(dies_after, Path(data_dir)).plan()
    elif dies_after:
        die_after(dies_after)
    settings = load_settings(None, data_dir=Path(data_dir), base_model=Path(base), consent="given")
    assert settings.discord_token is not None
    real = LocalTrainer((sys.executable, str(HELD_TRAINER)))
    trainer = real if mode == "real" else fake_trainer(mode)
    with client_routes(url):
        async with open_bot(settings, trainer, QUICKLY) as bot:
            await bot.start(settings.discord_token.get_secret_value())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
