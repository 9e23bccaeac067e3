"""The Discord client: connects, loads the cogs, and answers for their errors."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.clock import Clock, SystemClock
from bot.cooldowns import Cooldowns
from bot.data_folder import DataFolder
from bot.departures import Departures
from bot.discord_audience import is_within
from bot.discord_pages import RETRY_DELAYS_S, DiscordPages
from bot.discord_reports import DiscordReports
from bot.drawing import MAP, Drawing
from bot.forgetting import Forgetting
from bot.health import health_server
from bot.history import HistoryCollector
from bot.inference import Inference
from bot.last_words import TELL_AGAIN_S, LastWords
from bot.learning_rules import LearningRules
from bot.measuring import measure, on_finish
from bot.member_privacy import MemberPrivacy
from bot.metrics import Metrics
from bot.model_cache import ModelCache
from bot.promptness import settle
from bot.recent import RecentMessages
from bot.report import EDIT_INTERVAL_S
from bot.seeing import Seeing
from bot.settings import Settings
from bot.settings_text import NO_CONTENT
from bot.shards import held
from bot.storage.database import Database
from bot.storage.departures import DepartureStore
from bot.storage.facts import FactStore
from bot.storage.jobs import JobStore
from bot.storage.learned import LearnedStore
from bot.storage.models import ModelStore
from bot.storage.outcomes import OutcomeStore
from bot.storage.privacy import PrivacyStore
from bot.storage.servers import ServerStore
from bot.storage.staleness import StalenessStore
from bot.storage.turns import Limits, TurnStore
from bot.storage.voices import VoiceStore
from bot.trainer import Trainer
from bot.training_places import open_trainer
from bot.training_run import TrainingRun
from bot.versions import Versions
from bot.voice import Voice
from bot.worker import POLL_S, RETRY_S, TrainWorker
from textgen_core.weights import base_weights_path

log = logging.getLogger(__name__)

EXTENSIONS = (
    "cogs.errors",
    "cogs.training",
    "cogs.generation",
    "cogs.mixing",
    "cogs.models",
    "cogs.seeing",
    "cogs.talk",
    "cogs.settings",
    "cogs.help",
    "cogs.privacy",
    "cogs.about",
)
RETRY_SOON_S = (0.5,)  # where somebody waits for the answer
COMMANDS_FACT = "commands_told_to_discord"


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the bot waits for what; shorter where Discord is a loopback."""

    guild_ready_s: float = 2.0
    edit_interval_s: float = EDIT_INTERVAL_S
    history_retries_s: tuple[float, ...] = RETRY_DELAYS_S
    poll_s: float = POLL_S
    tell_again_s: tuple[float, ...] = TELL_AGAIN_S
    retry_s: float = RETRY_S
    clock: Clock = field(default_factory=SystemClock)


TIMING = Timing()


def intents_of(settings: Settings) -> discord.Intents:
    """Return what the bot asks Discord to tell it of."""
    return discord.Intents(
        guilds=True,
        guild_messages=True,
        expressions=True,
        message_content=settings.message_content,
    )


