"""The bot on Discord: connects, loads the cogs, takes up what waits, and takes its leave."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import discord
from discord.ext import commands

from bot.app.metrics_listeners import measure
from bot.app.services import Services
from bot.app.timing import Timing
from bot.config import Settings
from bot.errors import MALFORMED, NO_CONTENT
from bot.operations.doctor.discord_login import invite
from bot.operations.health import health_server
from bot.runtime.data_folder import DataFolder
from bot.runtime.process_tuning import freeze_startup_heap
from bot.runtime.sharding import held
from bot.storage.database import Database
from bot.storage.queue import QueueStore
from bot.text.discord_markup import with_prefix
from bot.text.formatting import counted
from bot.training.backends import open_trainer
from bot.training.trainer import Trainer

log = logging.getLogger(__name__)

EXTENSIONS = (
    "cogs.errors",
    "cogs.edited",
    "cogs.training",
    "cogs.generation",
    "cogs.mix",
    "cogs.models",
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
            prefix = await self.bot.prefix(self.guild.id if self.guild else None)
            content = with_prefix(content, prefix)
        return await super().send(content, **more)


class TextgenBot(Services):
    """The bot as it stands on Discord. Made by `open_bot`."""

    async def get_context(
        self, origin: discord.Message | discord.Interaction, /, *, cls: Any = TypedContext
    ) -> Any:
        """Return what a message or an interaction asks for."""
        return await super().get_context(origin, cls=cls)

    async def sweep(self, *, alone: bool) -> None:
        """Remove what a crash left behind, before anything else is done.

        Args:
            alone: whether no other process has the data folder.
        """
        await self._training_run.sweep(alone=alone)

    async def setup_hook(self) -> None:
        """Get everything ready between logging in and connecting."""
        self.add_check(_in_its_place)
        measure(self, self.metrics)
        for listener in self._collector.changes.listeners():
            self.add_listener(listener, listener.__name__)
        await self.inference.warm_up()
        for extension in EXTENSIONS:
            await self.load_extension(extension)
        freeze_startup_heap()
        await self._tell_commands()

    async def on_ready(self) -> None:
        """Take up what a restart interrupted; happens again after long disconnects."""
        log.info("connected as %s, in %s", self.user, counted(len(self.guilds), "server"))
        if not self.guilds and self.application_id is not None:
            log.info("invite me into a server: %s", invite(self.application_id))
        self.worker.start()
        await self._departures.start([guild.id for guild in self.guilds])
        self._serving.set()

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Forget a server that has thrown the bot out; one that is merely away is not meant."""
        await self._departures.on_removed(guild.id)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Keep what there is of a server that has come back in time."""
        await self._departures.on_rejoined(guild.id)

    async def wait_until_serving(self) -> None:
        """Return when the bot answers; it must have been started."""
        await self._serving.wait()

    async def close(self) -> None:
        """Stop the training with its state saved, then disconnect."""
        await self._departures.close()
        await self.worker.close()
        await super().close()
        await self.inference.close()

    async def _tell_commands(self) -> None:
        """Register the slash commands, if they are not those Discord knows already."""
        told = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        text = json.dumps([self.application_id, told], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        try:
            if await self._facts.get(COMMANDS_FACT) == digest and await self._are_told():
                return
            await self.tree.sync()
        except (discord.DiscordException, aiohttp.ClientError, OSError, *MALFORMED) as error:
            log.error(
                "Discord did not take the slash commands, %s ones work: %r",
                self.settings.prefix,
                error,
            )
            return
        await self._facts.put(COMMANDS_FACT, digest)

    async def _are_told(self) -> bool:
        """Ask whether Discord still has the commands: another program may have set its own."""
        known = {(one.type.value, one.name) for one in await self.tree.fetch_commands()}
        own = {
            (command["type"], command["name"])
            for command in (one.to_dict(self.tree) for one in self.tree.get_commands())
        }
        return known == own


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


def _in_its_place(context: commands.Context[TextgenBot]) -> bool:
    """Let direct messages have what is marked as for anywhere, whatever Discord lets through."""
    command = context.command
    if context.guild is None and command is not None and not command.extras.get("anywhere"):
        raise commands.NoPrivateMessage
    return True
