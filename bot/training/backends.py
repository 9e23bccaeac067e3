"""Where trainings run: on this machine, or on others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec

from bot.config import Settings
from bot.errors import SettingsError
from bot.runtime.subprocesses import ChildLimits
from bot.training.cluster.certificate_files import Role, find_certificates
from bot.training.local_trainer import LocalTrainer
from bot.training.trainer import Trainer

DASK_IS_MISSING = (
    "Training on other machines needs Dask, which is not installed: "
    "`pip install '.[cluster]'` where you installed the bot from."
)


def require_dask() -> None:
    """Raise a SettingsError where the extra `cluster` is not installed."""
    if find_spec("distributed") is None or find_spec("cryptography") is None:
        raise SettingsError(DASK_IS_MISSING)


@asynccontextmanager
async def open_trainer(settings: Settings, given: Trainer | None = None) -> AsyncIterator[Trainer]:
    """Yield the trainer of an installation, or the one that is given.

    Raises:
        SettingsError: other machines are to train, and something for it is missing.
    """
    if given is not None:
        yield given
        return
    if settings.train_scheduler is None:
        yield LocalTrainer(limits=ChildLimits(settings.train_memory_mb, settings.train_timeout_s))
        return
    require_dask()
    from bot.training.cluster.trainer import ClusterOptions, ClusterTrainer

    options = ClusterOptions(
        scheduler=settings.train_scheduler,
        certs=settings.train_certs,
        resource=settings.train_resource,
        keep_every_s=settings.train_keep_s,
    )
    find_certificates(Role.BOT, options.scheduler, options.certs)
    trainer = ClusterTrainer(options)
    trainer.start()
    try:
        yield trainer
    finally:
        await trainer.close()
