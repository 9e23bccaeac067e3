"""A server's versions of its model: which one speaks, what they are called, how they go."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bot.errors import UserError
from bot.models.inference import BASE, Inference, no_such_version
from bot.models.model_files import GivenModels, UploadedFile
from bot.models.sealing import Sealing
from bot.runtime.data_folder import DataFolder
from bot.storage.models import ModelStore
from bot.storage.records import ModelRecord
from textgen_core import CheckpointError, GenerationOptions
from textgen_core.model.privacy import for_others

log = logging.getLogger(__name__)

MAX_CHOICES = 25  # that Discord shows while somebody types
NEWEST = frozenset({"latest", "newest", "last"})
MAX_NAMED = MAX_CHOICES
_NAME = re.compile(r"(?!v\d+$)[^\W\d_][\w-]{0,31}", re.IGNORECASE)
_SHORT = GenerationOptions(max_chars=100, seed=1)


class Versions:
    """Changes which versions a server has and which one it speaks with.

    `keep` is how many without a name stay, beside the one in use and its parent.
    """

    def __init__(
        self,
        models: ModelStore,
        folder: DataFolder,
        inference: Inference,
        sealing: Sealing,
        given: GivenModels,
        *,
        keep: int,
    ) -> None:
        self._models = models
        self._folder = folder
        self._inference = inference
        self._sealing = sealing
        self._given = given
        self._keep = keep

    async def find(self, guild_id: int, called: str) -> ModelRecord:
        """Return the version of a number or name, or the newest where that is asked for.

        Raises:
            UserError: there is none.
        """
        wanted = called.strip().lstrip("#").rstrip(".,;:!?")
        record = await self._models.find(guild_id, wanted)
        if record is None and wanted.casefold() in NEWEST:
            record = next(iter(await self._models.versions(guild_id)), None)
        if record is None:
            raise no_such_version(called)
        return record

    async def named_or_live(self, guild_id: int, called: str) -> ModelRecord:
        """Return the version of a number or name, or of none the one a server speaks with.

        Raises:
            UserError: there is none, or it is the base model.
        """
        return await (self.find(guild_id, called) if called else self.live(guild_id))

    async def live(self, guild_id: int) -> ModelRecord:
        """Return the version that a server speaks with.

        Raises:
            UserError: it is the base model.
        """
        record = await self._models.current(guild_id)
        if record is None:
            raise UserError(
                "There is no version here yet; I talk with the base model. `!train #channel` makes "
                "the first."
            )
        return record

    async def offered(
        self, guild_id: int | None, typed: str, *, with_base: bool = False
    ) -> list[tuple[str, str]]:
        """Return what to show and what to fill in of versions that fit what is typed."""
        records = [] if guild_id is None else await self._models.versions(guild_id)
        found = [(record.label, record.name or str(record.version)) for record in records]
        if with_base:
            found.append((BASE, BASE))
        fitting = [choice for choice in found if typed.casefold() in choice[0].casefold()]
        return fitting[:MAX_CHOICES]

    async def use(self, guild_id: int, called: str) -> ModelRecord | None:
        """Let a server speak with a version; return it, None for the base model.

        Raises:
            UserError: there is none, or its file is damaged.
        """
        is_base = called.strip().casefold() == BASE
        record = None if is_base else await self.find(guild_id, called)
        await self._make_live(guild_id, record)
        return record

    async def rollback(self, guild_id: int) -> ModelRecord | None:
        """Let a server speak with the parent of its version; return it, None for the base model.

        Raises:
            UserError: there is nothing to go back to, or the parent's file is damaged.
        """
        live = await self.live(guild_id)
        parent = None if live.parent_id is None else await self._models.get(live.parent_id)
        await self._make_live(guild_id, parent)
        return parent

    async def rename(self, guild_id: int, called: str, name: str) -> ModelRecord:
        """Give a version a name, or take it away where `name` is empty; return it as it was.

        Raises:
            UserError: there is no such version, or the name is taken or not allowed.
        """
        record = await self.find(guild_id, called)
        await self._models.rename(record, await self._checked_name(guild_id, name, record))
        return record

    async def deletable(self, guild_id: int, called: str) -> ModelRecord:
        """Return the version of a number or name, which its server does not speak with.

        Raises:
            UserError: there is none, or the server speaks with it.
        """
        record = await self.find(guild_id, called)
        if record == await self._models.current(guild_id):
            raise _in_use(record)
        return record

    async def delete(self, record: ModelRecord) -> None:
        """Delete a version.

        Raises:
            UserError: its server speaks with it by now.
        """
        if not await self.remove(record):
            raise _in_use(record)

    async def read(self, record: ModelRecord, max_bytes: int) -> bytes:
        """Return what a version's file holds, but for what would give away what was said.

        Raises:
            UserError: it is larger than `max_bytes`, damaged or gone.
        """
        path = self._folder.absolute(record.path)
        try:
            size = (await asyncio.to_thread(path.stat)).st_size
            if size > max_bytes:
                raise UserError(
                    "Version {label} is too large to send ({size:.1f} MiB; Discord takes "
                    "{most:.0f} MiB here). Whoever runs the bot finds it in "
                    "DATA_DIR at {path}.",
                    label=record.label,
                    size=size / 2**20,
                    most=max_bytes / 2**20,
                    path=record.path,
                )
            return await asyncio.to_thread(lambda: for_others(path.read_bytes()))
        except FileNotFoundError:
            log.error("the file %s is gone", record.path)
            raise UserError("The file of version {label} is gone.", label=record.label) from None
        except CheckpointError as error:
            log.error("the file %s is damaged: %s", record.path, error)
            raise UserError("The file of version {label} is damaged.", label=record.label) from None

    async def take_in(
        self, guild_id: int, files: Sequence[UploadedFile], name: str
    ) -> tuple[ModelRecord, list[str]]:
        """Make a version of files; return it with a text of it. It is not spoken with yet.

        Raises:
            UserError: the files are no model, or the name is taken or not allowed.
        """
        checked = await self._checked_name(guild_id, name, None)
        async with self._given.checked(guild_id, files) as file:
            origin = await self._origin_of(guild_id, file)
            await asyncio.to_thread(self._sealing.seal_given, file)
            record = await self._models.add(
                guild_id=guild_id,
                name=checked,
                path_of=lambda version: self._folder.model_path(guild_id, version),
            )
            texts = await self._taken_in(record, file, origin)
        await self.prune(guild_id)
        return record, texts

    async def _taken_in(
        self, record: ModelRecord, file: Path, origin: ModelRecord | None
    ) -> list[str]:
        """Let a file be a version's; return texts of it."""
        try:
            await asyncio.to_thread(self._folder.take_model, file, record.path)
            await self._models.inherit(record, origin)
            texts = await self._inference.sample(record, _SHORT)
            await self._models.publish(record, None, live=False)
        except BaseException:
            await asyncio.shield(self.remove(record))
            raise
        return texts

    async def _origin_of(self, guild_id: int, file: Path) -> ModelRecord | None:
        """Return the version of a server that a file was exported from; None if of none.

        Exports lack what gives away what was said, so both are compared without it. A file
        that was changed in any other way is nobody's, and counts as knowing the worst.
        """
        digest = await asyncio.to_thread(_digest_for_others, file)
        for record in await self._models.versions(guild_id):
            path = self._folder.absolute(record.path)
            with suppress(FileNotFoundError):
                if digest and await asyncio.to_thread(_digest_for_others, path) == digest:
                    return record
        return None

    async def remove(self, record: ModelRecord) -> bool:
        """Forget a version and its file; False when its server speaks with it.

        A crash in between leaves a file that `sweep` removes.
        """
        if not await self._models.drop(record):
            return False
        path = self._folder.absolute(record.path)
        await asyncio.to_thread(path.unlink, missing_ok=True)
        if record.train_job_id is not None:
            await asyncio.to_thread(self._folder.forget_curve, record.train_job_id)
        return True

    async def prune(self, guild_id: int) -> None:
        """Remove old versions; never one with a name, the one in use or its parent."""
        for old in await self._models.superfluous(guild_id, self._keep):
            await self.remove(old)

    async def sweep(self) -> None:
        """Remove what a crash left behind."""
        await self._models.drop_unfinished_imports()
        paths = await self._models.paths()
        await asyncio.to_thread(self._folder.forget_models_except, paths)
        files = [self._folder.absolute(path) for path in paths]
        sealed = await asyncio.to_thread(self._sealing.seal_files, files)
        if sealed:
            log.info("%d models of a former version of this program are sealed now", sealed)

    async def _make_live(self, guild_id: int, record: ModelRecord | None) -> None:
        """Load a version, and only then let the server speak with it."""
        if record is None:
            async with self._inference.changing:
                await self._models.use(guild_id, None)
                self._inference.swap_to_base(guild_id)
            return
        await self._inference.sample(record, GenerationOptions(max_chars=1, seed=1))
        async with self._inference.changing:
            await self._models.use(guild_id, record)
            self._inference.swap(record)

    async def _checked_name(
        self, guild_id: int, name: str, record: ModelRecord | None
    ) -> str | None:
        name = name.strip()
        if not name:
            return None
        if not _NAME.fullmatch(name) or name.casefold() == BASE:
            raise UserError(
                "“{name:.40}” can't be a name. A name is 1 to 32 letters, digits, - and "
                "_, starts with a letter, and isn't `{base}`.",
                name=name,
                base=BASE,
            )
        others = [other for other in await self._models.versions(guild_id) if other.name]
        if len(others) >= MAX_NAMED and (record is None or record.name is None):
            raise UserError(
                "{most} versions have a name here, which is the limit. Take one "
                "away with `!model rename`, or delete one.",
                most=MAX_NAMED,
            )
        return name


def _digest_for_others(path: Path) -> str | None:
    """Return the SHA-256 of a model as it is exported; None where it is no model."""
    try:
        return hashlib.sha256(for_others(path.read_bytes())).hexdigest()
    except CheckpointError:
        return None


def _in_use(record: ModelRecord) -> UserError:
    return UserError(
        "I'm using version {label}. Switch to another one with `!model use` first.",
        label=record.label,
    )
