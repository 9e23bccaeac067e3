"""Puts together what trains servers by themselves, and tells them once a week."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from bot.discord_api.audience import can_read, has_manager, last_message_id
from bot.discord_api.history_pages import DiscordPages
from bot.locales.languages import speaking
from bot.presentation.learning import learned_lately
from bot.text.discord_markup import with_prefix
from bot.training.nightly import News, NightlyTraining
from bot.training.scheduled_trainings import Guilds, ScheduledTrainings

if TYPE_CHECKING:
    import discord

    from bot.app.services import Services
    from bot.storage.queue import QueueStore
    from bot.storage.train_schedules import TrainScheduleStore


class NightParts:
    """The trainings that begin by schedule, and the schedule's turns."""

    def __init__(
        self,
        services: Services,
        client: discord.Client,
        schedules: TrainScheduleStore,
        pages: DiscordPages,
        turns: QueueStore,
        slots: Callable[[], int],
    ) -> None:
        guilds = Guilds(
            can_read=partial(can_read, client),
            last_message_id=partial(last_message_id, client),
            has_manager=partial(has_manager, client),
        )
        self.trainings = ScheduledTrainings(
            services.worker,
            services.jobs,
            services.models,
            services.learned,
            pages,
            services.texts,
            guilds,
            services.clock,
            slots=slots,
        )

        async def tell(guild_id: int, news: News) -> None:
            with speaking(await services.languages.of(guild_id)):
                text = learned_lately(news.messages, news.version)
            told = with_prefix(text, await services.prefix(guild_id))
            await services.reports.notice(guild_id, told)

        self.nightly = NightlyTraining(
            schedules,
            self.trainings,
            services.clock,
            budget_s=60 * services.settings.train_night_min,
            owns=turns.owns,
            tell=tell,
            show=services.metrics.show_night,
        )
