"""What the bot is made of: each part is made once, of those that stand above it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import discord

from bot.app.languages import ServerLanguages
from bot.app.live_parts import LiveParts
from bot.app.metrics_listeners import on_finish
from bot.app.night_parts import guilds_of, nightly_training
from bot.app.outcome_messages import TELL_AGAIN_S, OutcomeMessages
from bot.app.progress_messages import ProgressMessages
from bot.config import Settings
from bot.corpus.channel_texts import ChannelTexts
from bot.corpus.collector import HistoryCollector
from bot.corpus.eligibility import EligibilityRules
from bot.corpus.file_messages import FileCorpus
from bot.corpus.message_filters import MessageFilters
from bot.discord_api.audience import (
    can_read,
    is_nsfw,
    is_within,
)
from bot.discord_api.history_pages import RETRY_DELAYS_S, DiscordPages
from bot.discord_api.member_roles import MemberRoles
from bot.generation.live_memory import LiveMemory
from bot.generation.writer import Writer
from bot.insights.channel_insights import ChannelInsights
from bot.insights.diary import Diary
from bot.insights.guessing import Guessing
from bot.insights.neurons import Neurons
from bot.insights.recent_messages import RecentMessages
from bot.models.engine_cache import ModelCache
from bot.models.inference import Inference
from bot.models.model_files import GivenModels
from bot.models.sealing import Sealing
from bot.models.versions import Versions
from bot.operations.metrics import Metrics
from bot.plots.renderer import DIARY, MAP, NEURONS, Drawing
from bot.privacy.departures import Departures
from bot.privacy.guild_erasure import Forgetting
from bot.privacy.member_data import MemberPrivacy
from bot.runtime.clock import Clock, SystemClock
from bot.runtime.data_folder import DataFolder
from bot.runtime.downloads import MEBIBYTE
from bot.runtime.foreign_files import ForeignFiles
from bot.runtime.rate_limit import Cooldowns
from bot.storage.author_tokens import AuthorTokenStore
from bot.storage.bot_state import DepartureStore, FactStore
from bot.storage.database import Database
from bot.storage.guilds import ServerStore
from bot.storage.jobs import JobStore
from bot.storage.learned_channels import LearnedStore
from bot.storage.models import ModelStore
from bot.storage.outcomes import OutcomeStore
from bot.storage.privacy import PrivacyStore
from bot.storage.queue import Limits, QueueStore
from bot.storage.records import JobOutcome, TrainJob
from bot.storage.staleness import StalenessStore
from bot.storage.train_schedules import TrainScheduleStore
from bot.training.details import TrainingHistory
from bot.training.job_runner import JobRunner
from bot.training.pipeline import TrainingPipeline
from bot.training.progress_report import EDIT_INTERVAL_S
from bot.training.queue_worker import QueueWorker
from bot.training.scheduled_trainings import ScheduledTrainings
from bot.training.trainer import Trainer
from textgen_core.model.bundled import model_path

RETRY_SOON_S = (0.5,)  # where somebody waits for the answer


@dataclass(frozen=True, slots=True)
class Timing:
    """Its waits, all of them shorter where Discord is a loopback."""

    guild_ready_s: float = 2.0
    edit_interval_s: float = EDIT_INTERVAL_S
    history_retries_s: tuple[float, ...] = RETRY_DELAYS_S
    poll_s: float = 5.0  # the queue is looked at again: another process may have added to it
    tell_again_s: tuple[float, ...] = TELL_AGAIN_S
    retry_s: float = 30.0  # after the database or the disk failed
    clock: Clock = field(default_factory=SystemClock)


class Services:
    """The parts of a bot, which a client is given and does not inherit.

    Cogs are handed those they need; what outlives a restart, such as a button, finds them by
    the client that it is pressed on. What begins with `_` is needed to make others alone.
    """

    def __init__(
        self,
        client: discord.Client,
        *,
        settings: Settings,
        folder: DataFolder,
        database: Database,
        trainer: Trainer,
        timing: Timing,
        turns: QueueStore,
        metrics: Metrics,
    ) -> None:
        self._client = client
        self.settings = settings
        self.folder = folder
        self.clock = timing.clock
        self.metrics = metrics
        self.awaiting_consent: dict[int, Callable[[], Awaitable[None]]] = {}
        self._make_stores(database)
        self._make_writers(database, timing)
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
        guild = self._client.get_guild(guild_id)
        return "a server that I left" if guild is None else guild.name

    def _make_stores(self, database: Database) -> None:
        """All that is in the database."""
        self.jobs = JobStore(database)
        self.outcomes = OutcomeStore(database, self.jobs)
        self.models = ModelStore(database)
        self.learned = LearnedStore(database)
        self.staleness = StalenessStore(database)
        self.servers = ServerStore(database)
        self._schedules = TrainScheduleStore(database)
        self._member_store = PrivacyStore(database)
        self._voice_store = AuthorTokenStore(database)
        self.facts = FactStore(database)
        self.languages = ServerLanguages(self._client, self.servers)

    def _make_writers(self, database: Database, timing: Timing) -> None:
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
        self._rules = EligibilityRules(
            self.servers, self._member_store, self._voice_store, MemberRoles(self._client)
        )
        self._filters = MessageFilters(self._client, self._rules, self.prefix)
        self.texts = ChannelTexts(self._filters, self.servers, settings.message_content)
        self.live_memory = LiveMemory(DiscordPages(self._client, ()), self.texts)
        live = LiveParts(
            self._client,
            database,
            DiscordPages(self._client, timing.history_retries_s),
            self.texts,
            self._member_store,
            self.models,
            self.learned,
            self.inference,
            self._sealing.key,
            self.metrics,
        )
        self.live_journal, self.live_speech = live.journal, live.speech
        self.writer = Writer(
            self.inference,
            self.servers,
            self.learned,
            self._voice_store,
            is_nsfw=lambda channel_id: is_nsfw(self._client.get_channel(channel_id)),
            is_within=lambda place_id, learned_id, hidden: is_within(
                self._client, place_id, learned_id, hidden=hidden
            ),
            live=self.live_memory,
            speech=self.live_speech,
        )
        self.cooldowns = Cooldowns(
            self.clock,
            member_per_minute=settings.member_per_minute,
            server_per_minute=settings.server_per_minute,
        )

    def _make_readers(self, timing: Timing) -> None:
        """What reads channels: their histories to learn from, their last messages to compare."""
        self._collector = HistoryCollector(
            self._client,
            self.folder,
            self.jobs,
            rules=self._rules,
            filters=self._filters,
            retry_delays_s=timing.history_retries_s,
        )
        self.edits = self._collector.changes
        recent = RecentMessages(
            DiscordPages(self._client, RETRY_SOON_S, for_training=False), self.texts
        )
        self.file_corpus = FileCorpus(self._foreign_files)
        map_drawing = Drawing(self.folder.cache, command=MAP)
        self.guessing = Guessing(recent, self.writer, self.servers)
        self.neurons = Neurons(
            self.inference,
            self.models,
            self.folder,
            self.writer,
            Drawing(self.folder.cache, command=NEURONS),
        )
        self.insights = ChannelInsights(recent, self.inference, self.writer, map_drawing)
        self.diary = Diary(
            self.models,
            self.folder,
            self.model_cache,
            self.writer,
            Drawing(self.folder.cache, command=DIARY),
            self.clock,
        )

    def _make_trainings(self, trainer: Trainer) -> None:
        """What a training does, and where it is shown."""
        self.pipeline = TrainingPipeline(
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
        self.reports = ProgressMessages(
            self._client,
            self.jobs,
            self.servers,
            self.writer,
            prefix_of=self.prefix,
            language_of=self.languages.of,
        )
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
            self.pipeline,
            last_words,
            language_of=self.languages.of,
            on_finish=self._on_finish,
            retry_s=timing.retry_s,
        )
        slots = partial(_slots, settings.train_slots, trainer.capacity)
        self.worker = QueueWorker(
            self.jobs,
            turns,
            work,
            self.reports,
            last_words,
            slots=slots,
            limits=Limits(waiting=settings.train_max_waiting, a_day=settings.train_max_a_day),
            edit_interval_s=timing.edit_interval_s,
            poll_s=timing.poll_s,
            retry_s=timing.retry_s,
        )

        self.scheduled_trainings = ScheduledTrainings(
            self.worker,
            self.jobs,
            self.models,
            self.learned,
            DiscordPages(self._client, RETRY_SOON_S),
            self.texts,
            guilds_of(self._client),
            self.clock,
            slots=slots,
        )
        self.nightly = nightly_training(
            self._schedules,
            self.scheduled_trainings,
            self.clock,
            budget_s=60 * settings.train_night_min,
            owns=turns.owns,
            language_of=self.languages.of,
            prefix_of=self.prefix,
            notice=self.reports.notice,
            show=self.metrics.show_night,
        )

    def _on_finish(self, job: TrainJob, outcome: JobOutcome, job_s: float) -> None:
        """Log and count a finished training, and let the next scheduled one begin."""
        on_finish(self.metrics, self._name_of)(job, outcome, job_s)
        self.nightly.on_finish()
        self.live_journal.on_trained(job.guild_id)

    def _make_erasers(self, database: Database, turns: QueueStore) -> None:
        """What forgets members and servers."""
        self.privacy = MemberPrivacy(
            self._member_store,
            self.servers,
            self.learned,
            self.models,
            self.worker,
            can_read=lambda channel_id: can_read(self._client, channel_id),
            forget_live=self.live_journal.forget_member,
        )
        forgetting = Forgetting(
            database, self.folder, self.worker, self.inference, self.servers, self._member_store
        )
        self.departures = Departures(
            DepartureStore(database),
            self.clock,
            timedelta(hours=self.settings.leave_grace_h),
            forgetting.forget,
            turns.owns,
        )


def _slots(at_most: int, capacity: Callable[[], int | None]) -> int:
    """Return how many trainings may run at once."""
    room = capacity()
    return at_most if room is None else min(at_most, room)
