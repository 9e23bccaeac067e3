"""What the bot is made of: each part is made once, of those that stand above it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from discord.ext import commands

from bot.connection import connection_options
from bot.cooldowns import Cooldowns
from bot.data_folder import DataFolder
from bot.departures import Departures
from bot.discord_audience import can_read, is_nsfw, is_within
from bot.discord_pages import DiscordPages
from bot.discord_reports import DiscordReports
from bot.drawing import MAP, Drawing
from bot.forgetting import Forgetting
from bot.history import HistoryCollector
from bot.inference import Inference
from bot.job_work import JobWork
from bot.last_words import LastWords
from bot.learning_rules import LearningRules
from bot.measuring import on_finish
from bot.member_privacy import MemberPrivacy
from bot.metrics import Metrics
from bot.model_cache import ModelCache
from bot.recent import RecentMessages
from bot.seeing import Seeing
from bot.settings import Settings
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
from bot.timing import Timing
from bot.trainer import Trainer
from bot.training_run import TrainingRun
from bot.uploads import MEBIBYTE
from bot.versions import Versions
from bot.voice import Voice
from bot.worker import TrainWorker
from textgen_core.weights import model_path

RETRY_SOON_S = (0.5,)  # where somebody waits for the answer


class BotParts(commands.AutoShardedBot):
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
        turns: TurnStore,
    ) -> None:
        self.metrics = Metrics()
        super().__init__(**connection_options(settings, timing.guild_ready_s, self.metrics))
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

    def _make_stores(self, database: Database) -> None:
        """All that is in the database."""
        self.jobs = JobStore(database)
        self.outcomes = OutcomeStore(database, self.jobs)
        self.models = ModelStore(database)
        self.learned = LearnedStore(database)
        self.staleness = StalenessStore(database)
        self.servers = ServerStore(database)
        self._member_store = PrivacyStore(database)
        self._voice_store = VoiceStore(database)
        self._facts = FactStore(database)

    def _make_writers(self) -> None:
        """What writes texts, and by which rules."""
        settings = self.settings
        self._base = model_path(settings.base_model)
        self.model_cache = ModelCache(settings.model_cache_mb * MEBIBYTE)
        self.inference = Inference(self.models, self.folder, self._base, self.model_cache)
        self.versions = Versions(
            self.models, self.folder, self.inference, keep=settings.keep_versions
        )
        self.voice = Voice(
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
            rules=LearningRules(self.servers, self._member_store, self._voice_store),
            retry_delays_s=timing.history_retries_s,
        )
        recent = RecentMessages(
            DiscordPages(self, RETRY_SOON_S, again="ask again"),
            self.servers,
            self._collector.learnable_in,
            sees_content=self.settings.message_content,
        )
        map_drawing = Drawing(self.folder.cache, command=MAP)
        self.seeing = Seeing(recent, self.inference, self.voice, map_drawing)

    def _make_trainings(self, trainer: Trainer) -> None:
        """What a training does, and where it is shown."""
        self._training_run = TrainingRun(
            jobs=self.jobs,
            outcomes=self.outcomes,
            models=self.models,
            folder=self.folder,
            collector=self._collector,
            trainer=trainer,
            inference=self.inference,
            versions=self.versions,
            privacy=self._member_store,
            voices=self._voice_store,
            base=self._base,
            budget_s=self.settings.train_budget_s,
        )
        self.reports = DiscordReports(self, self.jobs, self.servers, self.voice)

    def _make_worker(self, trainer: Trainer, turns: TurnStore, timing: Timing) -> None:
        """What works through the queue, from a job's beginning to its last words."""
        settings = self.settings
        last_words = LastWords(
            self.outcomes,
            self.models,
            self.folder,
            self.reports,
            Drawing(self.folder.cache),
            tell_again_s=timing.tell_again_s,
        )
        work = JobWork(
            self.jobs,
            self._training_run,
            last_words,
            on_finish=on_finish(self.metrics),
            retry_s=timing.retry_s,
        )
        self.worker = TrainWorker(
            self.jobs,
            turns,
            work,
            self.reports,
            last_words,
            slots=lambda: _slots(settings.train_slots, trainer.room()),
            limits=Limits(waiting=settings.train_max_waiting, a_day=settings.train_max_a_day),
            edit_interval_s=timing.edit_interval_s,
            poll_s=timing.poll_s,
            retry_s=timing.retry_s,
        )

    def _make_erasers(self, database: Database, turns: TurnStore) -> None:
        """What forgets members and servers."""
        self.privacy = MemberPrivacy(
            self._member_store,
            self.servers,
            self.learned,
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
