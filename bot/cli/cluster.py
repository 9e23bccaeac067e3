"""textgen-bot scheduler, worker and certs: training on other machines."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from bot.config import Settings
from bot.errors import SettingsError
from bot.runtime.addresses import SchedulerAddress, parse_address
from bot.runtime.subprocesses import ChildLimits
from bot.training.backends import require_dask
from bot.training.local_trainer import LocalTrainer


def add_cluster(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Let these commands be typed."""
    certs = commands.add_parser("certs", help="make certificates for scheduler, workers and bot")
    certs.add_argument("folder", type=Path, metavar="DIR")
    certs.set_defaults(run=_certs)

    scheduler = commands.add_parser("scheduler", help="hand trainings to workers")
    scheduler.add_argument("--listen", type=_address, metavar="ADDRESS", help="tls://0.0.0.0:8786")
    scheduler.add_argument("--certs", type=Path, metavar="DIR", help="default: TRAIN_CERTS")
    scheduler.set_defaults(run=_scheduler)

    worker = commands.add_parser("worker", help="train on this machine for a bot elsewhere")
    worker.add_argument("--scheduler", type=_address, metavar="ADDRESS", help="tls://HOST:8786")
    worker.add_argument("--certs", type=Path, metavar="DIR", help="default: TRAIN_CERTS")
    worker.add_argument("--name", help="as the bot's log names it (default: host and process)")
    worker.add_argument("--gpu", action="store_true", help="this machine has a GPU")
    worker.add_argument(
        "--folder",
        type=Path,
        default=Path.home() / ".textgen-worker",
        metavar="DIR",
        help="where texts lie while it trains (default: %(default)s)",
    )
    worker.set_defaults(run=_worker)


def _address(text: str) -> SchedulerAddress:
    try:
        return parse_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _asked_address(settings: Settings, given: SchedulerAddress | None) -> SchedulerAddress:
    address = given or settings.train_scheduler
    if address is None:
        raise SettingsError("Name the scheduler: --scheduler tls://HOST:8786, or TRAIN_SCHEDULER.")
    return address


async def _certs(settings: Settings, options: argparse.Namespace) -> None:
    require_dask()
    from bot.training.cluster.certificates import make_certificates

    for path in await asyncio.to_thread(make_certificates, options.folder):
        print(path, flush=True)
    print(
        "Copy ca.pem with worker.pem to each worker and with scheduler.pem to the scheduler; "
        "keep ca-key.pem to yourself. Whoever has one of them can run programs there.",
        file=sys.stderr,
        flush=True,
    )


async def _scheduler(settings: Settings, options: argparse.Namespace) -> None:
    require_dask()
    from bot.training.cluster.serving import run_scheduler

    address = _asked_address(settings, options.listen)
    await run_scheduler(address, options.certs or settings.train_certs)


async def _worker(settings: Settings, options: argparse.Namespace) -> None:
    require_dask()
    from bot.training.cluster.serving import WorkerOptions, run_worker

    made = WorkerOptions(
        scheduler=_asked_address(settings, options.scheduler),
        certs=options.certs or settings.train_certs,
        name=options.name,
        gpu=options.gpu,
        folder=options.folder,
    )
    limits = ChildLimits(settings.train_memory_mb, settings.train_timeout_s)
    await run_worker(made, LocalTrainer(limits=limits))
