"""What a turn in the night does: look whether enough is new, and queue a training of it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bot.corpus.channel_texts import ChannelTexts
from bot.discord_api.history_pages import (
    PAGE_MESSAGES,
    UNREADABLE,
    DiscordPages,
    message_id_of,
)
from bot.runtime.clock import Clock
from bot.storage.jobs import JobStore
from bot.storage.learned_channels import LearnedStore
from bot.storage.models import ModelStore
from bot.storage.records import OPEN_STATUSES, JobStatus, LearnedChannel, TrainingScope
from bot.training.nightly import Ended
from bot.training.queue_worker import QueueWorker

log = logging.getLogger(__name__)

_DISCORD_EPOCH_MS = 1_420_070_400_000


@dataclass(frozen=True, slots=True)
class Guilds:
    """What is asked of the connected client.

    Attributes:
        can_read: says of a channel's id whether its history is open to the bot.
        last_message_id: returns a channel's newest message, 0 where it is not known.
        has_manager: says whether somebody is there who manages a server.
    """

    can_read: Callable[[int], bool]
    last_message_id: Callable[[int], int]
    has_manager: Callable[[int], Awaitable[bool]]


class ScheduledTrainings:
    """See `bot.training.nightly.Trainings`. Trained on is what the version in use has read of."""

    def __init__(
        self,
        worker: QueueWorker,
        jobs: JobStore,
        models: ModelStore,
        learned: LearnedStore,
        pages: DiscordPages,
        texts: ChannelTexts,
        guilds: Guilds,
        clock: Clock,
        *,
        slots: Callable[[], int],
    ) -> None:
        self._worker = worker
        self._jobs = jobs
        self._models = models
        self._learned = learned
        self._pages = pages
        self._texts = texts
        self._guilds = guilds
        self._clock = clock
        self.slots = slots

    async def channels(self, guild_id: int) -> dict[int, LearnedChannel]:
        """Return the readable channels and threads that the version in use has read, by id."""
        live = await self._models.current(guild_id)
        learned = {} if live is None else await self._learned.of_model(live.model_id)
        return {
            channel_id: channel
            for channel_id, channel in learned.items()
            if self._guilds.can_read(channel.parent_id or channel_id)
        }

    async def new_messages(self, guild_id: int, most: int) -> int:
        """See `Trainings.new_messages`; channels where nobody spoke cost no request."""
        channels = await self.channels(guild_id)
        if not channels or await self._texts.refusal(guild_id) is not None:
            return 0
        count = 0
        for channel in channels.values():
            newest = self._guilds.last_message_id(channel.channel_id)
            if count < most and not 0 < newest <= channel.after_id:
                count += await self._new_in(guild_id, channel, most - count)
        if count >= most and not await self._guilds.has_manager(guild_id):
            log.info("guild %d is not trained by itself: nobody there manages it", guild_id)
            return 0
        return count

    async def begin(self, guild_id: int) -> int | None:
        """See `Trainings.begin`; one that a crash kept from being noted is found again."""
        for job in await self._jobs.open_jobs(guild_id):
            return job.train_job_id if job.scope.scheduled else None
        channels = await self.channels(guild_id)
        threads = any(channel.parent_id is not None for channel in channels.values())
        submission = await self._worker.submit(
            guild_id=guild_id,
            channel_ids=tuple(
                sorted({channel.parent_id or found for found, channel in channels.items()})
            ),
            report_channel_id=0,
            before_id=_id_at(self._clock.now()),
            scope=TrainingScope(threads=threads, scheduled=True),
        )
        return submission.job.train_job_id

    async def ended(self, train_job_id: int) -> Ended | None:
        """See `Trainings.ended`; of a job that is erased nothing is known."""
        try:
            job = await self._jobs.get(train_job_id)
        except KeyError:
            return Ended(0.0)
        if job.status in OPEN_STATUSES:
            return None
        seconds = await self._jobs.worked_s(train_job_id)
        outcome = job.outcome
        if outcome is None or outcome.status is not JobStatus.DONE:
            return Ended(seconds)
        if not outcome.is_live or outcome.metrics is None:
            return Ended(seconds, trained=True)
        return Ended(seconds, True, outcome.metrics.messages, outcome.version)

    async def _new_in(self, guild_id: int, channel: LearnedChannel, most: int) -> int:
        """Return how many messages of a channel are new and can be learned, up to ``most``."""
        count, after_id = 0, channel.after_id
        try:
            while count < most:
                page = await self._pages.after(channel.channel_id, after_id)
                count += sum(map(bool, await self._texts.of(guild_id, page)))
                if len(page) < PAGE_MESSAGES:
                    break
                after_id = message_id_of(page[-1])
        except UNREADABLE as error:
            log.info("channel %d is not counted: %s", channel.channel_id, type(error).__name__)
        return count


def _id_at(moment: datetime) -> int:
    """Return what ids of messages from before a moment are less than."""
    return (int(moment.timestamp() * 1000) - _DISCORD_EPOCH_MS) << 22