class TextgenBot(commands.AutoShardedBot):
    """The bot as it stands on Discord. Made by `open_bot`."""

    def __init__(
        self,
        settings: Settings,
        folder: DataFolder,
        database: Database,
        trainer: Trainer,
        timing: Timing,
        turns: TurnStore,
    ) -> None:
        metrics = Metrics()
        own_shards: dict[str, Any] = {}  # discord.py knows no None for it
        if settings.shard_ids is not None:
            own_shards["shard_ids"] = [*settings.shard_ids]
        super().__init__(
            _prefixes,
            help_command=None,
            intents=intents_of(settings),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=timing.guild_ready_s,
            shard_count=settings.shard_count,
            **own_shards,
            http_trace=metrics.trace_requests(),
        )
        self.add_check(_in_its_place)
        self.metrics = metrics
        measure(self, metrics)
        self.settings = settings
        self._serving = asyncio.Event()
        self._facts = FactStore(database)
        self.jobs = jobs = JobStore(database)
        self.outcomes = OutcomeStore(database, jobs)
        self.models = models = ModelStore(database)
        self.learned = LearnedStore(database)
        base = settings.base_model or base_weights_path()
        self.model_cache = ModelCache(settings.model_cache_mb * 1024 * 1024)
        self.inference = Inference(models, folder, base, self.model_cache)
        self.clock = timing.clock
        self.servers = ServerStore(database)
        privacy, voices = PrivacyStore(database), VoiceStore(database)
        self.voice = Voice(self.inference, self.servers, voices, self._is_nsfw, self._is_within)
        self.awaiting_consent: dict[int, Callable[[], Awaitable[None]]] = {}
        self.cooldowns = Cooldowns(
            timing.clock,
            member_per_minute=settings.member_per_minute,
            server_per_minute=settings.server_per_minute,
        )
        self.folder = folder
        self.staleness = StalenessStore(database)
        collector = HistoryCollector(
            self,
            folder,
            jobs,
            prefix_of=self.prefix,
            rules=LearningRules(self.servers, privacy, voices),
            retry_delays_s=timing.history_retries_s,
        )
        recent = RecentMessages(
            DiscordPages(self, RETRY_SOON_S, again="ask again"),
            self.servers,
            collector.learnable_in,
            sees_content=settings.message_content,
        )
        self.seeing = Seeing(recent, self.inference, self.voice, Drawing(folder.cache, command=MAP))
        for listener in collector.changes.listeners():
            self.add_listener(listener, listener.__name__)
        self.versions = Versions(models, folder, self.inference, keep=settings.keep_versions)
        self._training_run = TrainingRun(
            jobs=jobs,
            outcomes=self.outcomes,
            models=models,
            folder=folder,
            collector=collector,
            trainer=trainer,
            inference=self.inference,
            versions=self.versions,
            privacy=privacy,
            voices=voices,
            base=base,
            budget_s=settings.train_budget_s,
        )
        self.reports = DiscordReports(self, jobs, self.servers, self.voice)
        self.worker = TrainWorker(
            jobs,
            turns,
            self._training_run,
            self.reports,
            LastWords(
                self.outcomes,
                models,
                folder,
                self.reports,
                Drawing(folder.cache),
                tell_again_s=timing.tell_again_s,
            ),
            slots=lambda: _slots(settings.train_slots, trainer.room()),
            limits=Limits(waiting=settings.train_max_waiting, a_day=settings.train_max_a_day),
            edit_interval_s=timing.edit_interval_s,
            poll_s=timing.poll_s,
            on_finish=on_finish(metrics),
            retry_s=timing.retry_s,
        )
        forgetting = Forgetting(
            database, folder, self.worker, self.inference, self.servers, privacy
        )
        self._departures = Departures(
            DepartureStore(database),
            timing.clock,
            timedelta(hours=settings.leave_grace_h),
            forgetting.forget,
            turns.owns,
        )
        self.privacy = MemberPrivacy(
            privacy, self.servers, self.learned, self.worker, self.can_read
        )

    async def sweep(self, *, alone: bool) -> None:
        """Remove what a crash left behind, before anything else is done.

        Args:
            alone: whether no other process has the data folder.
        """
        await self._training_run.sweep(alone=alone)

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
        await self._departures.start([guild.id for guild in self.guilds])
        self._serving.set()

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Forget a server that has thrown the bot out; one that is merely away is not meant."""
        await self._departures.gone(guild.id)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Keep what there is of a server that has come back in time."""
        await self._departures.came(guild.id)

    async def wait_until_serving(self) -> None:
        """Return when the bot answers; it must have been started."""
        await self._serving.wait()

    async def close(self) -> None:
        """Stop the training with its state saved, then disconnect."""
        await self._departures.close()
        await self.worker.close()
        await super().close()
        await self.inference.close()

    async def prefix(self, guild_id: int | None) -> str:
        """Return what commands begin with in a server."""
        own = (await self.servers.of(guild_id)).prefix if guild_id is not None else None
        return own or self.settings.prefix

    def can_read(self, channel_id: int) -> bool:
        """Say whether a channel is there and its history is open to the bot."""
        channel = self.get_channel(channel_id)
        if not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
            return False
        mine = channel.permissions_for(channel.guild.me)
        return mine.view_channel and mine.read_message_history

    def _is_within(self, place_id: int, learned_id: int, hidden: bool) -> bool:
        return is_within(self, place_id, learned_id, hidden=hidden)

    def _is_nsfw(self, channel_id: int) -> bool:
        channel = self.get_channel(channel_id)
        is_nsfw = getattr(channel, "is_nsfw", None)
        return bool(is_nsfw and is_nsfw())

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
    with held(folder, settings.shards) as own:
        database = await Database.open(folder.database, in_use=not own.alone)
        try:
            async with open_trainer(settings, trainer) as opened:
                turns = TurnStore(database, owns=own.owns, is_served=own.is_served)
                bot = TextgenBot(settings, folder, database, opened, timing, turns)
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


def _slots(at_most: int, room: int | None) -> int:
    """Return how many trainings may run at once."""
    return at_most if room is None else min(at_most, room)


async def _prefixes(bot: TextgenBot, message: discord.Message) -> list[str]:
    prefix = await bot.prefix(message.guild.id if message.guild else None)
    return commands.when_mentioned_or(prefix)(bot, message)
