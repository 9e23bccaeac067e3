"""Forgetting a server: its trainings, its models, its rows."""

from __future__ import annotations

import asyncio
import logging

from bot.data_folder import DataFolder
from bot.inference import Inference
from bot.storage.database import Database, former_databases
from bot.storage.erasure import erase_guild_here
from bot.storage.privacy import PrivacyStore
from bot.storage.servers import ServerStore
from bot.worker import TrainWorker

log = logging.getLogger(__name__)


class Forgetting:
    """Erases whatever the bot keeps of a server."""

    def __init__(
        self,
        database: Database,
        folder: DataFolder,
        worker: TrainWorker,
        inference: Inference,
        servers: ServerStore,
        privacy: PrivacyStore,
    ) -> None:
        self._database = database
        self._folder = folder
        self._worker = worker
        self._inference = inference
        self._servers = servers
        self._privacy = privacy

    async def forget(self, guild_id: int) -> None:
        """Stop a server's trainings and erase all of it.

        Rows go first: files that a crash leaves behind are removed at the next start,
        because no row names them.
        """
        await self._worker.forget(guild_id)
        train_job_ids = await erase_guild_here(self._database, guild_id)
        self._inference.forget(guild_id)
        self._servers.forget(guild_id)
        self._privacy.forget_guild(guild_id)
        for train_job_id in train_job_ids:
            await asyncio.to_thread(self._folder.forget_job, train_job_id)
            await asyncio.to_thread(self._folder.forget_curve, train_job_id)
        await asyncio.to_thread(self._folder.forget_models, guild_id)
        for copy in former_databases(self._folder.database):  # of before a migration
            await asyncio.to_thread(copy.unlink, missing_ok=True)
        log.info("guild %d is forgotten, and %d trainings of it", guild_id, len(train_job_ids))
