"""Puts together what counts live channels, and what makes speech of the counts."""

from __future__ import annotations

import discord

from bot.corpus.channel_texts import ChannelTexts
from bot.discord_api.audience import is_nsfw, is_public
from bot.discord_api.history_pages import DiscordPages
from bot.generation.live_journal import LiveJournal
from bot.generation.live_seal import LiveSeal
from bot.generation.live_speech import LiveSpeech
from bot.models.inference import Inference
from bot.operations.metrics import Metrics
from bot.storage.database import Database
from bot.storage.learned_channels import LearnedStore
from bot.storage.live_counts import LiveCountStore
from bot.storage.models import ModelStore
from bot.storage.privacy import PrivacyStore
from textgen_core.model.filter_key import FilterKey


class LiveParts:
    """The journal of live channels and the speech that is made of it."""

    def __init__(
        self,
        client: discord.Client,
        database: Database,
        pages: DiscordPages,
        texts: ChannelTexts,
        privacy: PrivacyStore,
        models: ModelStore,
        learned: LearnedStore,
        inference: Inference,
        key: FilterKey,
        metrics: Metrics,
    ) -> None:
        store = LiveCountStore(database)
        seal = LiveSeal(key, inference.base_vocabulary)

        async def note_place(guild_id: int, channel_id: int) -> None:
            channel = client.get_channel(channel_id)
            if not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
                return
            if is_nsfw(channel):
                await learned.note_nsfw([channel_id])
            if not is_public(channel):
                await learned.note_hidden(guild_id, [channel_id])

        self.journal = LiveJournal(
            store,
            pages,
            texts,
            seal,
            serves=lambda guild_id: client.get_guild(guild_id) is not None,
            note_place=note_place,
            counted=metrics.count_live,
        )
        self.speech = LiveSpeech(
            store,
            self.journal,
            seal,
            texts,
            privacy,
            models,
            learned,
            inference.run_in_executor,
        )
