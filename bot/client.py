"""The Discord client: connects, loads the cogs, and answers for their errors."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.data_folder import DataFolder
from bot.discord_text import cut, defused
from bot.errors import UserError
from bot.failures import APOLOGY, disk_is_full, failure_sentence
from bot.history import RETRY_DELAYS_S, HistoryCollector
from bot.inference import Inference
from bot.promptness import settle
from bot.report import EDIT_INTERVAL_S
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.facts import FactStore
from bot.storage.jobs import JobStore
from bot.storage.models import ModelStore
from bot.storage.records import TrainJob
from bot.trainer import LocalTrainer, Trainer
from bot.training_run import TrainingRun
from bot.worker import TrainWorker
from textgen_core.weights import base_weights_path

log = logging.getLogger(__name__)

EXTENSIONS = ("cogs.training", "cogs.generation", "cogs.about")
_WRAPPERS = (
    commands.HybridCommandError,
    commands.CommandInvokeError,
    app_commands.CommandInvokeError,
)
_DISCORD_IS_AWAY = (aiohttp.ClientError, discord.DiscordServerError, discord.NotFound)
COMMANDS_FACT = "commands_told_to_discord"


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the bot waits for what; shorter where Discord is a loopback."""

    guild_ready_s: float = 2.0
    edit_interval_s: float = EDIT_INTERVAL_S
    history_retries_s: tuple[float, ...] = RETRY_DELAYS_S


TIMING = Timing()


class DiscordReports:
    """Shows jobs' progress in ordinary messages; interactions would expire too soon."""

    def __init__(self, client: discord.Client, jobs: JobStore) -> None:
        self._client = client
        self._jobs = jobs
        self._shown: dict[int, _Shown] = {}

    async def show(self, job: TrainJob, text: str) -> None:
        """See `bot.report.Reports.show`."""
        shown = self._shown.setdefault(job.train_job_id, _Shown(job.report_message_id))
        async with shown.turn:
            try:
                await self._send_or_edit(job, shown, text)
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                log.warning("progress of job %d is not shown: %s", job.train_job_id, error)

    async def _send_or_edit(self, job: TrainJob, shown: _Shown, text: str) -> None:
        channel = self._client.get_partial_messageable(job.report_channel_id)
        if shown.message_id is not None:
            try:
                await channel.get_partial_message(shown.message_id).edit(
                    content=text, allowed_mentions=discord.AllowedMentions.none()
                )
            except discord.NotFound:
                shown.message_id = None  # somebody deleted it
            else:
                return
        message = await channel.send(text, allowed_mentions=discord.AllowedMentions.none())
        shown.message_id = message.id
        await self._jobs.set_report(job.train_job_id, message.id)


@dataclass(slots=True)
class _Shown:
    message_id: int | None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class CommandTree(app_commands.CommandTree["TextgenBot"]):
    """Answers errors of slash commands that no cog has caught."""

    async def on_error(
        self, interaction: discord.Interaction[TextgenBot], error: app_commands.AppCommandError, /
    ) -> None:
        """Tell the person who asked, in one sentence."""
        sentence = sentence_for(error)
        if sentence is None:
            return
        try:
            if interaction.response.is_done():
                await interaction.followup.send(sentence, ephemeral=True)
            else:
                await interaction.response.send_message(sentence, ephemeral=True)
        except discord.HTTPException as failure:
            log.warning("an error could not be told: %s", failure)


