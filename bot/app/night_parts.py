"""Puts together what trains servers by themselves, and tells them once a week."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import discord

from bot.discord_api.audience import can_read, has_manager, last_message_id
from bot.locales.languages import speaking
from bot.presentation.learning import learned_lately
from bot.runtime.clock import Clock
from bot.storage.train_schedules import TrainScheduleStore
from bot.text.discord_markup import with_prefix
from bot.training.nightly import News, NightlyTraining
from bot.training.scheduled_trainings import Guilds, ScheduledTrainings


def guilds_of(client: discord.Client) -> Guilds:
    """Return what a schedule asks about servers."""
    return Guilds(
        can_read=partial(can_read, client),
        last_message_id=partial(last_message_id, client),
        has_manager=partial(has_manager, client),
    )


def nightly_training(
    schedules: TrainScheduleStore,
    trainings: ScheduledTrainings,
    clock: Clock,
    *,
    budget_s: float,
    owns: Callable[[int], bool],
    language_of: Callable[[int | None], Awaitable[str]],
    prefix_of: Callable[[int], Awaitable[str]],
    notice: Callable[[int, str], Awaitable[object]],
    show: Callable[..., None],
) -> NightlyTraining:
    """Return what trains servers in turn and tells them in their language, by their prefix."""

    async def tell(guild_id: int, news: News) -> None:
        with speaking(await language_of(guild_id)):
            text = learned_lately(news.messages, news.version)
        await notice(guild_id, with_prefix(text, await prefix_of(guild_id)))

    return NightlyTraining(
        schedules, trainings, clock, budget_s=budget_s, owns=owns, tell=tell, show=show
    )
