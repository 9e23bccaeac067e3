"""The bot on Discord: connects, loads the cogs, takes up what waits, and takes its leave."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import discord
from discord.ext import commands

from bot.app.called_commands import prefix_in, understand
from bot.app.languages import CommandTranslator, CommandTree
from bot.app.metrics_listeners import measure
from bot.app.services import Services, Timing
from bot.config import Settings
from bot.discord_api.connection import connection_options
from bot.errors import MALFORMED, NO_CONTENT
from bot.locales.messages import load_catalogs
from bot.operations.doctor.discord_login import invite
from bot.operations.health import health_server
from bot.operations.metrics import Metrics
from bot.runtime.data_folder import DataFolder
from bot.runtime.downloads import client_options
from bot.runtime.process_tuning import freeze_startup_heap
from bot.runtime.sharding import held
from bot.storage.database import Database
from bot.storage.queue import QueueStore
from bot.text.discord_markup import with_prefix
from bot.training.backends import open_trainer
from bot.training.trainer import Trainer

log = logging.getLogger(__name__)

EXTENSIONS = (
    "cogs.errors",
    "cogs.edited",
    "cogs.training",
    "cogs.generation",
    "cogs.models",
    "cogs.guess",
    "cogs.similar",
    "cogs.talk",
    "cogs.settings",
    "cogs.help",
    "cogs.privacy",
    "cogs.about",
)
COMMANDS_FACT = "commands_told_to_discord"


class TypedContext(commands.Context["TextgenBot"]):
    """A command that somebody typed or chose, answered with commands as they type them."""

    async def send(self, content: str | None = None, **more: Any) -> discord.Message:
        """Send an answer; see `bot.text.discord_markup.with_prefix`."""
        if content is not None:
            prefix = await self.bot.services.prefix(self.guild.id if self.guild else None)
            content = with_prefix(content, prefix)
        return await super().send(content, **more)


class TextgenBot(commands.AutoShardedBot):
    """The bot as it stands on Discord. Made by `open_bot`.

    Attributes:
        services: what it is made of.
    """

    def __init__(
        self,
        settings: Settings,
        folder: DataFolder,
        database: Database,
        trainer: Trainer,
        timing: Timing,
        turns: QueueStore,
    ) -> None:
        metrics = Metrics()
        super().__init__(
            **connection_options(
                beginnings=_beginnings,
                message_content=settings.message_content,
                shard_ids=settings.shard_ids,
                shard_count=settings.shard_count,
                guild_ready_s=timing.guild_ready_s,
                http_trace=metrics.trace_requests(),
                http_options=client_options(settings.proxy),
            ),
            tree_cls=CommandTree,
        )
        self._serving = asyncio.Event()
        self.services = Services(
            self,
            settings=settings,
            folder=folder,
            database=database,
            trainer=trainer,
            timing=timing,
            turns=turns,
            metrics=metrics,
        )

    async def get_context(
        self, origin: discord.Message | discord.Interaction, /, *, cls: Any = TypedContext
    ) -> Any:
        """Return what a message or an interaction asks for, which is answered in its language."""
        await self.services.languages.heed(origin)
        ctx = await super().get_context(origin, cls=cls)
        if isinstance(origin, discord.Message):
            understand(ctx)
        return ctx

    async def sweep(self, *, alone: bool) -> None:
        """Remove what a crash left behind, before anything else is done.

        Args:
            alone: whether no other process has the data folder.
        """
        await self.services.pipeline.sweep(alone=alone)

    async def setup_hook(self) -> None:
        """Get everything ready between logging in and connecting."""
        self.add_check(_in_its_place)
        measure(self, self.services.metrics)
        services = self.services
        hearers = (services.edits, services.live_memory, services.live_journal)
        for listener in (one for hearer in hearers for one in hearer.listeners()):
            self.add_listener(listener, listener.__name__)
        await self.services.inference.warm_up()
        await asyncio.to_thread(load_catalogs)
        await self.tree.set_translator(CommandTranslator())
        for extension in EXTENSIONS:
            await self.load_extension(extension)
        freeze_startup_heap()
        await self._tell_commands()

    async def on_ready(self) -> None:
        """Take up what a restart interrupted; happens again after long disconnects."""
        count = len(self.guilds)
        log.info("connected as %s, in %d server%s", self.user, count, "" if count == 1 else "s")
        if not self.guilds and self.application_id is not None:
            log.info("invite me into a server: %s", invite(self.application_id))
        self.services.worker.start()
        self.services.nightly.start()
        self.services.live_journal.start()
        await self.services.departures.start([guild.id for guild in self.guilds])
        self._serving.set()

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Forget a server that has thrown the bot out; one that is merely away is not meant."""
        await self.services.departures.on_removed(guild.id)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Keep what there is of a server that has come back in time."""
        await self.services.departures.on_rejoined(guild.id)

    async def wait_until_serving(self) -> None:
        """Return when the bot answers; it must have been started."""
        await self._serving.wait()

    async def close(self) -> None:
        """Stop the training with its state saved, then disconnect."""
        await self.services.departures.close()
        await self.services.nightly.close()
        await self.services.live_journal.close()
        await self.services.worker.close()
        await super().close()
        await self.services.inference.close()

    async def _tell_commands(self) -> None:
        """Register the slash commands, if they are not those Discord knows already."""
        translator = self.tree.translator
        assert translator is not None
        told = [
            await command.get_translated_payload(self.tree, translator)
            for command in self.tree.get_commands()
        ]
        text = json.dumps([self.application_id, told], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        try:
            if await self.services.facts.get(COMMANDS_FACT) == digest and await self._are_told():
                return
            await self.tree.sync()
        except (discord.DiscordException, aiohttp.ClientError, OSError, *MALFORMED) as error:
            log.error(
                "Discord did not take the slash commands, %s ones work: %r",
                self.services.settings.prefix,
                error,
            )
            return
        await self.services.facts.put(COMMANDS_FACT, digest)

    async def _are_told(self) -> bool:
        """Ask whether Discord still has the commands: another program may have set its own."""
        known = [_shown_of(one.to_dict()) for one in await self.tree.fetch_commands()]
        own = [_shown_of(one.to_dict(self.tree)) for one in self.tree.get_commands()]
        return sorted(known, key=repr) == sorted(own, key=repr)


def _shown_of(command: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what people see of a command or an option, in a form that can be compared.

    Discord leaves out and adds fields that say nothing, so not all are compared.
    """
    return (
        int(command.get("type") or 1),
        command["name"],
        command.get("description") or "",
        bool(command.get("required")),
        [choice["name"] for choice in command.get("choices") or ()],
        [_shown_of(option) for option in command.get("options") or ()],
    )