class TextgenBot(commands.AutoShardedBot):
    """The bot as it stands on Discord. Made by `open_bot`."""

    def __init__(
        self,
        settings: Settings,
        folder: DataFolder,
        database: Database,
        trainer: Trainer,
        timing: Timing,
    ) -> None:
        intents = discord.Intents(
            guilds=True, guild_messages=True, message_content=True, expressions=True
        )
        super().__init__(
            commands.when_mentioned_or(settings.prefix),
            tree_cls=CommandTree,
            help_command=None,
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=timing.guild_ready_s,
        )
        self.settings = settings
        self._serving = asyncio.Event()
        self._facts = FactStore(database)
        jobs = JobStore(database)
        self.models = models = ModelStore(database)
        base = settings.base_model or base_weights_path()
        self.inference = Inference(models, folder, base)
        self.worker = TrainWorker(
            jobs,
            TrainingRun(
                jobs=jobs,
                models=models,
                folder=folder,
                collector=HistoryCollector(
                    self,
                    folder,
                    jobs,
                    prefix=settings.prefix,
                    retry_delays_s=timing.history_retries_s,
                ),
                trainer=trainer,
                inference=self.inference,
                base=base,
                budget_s=settings.train_budget_s,
            ),
            DiscordReports(self, jobs),
            edit_interval_s=timing.edit_interval_s,
        )

    async def setup_hook(self) -> None:
        """Get everything ready between logging in and connecting."""
        await self.inference.warm_up()
        for extension in EXTENSIONS:
            await self.load_extension(extension)
        settle()
        await self._tell_commands()

    async def on_ready(self) -> None:
        """Take up what a restart interrupted; happens again after long disconnects."""
        log.info("connected as %s, in %d servers", self.user, len(self.guilds))
        self.worker.start()
        self._serving.set()

    async def wait_until_serving(self) -> None:
        """Return when the bot answers; it must have been started."""
        await self._serving.wait()

    async def close(self) -> None:
        """Stop the training with its state saved, then disconnect."""
        await self.worker.close()
        await super().close()
        await self.inference.close()

    async def on_command_error(  # type: ignore[override]
        self, context: commands.Context[TextgenBot], error: commands.CommandError, /
    ) -> None:
        """Tell the person who asked, in one sentence; unknown commands are met with silence."""
        sentence = sentence_for(error)
        if sentence is None:
            return
        try:
            await context.send(sentence, ephemeral=True)
        except discord.HTTPException as failure:
            log.warning("an error could not be told: %s", failure)

    async def _tell_commands(self) -> None:
        """Register the slash commands, if they are not those Discord knows already."""
        told = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        text = json.dumps([self.application_id, told], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()
        if await self._facts.get(COMMANDS_FACT) == digest:
            return
        try:
            await self.tree.sync()
        except (discord.HTTPException, app_commands.AppCommandError) as error:
            log.error(
                "Discord did not take the slash commands, %s ones work: %s",
                self.settings.prefix,
                error,
            )
            return
        await self._facts.put(COMMANDS_FACT, digest)


@asynccontextmanager
async def open_bot(
    settings: Settings, trainer: Trainer | None = None, timing: Timing = TIMING
) -> AsyncIterator[TextgenBot]:
    """Yield a bot that can be started, its data folder held for it alone.

    Raises:
        StorageError: the data folder or the database cannot be used.
    """
    folder = DataFolder(Path(settings.data_dir))
    with folder.locked():
        database = await Database.open(folder.database)
        try:
            bot = TextgenBot(settings, folder, database, trainer or LocalTrainer(), timing)
            try:
                yield bot
            finally:
                await bot.close()
        finally:
            await database.close()


def sentence_for(error: Exception) -> str | None:
    """Return what to answer to a failed command; None where silence is better."""
    while isinstance(error, _WRAPPERS):
        error = error.original
    if isinstance(error, commands.CommandNotFound):
        return None
    if isinstance(error, _DISCORD_IS_AWAY):
        log.warning("an answer did not reach Discord: %s", error)
        return None
    sentence = _refusal(error)
    if sentence is None:
        log.error("a command failed", exc_info=error)
        sentence = failure_sentence(error) if disk_is_full(error) else APOLOGY
    return cut(sentence)


def _refusal(error: Exception) -> str | None:
    """Return the sentence for an error that is the person's to mend, None for ours."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, commands.MissingPermissions | app_commands.MissingPermissions):
        return f"You need {_named(error.missing_permissions)} in this server for that."
    if isinstance(error, commands.BotMissingPermissions | app_commands.BotMissingPermissions):
        return f"I need {_named(error.missing_permissions)} here: an admin can give it to me."
    if isinstance(error, commands.NoPrivateMessage | app_commands.NoPrivateMessage):
        return "That works only in a server."
    if isinstance(error, commands.BadUnionArgument):
        return "I can find no such channel in this server: name it like #general."
    if isinstance(error, commands.MissingRequiredArgument):
        return f"Please name a {error.param.name}: `help` shows how."
    if isinstance(error, commands.UserInputError):
        return f"I did not understand that ({defused(str(error))}): `help` shows how."
    if isinstance(error, app_commands.CommandNotFound | app_commands.TransformerError):
        return "I did not understand that; Discord may know an older form of the command."
    if isinstance(error, discord.Forbidden):
        return "Discord does not let me do that here: I lack a permission."
    return None


def _named(permissions: list[str]) -> str:
    names = [name.replace("_", " ").replace("guild", "server").title() for name in permissions]
    return "the permission " + " and ".join(names)
