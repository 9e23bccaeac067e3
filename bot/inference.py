"""Servers' models in memory, and text from them."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from bot.data_folder import DataFolder
from bot.errors import UserError
from bot.promptness import give_way
from bot.storage.models import ModelStore
from bot.storage.records import ModelRecord
from textgen_core import Checkpoint, CheckpointError, Engine, GenerationOptions, load_checkpoint

log = logging.getLogger(__name__)

CACHED_ENGINES = 8
NOVEL_RUN = 40  # characters; shorter runs are common speech


class Inference:
    """Writes text in a server's voice, or the base model's until it has one.

    An engine never changes: a new version is a new object, and requests under
    way finish with the one they began with.
    """

    def __init__(
        self, models: ModelStore, folder: DataFolder, base: Path, *, threads: int | None = None
    ) -> None:
        self._models = models
        self._folder = folder
        self._base = base
        self._paths: dict[int, Path] = {}
        self._engines: OrderedDict[Path, asyncio.Task[Engine]] = OrderedDict()
        self._executor = ThreadPoolExecutor(
            threads or os.cpu_count() or 1, "inference", initializer=give_way
        )

    @property
    def cached(self) -> int:
        """How many models are in memory."""
        return len(self._engines)

    async def warm_up(self) -> None:
        """Load the base model and its compiled kernels, so that the first answer is fast."""
        try:
            await self._generate(self._base, GenerationOptions(max_chars=8, seed=0))
        except CheckpointError as error:
            log.error("%s", _base_sentence(error))

    async def generate(self, guild_id: int, options: GenerationOptions) -> list[str]:
        """Return `options.n` texts.

        Raises:
            UserError: an option is out of range, or the model's file is damaged.
        """
        path = self._paths.get(guild_id)
        if path is None:
            record = await self._models.current(guild_id)
            path = self._folder.absolute(record.path) if record else self._base
            self._paths[guild_id] = path
        try:
            return await self._generate(path, options)
        except CheckpointError as error:
            log.error("model of guild %d: %s", guild_id, error)
            if path == self._base:
                raise UserError(_base_sentence(error)) from None
            raise UserError(
                "This server's model cannot be loaded: an admin can train it again with "
                "`train full #channel`."
            ) from None
        except ValueError as error:
            raise UserError(f"That does not work: {error}.") from None

    async def sample(self, record: ModelRecord, options: GenerationOptions) -> list[str]:
        """Return texts of a version that no server need speak with yet.

        Raises:
            UserError: the version's file is no good.
        """
        try:
            return await self._generate(self._folder.absolute(record.path), options)
        except CheckpointError as error:
            log.error("new model of guild %d: %s", record.guild_id, error)
            raise UserError(
                "The new model's file is damaged, so I keep my former voice: train again."
            ) from None

    def swap(self, record: ModelRecord) -> None:
        """Let a server speak with another version from now on."""
        former = self._paths.get(record.guild_id)
        self._paths[record.guild_id] = self._folder.absolute(record.path)
        if former is not None and former != self._base:
            self._engines.pop(former, None)

    async def close(self) -> None:
        """Wait for the texts under way."""
        await asyncio.to_thread(self._executor.shutdown)

    async def _generate(self, path: Path, options: GenerationOptions) -> list[str]:
        engine = await self._engine(path)
        loop = asyncio.get_running_loop()
        options = guarded(options, engine.checkpoint)
        return await loop.run_in_executor(self._executor, engine.generate, options)

    async def _engine(self, path: Path) -> Engine:
        """Return the engine of a file; those who ask at once share one loading."""
        task = self._engines.get(path)
        if task is None:
            task = asyncio.create_task(self._load(path), name=f"load {path.name}")
            self._engines[path] = task
            while len(self._engines) > CACHED_ENGINES:
                self._engines.popitem(last=False)
        self._engines.move_to_end(path)
        try:
            return await asyncio.shield(task)
        except CheckpointError:
            self._engines.pop(path, None)
            raise

    async def _load(self, path: Path) -> Engine:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: Engine(load_checkpoint(path)))


def guarded(options: GenerationOptions, checkpoint: Checkpoint) -> GenerationOptions:
    """Return options that keep a text from repeating what was said, where the model can tell."""
    if options.novel_run is not None or checkpoint.seen is None:
        return options
    return replace(options, novel_run=max(NOVEL_RUN, checkpoint.seen.run_chars))


def _base_sentence(error: CheckpointError) -> str:
    return (
        f"The base model cannot be used ({error}): whoever runs the bot must restore it or "
        "name another one in BASE_MODEL."
    )
