"""A worker whose training process is fake_trainer.py.

Run as `run_worker.py SCHEDULER NAME FOLDER MODE RESOURCE`.

Modes are those of fake_trainer.py, and `corrupt`: as `honest`, but a bit of the model is
another one when it arrives.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

from bot.runtime.addresses import parse_address
from bot.training.cluster import serving, training_machine
from bot.training.local_trainer import LocalTrainer

FAKE_TRAINER = Path(__file__).with_name("fake_trainer.py")
AGAIN_S = 0.3


def corrupt(*arguments: Any) -> dict[str, Any]:
    """Return a result of which a bit has changed after it was hashed."""
    result = pack_result(*arguments)
    result["model"] = result["model"][:-1] + bytes([result["model"][-1] ^ 1])
    return result


pack_result = training_machine.pack_result


async def main(scheduler: str, name: str, folder: str, mode: str, resource: str) -> None:
    """Serve until stopped."""
    logging.basicConfig(level=logging.INFO)
    serving.AGAIN_S = AGAIN_S
    if mode == "corrupt":
        training_machine.pack_result, mode = corrupt, "honest"
    # As behind a router: where it says it is, nobody listens.
    nowhere = f"tcp://127.0.0.1:{sum(name.encode()) % 1000 + 1}"
    serving.Worker = partial(serving.Worker, contact_address=nowhere)
    options = serving.WorkerOptions(
        parse_address(scheduler), None, name, gpu=resource == "GPU", folder=Path(folder)
    )
    trainer = LocalTrainer((sys.executable, str(FAKE_TRAINER), mode), stop_grace_s=5)
    task = asyncio.create_task(serving.run_worker(options, trainer))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await asyncio.wait({task})


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