@asynccontextmanager
async def open_bot(
    settings: Settings, trainer: Trainer | None = None, timing: Timing | None = None
) -> AsyncIterator[TextgenBot]:
    """Yield a bot that can be started, its data folder held for it alone.

    Raises:
        StorageError: the data folder or the database cannot be used.
    """
    folder = DataFolder(Path(settings.data_dir))
    with held(folder, settings.shards) as own:
        database = await Database.open(folder.database, in_use=not own.alone)
        try:
            async with open_trainer(settings, trainer) as opened:
                turns = QueueStore(database, owns=own.owns, is_served=own.is_served)
                bot = TextgenBot(settings, folder, database, opened, timing or Timing(), turns)
                try:
                    await bot.sweep(alone=own.alone)
                    own.begun()
                    yield bot
                finally:
                    await bot.close()
        finally:
            await database.close()


async def serve(settings: Settings, token: str) -> None:
    """Run the bot until it is stopped; without message content where Discord refuses that.

    Raises:
        StorageError: the data folder or the database cannot be used.
        discord.DiscordException: Discord does not let it in.
    """
    try:
        await _serve(settings, token)
    except discord.PrivilegedIntentsRequired:
        if not settings.message_content:
            raise
        log.warning("Discord refused to show what is written. %s", NO_CONTENT)
        limited = settings.model_copy(update={"message_content": False})
        await _serve(limited, token)


async def _serve(settings: Settings, token: str) -> None:
    # Entered as well, so that it can be closed though it was never started.
    async with open_bot(settings) as bot, bot, health_server(bot, settings.health_address):
        await bot.start(token)


async def _beginnings(bot: TextgenBot, message: discord.Message) -> list[str]:
    """Return what stands before a command's name in a message."""
    prefix = await bot.services.prefix(message.guild.id if message.guild else None)
    return [prefix_in(message, prefix, bot.user.id if bot.user else 0)]


def _in_its_place(context: commands.Context[TextgenBot]) -> bool:
    """Let direct messages have what is marked as for anywhere, whatever Discord lets through."""
    command = context.command
    if context.guild is None and command is not None and not command.extras.get("anywhere"):
        raise commands.NoPrivateMessage
    return True
