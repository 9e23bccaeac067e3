"""What the bot is made of: each part is made once, of those that stand above it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from discord.ext import commands

from bot.app.metrics_listeners import on_finish
from bot.app.outcome_messages import OutcomeMessages
from bot.app.progress_messages import ProgressMessages
from bot.app.timing import Timing
from bot.config import Settings
from bot.corpus.collector import HistoryCollector
from bot.corpus.eligibility import EligibilityRules
from bot.discord_api.audience import can_read, is_nsfw, is_within
from bot.discord_api.connection import connection_options
from bot.discord_api.history_pages import DiscordPages
from bot.generation.writer import Writer
from bot.insights.channel_insights import ChannelInsights
from bot.insights.recent_messages import RecentMessages
from bot.models.engine_cache import ModelCache
from bot.models.inference import Inference
from bot.models.model_files import GivenModels
from bot.models.sealing import Sealing
from bot.models.versions import Versions
from bot.operations.metrics import Metrics
from bot.plots.renderer import MAP, Drawing
from bot.privacy.departures import Departures
from bot.privacy.guild_erasure import Forgetting
from bot.privacy.member_data import MemberPrivacy
from bot.runtime.data_folder import DataFolder
from bot.runtime.downloads import MEBIBYTE, client_options
from bot.runtime.foreign_files import ForeignFiles
from bot.runtime.rate_limit import Cooldowns
from bot.storage.author_tokens import AuthorTokenStore
from bot.storage.bot_state import FactStore
from bot.storage.database import Database
from bot.storage.departures import DepartureStore
from bot.storage.guilds import ServerStore
from bot.storage.jobs import JobStore
from bot.storage.learned_channels import LearnedStore
from bot.storage.models import ModelStore
from bot.storage.outcomes import OutcomeStore
from bot.storage.privacy import PrivacyStore
from bot.storage.queue import Limits, QueueStore
from bot.storage.staleness import StalenessStore
from bot.training.details import TrainingHistory
from bot.training.job_runner import JobRunner
from bot.training.pipeline import TrainingPipeline
from bot.training.queue_worker import QueueWorker
from bot.training.trainer import Trainer
from textgen_core.model.bundled import model_path

RETRY_SOON_S = (0.5,)  # where somebody waits for the answer


class Services(commands.AutoShardedBot):
    """A client of Discord with the bot's parts, which cogs and views find as `bot.NAME`.

    It makes them and no more; what the bot does with them is in client.py.
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
        self.metrics = Metrics()
        super().__init__(
            **connection_options(
                message_content=settings.message_content,
                shard_ids=settings.shard_ids,
                shard_count=settings.shard_count,
                guild_ready_s=timing.guild_ready_s,
                http_trace=self.metrics.trace_requests(),
                http_options=client_options(settings.proxy),
            )
        )
        self.settings = settings
        self.folder = folder
        self.clock = timing.clock
        self._serving = asyncio.Event()
        self.awaiting_consent: dict[int, Callable[[], Awaitable[None]]] = {}
        self._make_stores(database)
        self._make_writers()
        self._make_readers(timing)
        self._make_trainings(trainer)
        self._make_worker(trainer, turns, timing)
        self._make_erasers(database, turns)

    async def prefix(self, guild_id: int | None) -> str:
        """Return what commands begin with in a server."""
        own = (await self.servers.of(guild_id)).prefix if guild_id is not None else None
        return own or self.settings.prefix

    def _name_of(self, guild_id: int) -> str:
        """Return a server's name for the log."""
        guild = self.get_guild(guild_id)
        return "a server that I left" if guild is None else guild.name

    def _make_stores(self, database: Database) -> None:
        """All that is in the database."""
        self.jobs = JobStore(database)
        self.outcomes = OutcomeStore(database, self.jobs)
        self.models = ModelStore(database)
        self.learned = LearnedStore(database)
        self.staleness = StalenessStore(database)
        self.servers = ServerStore(database)
        self._member_store = PrivacyStore(database)
        self._voice_store = AuthorTokenStore(database)
        self._facts = FactStore(database)

    def _make_writers(self) -> None:
        """What writes texts, and by which rules."""
        settings = self.settings
        self._base = model_path(settings.base_model)
        self._sealing = Sealing(self.folder)
        self.model_cache = ModelCache(settings.model_cache_mb * MEBIBYTE, self._sealing.key)
        self.inference = Inference(self.models, self.folder, self._base, self.model_cache)
        self._foreign_files = ForeignFiles(self.clock)
        given = GivenModels(self._foreign_files, self.folder, proxy=settings.proxy)
        self.versions = Versions(
            self.models,
            self.folder,
            self.inference,
            self._sealing,
            given,
            keep=settings.keep_versions,
        )
        self.voice = Writer(
            self.inference,
            self.servers,
            self.learned,
            self._voice_store,
            is_nsfw=lambda channel_id: is_nsfw(self.get_channel(channel_id)),
            is_within=lambda place_id, learned_id, hidden: is_within(
                self, place_id, learned_id, hidden=hidden
            ),
        )
        self.cooldowns = Cooldowns(
            self.clock,
            member_per_minute=settings.member_per_minute,
            server_per_minute=settings.server_per_minute,
        )

    def _make_readers(self, timing: Timing) -> None:
        """What reads channels: their histories to learn from, their last messages to compare."""
        self._collector = HistoryCollector(
            self,
            self.folder,
            self.jobs,
            prefix_of=self.prefix,
            rules=EligibilityRules(self.servers, self._member_store, self._voice_store),
            retry_delays_s=timing.history_retries_s,
        )
        recent = RecentMessages(
            DiscordPages(self, RETRY_SOON_S, again="ask again"),
            self.servers,
            self._collector.learnable_in,
            sees_content=self.settings.message_content,
        )
        map_drawing = Drawing(self.folder.cache, command=MAP)
        self.seeing = ChannelInsights(recent, self.inference, self.voice, map_drawing)

    def _make_trainings(self, trainer: Trainer) -> None:
        """What a training does, and where it is shown."""
        self._training_run = TrainingPipeline(
            jobs=self.jobs,
            outcomes=self.outcomes,
            models=self.models,
            folder=self.folder,
            collector=self._collector,
            trainer=trainer,
            inference=self.inference,
            versions=self.versions,
            sealing=self._sealing,
            privacy=self._member_store,
            voices=self._voice_store,
            files=self._foreign_files,
            base=self._base,
            budget_s=self.settings.train_budget_s,
        )
        self.reports = ProgressMessages(self, self.jobs, self.servers, self.voice, self.prefix)
        self.trainings = TrainingHistory(self.jobs, self.folder, Drawing(self.folder.cache))

    def _make_worker(self, trainer: Trainer, turns: QueueStore, timing: Timing) -> None:
        """What works through the queue, from a job's beginning to its last words."""
        settings = self.settings
        last_words = OutcomeMessages(
            self.outcomes,
            self.reports,
            tell_again_s=timing.tell_again_s,
        )
        work = JobRunner(
            self.jobs,
            self._training_run,
            last_words,
            on_finish=on_finish(self.metrics, self._name_of),
            retry_s=timing.retry_s,
        )
        self.worker = QueueWorker(
            self.jobs,
            turns,
            work,
            self.reports,
            last_words,
            slots=lambda: _slots(settings.train_slots, trainer.capacity()),
            limits=Limits(waiting=settings.train_max_waiting, a_day=settings.train_max_a_day),
            edit_interval_s=timing.edit_interval_s,
            poll_s=timing.poll_s,
            retry_s=timing.retry_s,
        )

    def _make_erasers(self, database: Database, turns: QueueStore) -> None:
        """What forgets members and servers."""
        self.privacy = MemberPrivacy(
            self._member_store,
            self.servers,
            self.learned,
            self.models,
            self.worker,
            can_read=lambda channel_id: can_read(self, channel_id),
        )
        forgetting = Forgetting(
            database, self.folder, self.worker, self.inference, self.servers, self._member_store
        )
        self._departures = Departures(
            DepartureStore(database),
            self.clock,
            timedelta(hours=self.settings.leave_grace_h),
            forgetting.forget,
            turns.owns,
        )


def _slots(at_most: int, room: int | None) -> int:
    """Return how many trainings may run at once."""
    return at_most if room is None else min(at_most, room)
