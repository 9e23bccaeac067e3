"""What several people said lately in a server's live channels, as far as texts may take it up."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.corpus.channel_texts import ChannelTexts
from bot.generation.live_journal import LiveJournal
from bot.generation.live_seal import LiveSeal
from bot.storage.guild_settings import Learns
from bot.storage.learned_channels import LearnedStore
from bot.storage.live_counts import LiveCountStore, LiveRow
from bot.storage.models import ModelStore
from bot.storage.privacy import PrivacyStore
from textgen_core.errors import TextgenError
from textgen_core.generation.counted_speech import CountedSpeech

log = logging.getLogger(__name__)

MOST_KEPT = 16  # tables of servers where texts were written last; some 2 MB each


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a table depends on, beside the messages themselves.

    Attributes:
        learned: how far the version in use has read each channel itself.
        authors: of whom nothing counts; or where `agreed_only`, of whom alone something does.
    """

    guild_id: int
    channel_ids: frozenset[int]
    learned: tuple[tuple[int, int], ...]
    authors: frozenset[bytes]
    agreed_only: bool

    def counts(self, row: LiveRow) -> bool:
        """Say whether a message counts."""
        is_new = row.message_id > dict(self.learned).get(row.channel_id, 0)
        return is_new and (row.speaker in self.authors) is self.agreed_only


class LiveSpeech:
    """Makes tables of counts when a text asks for them.

    Who opted out, and what a version has learned itself, is asked anew for every text.

    Args:
        run: does arithmetic where it keeps nobody waiting.
    """

    def __init__(
        self,
        store: LiveCountStore,
        journal: LiveJournal,
        seal: LiveSeal,
        texts: ChannelTexts,
        privacy: PrivacyStore,
        models: ModelStore,
        learned: LearnedStore,
        run: Callable[[Callable[[], CountedSpeech]], Awaitable[CountedSpeech]],
    ) -> None:
        self._store = store
        self._journal = journal
        self._seal = seal
        self._texts = texts
        self._privacy = privacy
        self._models = models
        self._learned = learned
        self._run = run
        self._kept: OrderedDict[_Asked, tuple[int, CountedSpeech]] = OrderedDict()
        self._making = asyncio.Lock()

    async def of(self, guild_id: int, channel_ids: frozenset[int]) -> CountedSpeech | None:
        """Return what several people said in some live channels of a server; None of none.

        None as well where the base model, by which it is counted, cannot be loaded.
        """
        if not channel_ids or await self._texts.refusal(guild_id) is not None:
            return None
        try:
            return await self._made(guild_id, channel_ids)
        except TextgenError as error:
            log.warning("live counts of guild %d are not used: %s", guild_id, error)
            return None

    async def _made(self, guild_id: int, channel_ids: frozenset[int]) -> CountedSpeech:
        """Return a table that is kept, or make it anew where something has come or gone."""
        asked = await self._asked(guild_id, channel_ids)
        async with self._making:
            revision = self._journal.revision[guild_id]
            kept = self._kept.get(asked)
            if kept is None or kept[0] != revision:
                rows = await self._store.rows(guild_id, channel_ids)
                kept = (revision, await self._run(lambda: self._speech(asked, rows)))
                self._kept[asked] = kept
            self._kept.move_to_end(asked)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return kept[1]

    def _speech(self, asked: _Asked, rows: list[LiveRow]) -> CountedSpeech:
        return self._seal.speech(asked.guild_id, [row for row in rows if asked.counts(row)])

    async def _asked(self, guild_id: int, channel_ids: frozenset[int]) -> _Asked:
        settings = await self._texts.servers.of(guild_id)
        choices = await self._privacy.choices(guild_id)
        agreed_only = settings.learns is Learns.OPT_IN
        people = choices.agreed - settings.left_out_members
        if not agreed_only:
            people = choices.out | settings.left_out_members
        live: Any = await self._models.current(guild_id)
        learned = {} if live is None else await self._learned.of_model(live.model_id)
        read = [(found, one.after_id) for found, one in learned.items() if found in channel_ids]
        authors = frozenset(self._seal.speaker(guild_id, person) for person in people)
        return _Asked(guild_id, channel_ids, tuple(sorted(read)), authors, agreed_only)
