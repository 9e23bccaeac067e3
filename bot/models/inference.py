"""Servers' models in memory, and text from them."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bot.errors import UserError
from bot.models.engine_cache import ModelCache
from bot.models.texts import best_of, generate_texts
from bot.runtime.data_folder import DataFolder
from bot.runtime.process_tuning import lower_thread_priority
from bot.storage.models import ModelStore
from bot.storage.records import ModelRecord
from bot.text.discord_markup import cut, defuse_mentions
from textgen_core import CheckpointError, Engine, GenerationOptions
from textgen_core.generation.counted_speech import CountedSpeech
from textgen_core.model.quantization import FloatArray
from textgen_core.text.tokenizer import Tokenizer

log = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")

BASE = "base"  # what people call the model that came with the bot
LOAD_DEADLINE_S = 60.0  # of a new version; the largest that is taken needs some 4 s
LATELY = 30  # texts of a server that the next ones shall not be alike


@dataclass(frozen=True, slots=True)
class Chosen:
    """A model that somebody named; number 0 and no id are the base model's."""

    number: int
    model_id: int | None
    path: Path


class Inference:
    """Writes text in a server's voice, or the base model's until it has one.

    An engine never changes: a new version is a new object, and requests under
    way finish with the one they began with.
    """

    def __init__(
        self,
        models: ModelStore,
        folder: DataFolder,
        base: Path,
        cache: ModelCache,
        *,
        threads: int | None = None,
        load_deadline_s: float = LOAD_DEADLINE_S,
    ) -> None:
        self._models = models
        self._folder = folder
        self._base = base
        self.changing = asyncio.Lock()  # held while a server's voice changes, here and in SQLite
        self._paths: dict[int, Path] = {}
        self._lately: defaultdict[int, deque[str]] = defaultdict(lambda: deque(maxlen=LATELY))
        self._cache = cache
        threads = threads or os.cpu_count() or 1
        # Its thread loads what a text needs and writes it: who waits for one holds no
        # model meanwhile, as thousands would take gigabytes.
        self._executor = ThreadPoolExecutor(threads, "inference", initializer=lower_thread_priority)
        # Apart from the others, so that a version on its way in keeps no text waiting.
        self._sideline = _sideline()
        self._sideline_turn = asyncio.Lock()
        self._load_deadline_s = load_deadline_s

    async def warm_up(self) -> None:
        """Load the base model and its compiled kernels, so that the first answer is fast."""
        try:
            await self.run_in_executor(self._warm_up)
        except CheckpointError as error:
            log.error("%s", _unusable_base(error))

    async def generate(
        self,
        guild_id: int,
        options: GenerationOptions,
        model: str = "",
        mixed_with: str = "",
        *,
        chooses: bool = False,
        heard: Sequence[str] = (),
        counted: CountedSpeech | None = None,
    ) -> list[str]:
        """Return `options.n` texts.

        Args:
            guild_id: the server that asks.
            options: how to write.
            model: the number or name of one of its versions, or "base" or "0"; empty for the
                one it speaks with.
            mixed_with: another one, which takes turns with it at each word; empty for none.
            chooses: whether each is to be the best of several drafts, if the model can tell.
            heard: what was just said where they are to be read.
            counted: what several people said lately where it may be told there.

        Raises:
            UserError: an option is out of range, there is no such version, or the
                model's file is damaged.
        """
        current = await self._path(guild_id)
        named = await self._named(guild_id, model)
        other = await self._named(guild_id, mixed_with)

        def write() -> list[str]:
            engines = [self._loaded(guild_id, named or self._now(guild_id, current))]
            if other:
                engines.append(self._loaded(guild_id, other))
            known = lately if chooses else None
            return generate_texts(engines, options, lately=known, heard=heard, counted=counted)

        lately = list(self._lately[guild_id]) if guild_id in self._lately else []
        try:
            texts = await self.run_in_executor(write)
        except ValueError as error:
            raise UserError("I can't do that: {reason}.", reason=f"{error}") from None
        if chooses:
            self._lately[guild_id].extend(texts)
        return texts

    def base_vocabulary(self) -> Tokenizer:
        """Return how the base model spells, and all versions that began from it; for threads.

        Raises:
            CheckpointError: its file is damaged.
        """
        return self._cache.engine(self._base).vocabulary

    async def vectors(self, guild_id: int, texts: Sequence[str]) -> FloatArray:
        """Return texts as the model sees them that a server speaks with, (N, F).

        Raises:
            UserError: the model's file is damaged.
        """
        current = await self._path(guild_id)
        return await self.run_in_executor(
            lambda: self._loaded(guild_id, self._now(guild_id, current)).vectors(texts)
        )

    async def run_in_executor(self, work: Callable[[], ResultT]) -> ResultT:
        """Return the result of arithmetic that would keep the event loop from its turn."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def resolve(self, guild_id: int, called: str) -> Chosen:
        """Return the version of a number or name, or the base model of "base" or "0".

        Raises:
            UserError: there is no such version.
        """
        if called.casefold() in (BASE, "0"):
            return Chosen(0, None, self._base)
        record = await self._models.find(guild_id, called)
        if record is None:
            raise no_such_version(called)
        return Chosen(record.version, record.model_id, self._folder.absolute(record.path))

    async def record(self, guild_id: int, called: str) -> ModelRecord | None:
        """Return the version of a number or name, or the one in use; None for the base model."""
        if called.casefold() in (BASE, "0"):
            return None
        if called:
            return await self._models.find(guild_id, called)
        return await self._models.current(guild_id)

    async def sample(self, record: ModelRecord, options: GenerationOptions) -> list[str]:
        """Return the best texts of a version that no server need speak with yet.

        They are written while no others are waited for.

        Raises:
            UserError: the version's file is no good.
        """
        path = self._folder.absolute(record.path)
        try:
            return await self._aside(lambda: best_of(self._cache.engine(path), options))
        except TimeoutError:
            log.error("version %d of guild %d: not loaded in time", record.version, record.guild_id)
            raise UserError(
                "Version {label} takes longer than {seconds:g} s to load, so I'm "
                "keeping the version I had.",
                label=record.label,
                seconds=self._load_deadline_s,
            ) from None
        except CheckpointError as error:
            log.error("version %d of guild %d: %s", record.version, record.guild_id, error)
            raise UserError(
                "The file of version {label} is damaged, so I'm keeping the version I had.",
                label=record.label,
            ) from None

    async def _aside(self, work: Callable[[], ResultT]) -> ResultT:
        """Do work in a thread apart, one at a time; what takes too long keeps its thread.

        The next has another one, so that it waits for no longer than the deadline.

        Raises:
            TimeoutError: it takes too long.
        """
        async with self._sideline_turn:
            doing = asyncio.get_running_loop().run_in_executor(self._sideline, work)
            done, _ = await asyncio.wait({doing}, timeout=self._load_deadline_s)
            if not done:
                doing.add_done_callback(_pass_over)
                self._sideline.shutdown(wait=False)
                self._sideline = _sideline()
                raise TimeoutError
        return doing.result()

    def swap(self, record: ModelRecord) -> None:
        """Let a server speak with another version from now on; `sample` has loaded it."""
        self._swap(record.guild_id, self._folder.absolute(record.path))

    def swap_to_base(self, guild_id: int) -> None:
        """Let a server speak with the base model from now on."""
        self._swap(guild_id, self._base)

    def forget(self, guild_id: int) -> None:
        """Let go of a server's versions."""
        self._paths.pop(guild_id, None)
        self._lately.pop(guild_id, None)
        self._cache.drop_folder(self._folder.models(guild_id))

    async def close(self) -> None:
        """Wait for the texts under way."""
        await asyncio.to_thread(self._executor.shutdown)
        await asyncio.to_thread(self._sideline.shutdown)

    def _swap(self, guild_id: int, path: Path) -> None:
        former = self._paths.get(guild_id)
        self._paths[guild_id] = path
        if former is not None and former not in (path, self._base):
            self._cache.drop(former)

    async def _path(self, guild_id: int) -> Path:
        """Return the file of the version that a server speaks with, known once it was asked for."""
        if guild_id not in self._paths:
            record = await self._models.current(guild_id)
            path = self._folder.absolute(record.path) if record else self._base
            self._paths.setdefault(guild_id, path)
        return self._paths[guild_id]

    async def _named(self, guild_id: int, called: str) -> Path | None:
        """Return the file of a version that somebody named, None where nobody did."""
        return (await self.resolve(guild_id, called)).path if called else None

    def _now(self, guild_id: int, before: Path) -> Path:
        """Return the version in use when a text's turn comes; it may have been swapped since."""
        return self._paths.get(guild_id, before)

    def _warm_up(self) -> None:
        engine = self._cache.engine(self._base)
        engine.generate(GenerationOptions(max_chars=8, seed=0))
        engine.vectors(["a"])

    def _loaded(self, guild_id: int, path: Path) -> Engine:
        """Return the engine of a server's version.

        Raises:
            UserError: its file is damaged.
        """
        try:
            return self._cache.engine(path)
        except CheckpointError as error:
            log.error("model of guild %d: %s", guild_id, error)
            if path == self._base:
                raise _unusable_base(error) from None
            raise UserError(
                "I can't load this server's model. An admin can train it again with `!train full "
                "#channel`, or switch to another version with `!model use`."
            ) from None


def _sideline() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "sideline", initializer=lower_thread_priority)


def _pass_over(done: asyncio.Future[Any]) -> None:
    """Look at how work ended that nobody waits for any more."""
    if not done.cancelled() and (error := done.exception()) is not None:
        log.warning("a version that took too long to load failed: %s", type(error).__name__)


def no_such_version(called: str) -> UserError:
    """Return the refusal of a version that a server does not have."""
    return UserError(
        "This server has no version “{called}”. `!model list` shows which there are.",
        called=cut(defuse_mentions(called), 40),
    )


def _unusable_base(error: CheckpointError) -> UserError:
    return UserError(
        "I can't use the base model ({reason}). Whoever runs the bot has to restore it, or name "
        "another one in BASE_MODEL.",
        reason=str(error),
    )
