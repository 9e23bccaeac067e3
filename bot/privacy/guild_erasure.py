"""Forgetting a server: its trainings, its models, its rows."""

from __future__ import annotations

import asyncio
import logging
import shutil
from dataclasses import dataclass

from bot.errors import StorageError
from bot.models.inference import Inference
from bot.runtime.data_folder import DataFolder, fsync_folder
from bot.storage.database import Database, former_databases
from bot.storage.erasure import erase_guild_here, erase_guild_rows, knows_guild
from bot.storage.guilds import ServerStore
from bot.storage.privacy import PrivacyStore
from bot.training.queue_worker import QueueWorker

log = logging.getLogger(__name__)


class Forgetting:
    """Erases whatever the bot keeps of a server."""

    def __init__(
        self,
        database: Database,
        folder: DataFolder,
        worker: QueueWorker,
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


@dataclass(frozen=True, slots=True)
class ErasureResult:
    """How much of a server there was."""

    rows: int
    files: int


def erase_guild(folder: DataFolder, *, guild_id: int, force: bool = False) -> ErasureResult:
    """Delete a server's rows, models, texts, and the copies that migrations left behind.

    Raises:
        StorageError: a bot uses the folder, the database is missing or damaged, or it has
            never heard of the server and `force` is False.
    """
    with folder.locked():
        known = folder.models(guild_id).exists() or knows_guild(folder.database, guild_id)
        if not (force or known):
            raise StorageError(
                f"Nothing is known of a server {guild_id}: `textgen-bot models` lists them. "
                "--force removes what may be left all the same, and copies of former databases."
            )
        rows, jobs = erase_guild_rows(folder.database, guild_id=guild_id)
        # Copies from before a migration hold the rows too, and left-over staging the models.
        for copy in former_databases(folder.database):
            copy.unlink()
        left_over = (*folder.root.glob(".backup-*"), *folder.root.glob(".restore-*"))
        places = (folder.models(guild_id), *map(folder.job, jobs), *left_over)
        files = sum(path.is_file() for place in places for path in place.rglob("*"))
        for place in places:
            shutil.rmtree(place, ignore_errors=True)
        curves = [path for path in map(folder.curve, jobs) if path.exists()]
        for path in curves:
            path.unlink()
        files += len(curves)
        fsync_folder(folder.root)
    return ErasureResult(rows, files)
