"""The scheduler and the workers as processes."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from distributed import Scheduler, Worker

from bot.runtime.addresses import SchedulerAddress, is_loopback
from bot.training.cluster.certificate_files import Role
from bot.training.cluster.dask_setup import configure, security_for
from bot.training.cluster.training_machine import TrainingMachine
from bot.training.local_trainer import LocalTrainer

log = logging.getLogger(__name__)

AGAIN_S = 5.0
_NO_PAGES = "127.0.0.1:0"  # Dask's pages are unencrypted: none is served, and that nowhere else


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """A worker.

    Attributes:
        scheduler: where it asks for work.
        certs: the folder with its certificate.
        name: as the bot's log names it; no other worker may have it.
        gpu: whether it has a GPU.
        folder: where texts lie while it trains.
    """

    scheduler: SchedulerAddress
    certs: Path | None
    name: str | None
    gpu: bool
    folder: Path


async def run_scheduler(address: SchedulerAddress, certs: Path | None) -> None:
    """Serve until cancelled.

    Raises:
        SettingsError: certificates are missing.
        OSError: it cannot listen there.
    """
    configure()
    security = security_for(Role.SCHEDULER, address, certs)
    scheduler = Scheduler(
        host=address.host,
        port=address.port,
        protocol=f"{address.scheme}://",
        security=security,
        dashboard=False,
        dashboard_address=_NO_PAGES,
    )
    async with scheduler:
        log.info("the scheduler is at %s", scheduler.address)
        await scheduler.finished()


async def run_worker(options: WorkerOptions, trainer: LocalTrainer) -> None:
    """Serve until cancelled; a scheduler that is lost is waited for.

    Raises:
        SettingsError: certificates are missing.
    """
    configure()
    security = security_for(Role.WORKER, options.scheduler, options.certs)
    name = options.name or f"{socket.gethostname()}-{os.getpid()}"
    said = ""
    while True:
        worker = Worker(
            str(options.scheduler),
            nthreads=1,
            name=name,
            # Nobody calls a worker; in the clear it must not even be possible.
            host="127.0.0.1" if is_loopback(options.scheduler.host) else None,
            protocol=f"{options.scheduler.scheme}://",
            security=security,
            resources={"CPU": 1, "GPU": 1} if options.gpu else {"CPU": 1},
            plugins=(TrainingMachine(trainer, options.folder),),
            local_directory=str(options.folder / "dask"),
            memory_limit=0,  # the child process has its own limit
            death_timeout="10s",
            dashboard=False,
            dashboard_address=_NO_PAGES,
        )
        try:
            async with worker:
                log.info("%s is ready for trainings of %s", name, options.scheduler)
                said = ""
                await worker.finished()
        except (OSError, TimeoutError) as error:
            if str(error) != said:
                log.warning("the scheduler %s is not there: %s", options.scheduler, error)
            said = str(error)
        log.info("%s waits for the scheduler", name)
        await asyncio.sleep(AGAIN_S)
