"""Messages of live channels become counts as they come, and go when they go.

What Discord tells is taken in order, some of it at a time: within a second a message counts,
and one that is changed or deleted gives its share back. A message's text is in memory for
that moment alone; what is kept of it is sealed (`bot/storage/live_counts.py`). After a start,
and after each new session, the channels are read again, back to where their counts begin: what
was said, changed and deleted meanwhile counts as if the bot had been there.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from bot.corpus.channel_texts import ChannelTexts
from bot.corpus.edits import BulkDelete, Delete, Edit, ThreadDelete
from bot.discord_api.history_pages import (
    PAGE_MESSAGES,
    UNREADABLE,
    DiscordPages,
    Payload,
    message_id_of,
)
from bot.generation.live_memory import MOST_CHARS, as_discord_has_it
from bot.generation.live_seal import LiveSeal
from bot.storage.live_counts import LiveChannel, LiveCountStore, LiveRow
from textgen_core.errors import TextgenError

log = logging.getLogger(__name__)

TOGETHER_S = 0.25  # what comes within this time is written down together
MOST_MESSAGES = 2000  # of a server that count: the newest; some 4 MB
_TIDY_AFTER = 100  # messages of a server
_ABOVE_ALL_IDS = (1 << 63) - 1
_Said = tuple[int, Mapping[str, Any]]  # channel, message
_Event = tuple[int, int, int, Mapping[str, Any] | None]  # server, channel, message; what it says


class LiveJournal:
    """Follows live channels.

    Args:
        pages: what asks Discord.
        texts: what of messages may be learned.
        seal: makes a message's counts, and encrypts them.
        serves: says of a server's id whether this process hears of it.
        note_place: notes of a channel's id what its counts may be told to, before they count.
        counted: is told how many messages came to count, and how many were taken back.
    """

    def __init__(
        self,
        store: LiveCountStore,
        pages: DiscordPages,
        texts: ChannelTexts,
        seal: LiveSeal,
        *,
        serves: Callable[[int], bool],
        note_place: Callable[[int, int], Coroutine[Any, Any, None]],
        counted: Callable[[int, int], None],
    ) -> None:
        self._store = store
        self._pages = pages
        self._texts = texts
        self._seal = seal
        self._serves = serves
        self._note_place = note_place
        self._counted = counted
        self._events: list[_Event] = []
        self._came = asyncio.Event()
        self._writing = asyncio.Lock()
        self._reading = asyncio.Lock()
        self._untidy: Counter[int] = Counter()
        self._trained: set[int] = set()
        self._touched: dict[int, set[int]] = {}  # by channel that is read again
        self._tasks: set[asyncio.Task[None]] = set()
        self.revision: Counter[int] = Counter()  # of each server's counts

    def start(self) -> None:
        """Write down what comes, and read what was missed; a second call reads alone."""
        if not self._tasks:
            self._begin(self._write_on(), "live counts")
        self._begin(self._read_all(), "live channels")

    async def close(self) -> None:
        """Write down what has come, and stop."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        with suppress(sqlite3.Error, TextgenError):
            await self.settle()

    async def settle(self) -> None:
        """Write down all that has come so far."""
        async with self._writing:
            events, self._events = self._events, []
            if events:
                await self._write(events)
            while self._trained:
                await self._store.drop_learned(self._trained.pop())

    def on_trained(self, guild_id: int) -> None:
        """Forget what a server's new version has learned itself."""
        self._trained.add(guild_id)
        self._came.set()

    async def follow(self, guild_id: int, channel_ids: Iterable[int], since_id: int) -> None:
        """Count channels from a message on."""
        channel_ids = list(channel_ids)
        for channel_id in channel_ids:
            await self._note_place(guild_id, channel_id)
        await self._store.follow(guild_id, channel_ids, since_id)
        self._texts.servers.forget(guild_id)
        self.revision[guild_id] += 1  # a table of before may be kept, whose rows are gone

    async def unfollow(self, guild_id: int, channel_ids: Iterable[int] | None = None) -> None:
        """Count channels no more, None for all of a server, and forget what they gave."""
        ids = None if channel_ids is None else list(channel_ids)
        async with self._writing:
            await self._store.unfollow(guild_id, ids)
        self._texts.servers.forget(guild_id)
        self.revision[guild_id] += 1

    async def forget_member(self, guild_id: int, user_id: int) -> None:
        """Take back what somebody's messages gave."""
        await self.settle()
        await self._store.drop_speaker(guild_id, self._seal.speaker(guild_id, user_id))
        self.revision[guild_id] += 1

    async def read_again(self, channel: LiveChannel) -> None:
        """Let a channel's counts be what Discord says now, as far back as it counts."""
        touched = self._touched.setdefault(channel.channel_id, set())
        try:
            await self.settle()
            left = await self._store.ids(channel.channel_id, channel.guild_id)
            before_id, count = _ABOVE_ALL_IDS, 0
            while count < MOST_MESSAGES:
                page = await self._pages.before(channel.channel_id, before_id)
                if not page and not count:
                    await self._pages.prove_readable(channel.channel_id)
                wanted = [one for one in page if message_id_of(one) > channel.since_id]
                left -= await self._take_page(channel, wanted, touched)
                count += len(wanted)
                if len(wanted) < PAGE_MESSAGES:
                    break
                before_id = message_id_of(page[-1])
            self._counted(0, await self._store.put((), left - touched))
            self.revision[channel.guild_id] += 1
        except (*UNREADABLE, sqlite3.Error, TextgenError) as error:
            log.warning("channel %d is not read again: %s", channel.channel_id, error)
        finally:
            self._touched.pop(channel.channel_id, None)

    def listeners(self) -> tuple[Callable[..., Coroutine[Any, Any, None]], ...]:
        """Return what must hear of a client's events; each is named like its event."""
        return (
            self.on_message,
            self.on_raw_message_edit,
            self.on_raw_message_delete,
            self.on_raw_bulk_message_delete,
            self.on_raw_thread_delete,
            self.on_guild_channel_delete,
        )

    async def on_message(self, message: Any) -> None:
        """Count a message."""
        if message.guild is not None and await self._is_live(message.guild.id, message.channel.id):
            said = as_discord_has_it(message)
            self._add(message.guild.id, message.channel.id, message.id, said)

    async def on_raw_message_edit(self, event: Edit) -> None:
        """Count a message as it is now; updates without a text add a preview or a pin."""
        guild_id = getattr(event, "guild_id", None)
        if guild_id and "content" in event.data and await self._is_live(guild_id, event.channel_id):
            said = {"type": 0, **event.data} if "author" in event.data else None
            self._add(guild_id, event.channel_id, event.message_id, said)

    async def on_raw_message_delete(self, event: Delete) -> None:
        """Take back what a message gave."""
        await self._gone(event, [event.message_id])

    async def on_raw_bulk_message_delete(self, event: BulkDelete) -> None:
        """Take back what messages gave."""
        await self._gone(event, event.message_ids)

    async def on_raw_thread_delete(self, event: ThreadDelete) -> None:
        """Take back what a thread gave."""
        guild_id = getattr(event, "guild_id", None)
        if guild_id and await self._is_live(guild_id, event.thread_id):
            await self.unfollow(guild_id, [event.thread_id])

    async def on_guild_channel_delete(self, channel: Any) -> None:
        """Take back what a channel gave."""
        if await self._is_live(channel.guild.id, channel.id):
            await self.unfollow(channel.guild.id, [channel.id])

    async def _gone(self, event: Any, message_ids: Iterable[int]) -> None:
        guild_id = getattr(event, "guild_id", None)
        if guild_id and await self._is_live(guild_id, event.channel_id):
            for message_id in message_ids:
                self._add(guild_id, event.channel_id, message_id, None)

    async def _is_live(self, guild_id: int, channel_id: int) -> bool:
        return channel_id in (await self._texts.servers.of(guild_id)).live

    def _add(
        self, guild_id: int, channel_id: int, message_id: int, said: Mapping[str, Any] | None
    ) -> None:
        if channel_id in self._touched:
            self._touched[channel_id].add(message_id)
        self._events.append((guild_id, channel_id, message_id, said))
        self._came.set()

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write_on(self) -> None:
        while True:
            await self._came.wait()
            self._came.clear()
            await asyncio.sleep(TOGETHER_S)
            try:
                await self.settle()
            except (sqlite3.Error, TextgenError) as error:  # the next start reads it again
                log.warning("live messages are not counted: %s", error)

    async def _read_all(self) -> None:
        async with self._reading:
            for channel in await self._store.channels():
                if self._serves(channel.guild_id):
                    await self.read_again(channel)

    async def _write(self, events: list[_Event]) -> None:
        """Let what has come count: of each message, what came last of it."""
        last = {event[2]: event for event in events}
        by_guild: dict[int, list[_Said]] = {}
        for guild_id, channel_id, _, said in last.values():
            own = by_guild.setdefault(guild_id, [])
            if said is not None:
                own.append((channel_id, said))
        rows = await self._rows(by_guild)
        kept = {row.message_id for row in rows}
        taken_back = await self._store.put(rows, [found for found in last if found not in kept])
        self._counted(len(rows), taken_back)
        counts = Counter(row.guild_id for row in rows)
        for guild_id in by_guild:
            self.revision[guild_id] += 1
            await self._tidy(guild_id, counts[guild_id])

    async def _take_page(
        self, channel: LiveChannel, page: list[Payload], touched: set[int]
    ) -> set[int]:
        """Let a page's messages count, unless they were changed meanwhile; return their ids."""
        said = [(channel.channel_id, one) for one in page if message_id_of(one) not in touched]
        # An opt-out waits for it, and takes back what it came too late for.
        async with self._writing:
            made = await self._rows({channel.guild_id: said})
            fresh = [row for row in made if row.message_id not in touched]
            await self._store.put(fresh)
        self._counted(len(fresh), 0)
        await self._tidy(channel.guild_id, len(fresh))
        return {row.message_id for row in made}

    async def _rows(self, said: Mapping[int, Sequence[_Said]]) -> list[LiveRow]:
        """Return what servers' messages give, of those that may be learned."""
        filters = {}
        for guild_id, own in said.items():
            if own and await self._texts.refusal(guild_id) is None:
                await self._texts.filters.look_up(guild_id, [message for _, message in own])
                filters[guild_id] = await self._texts.filters.of_channels(guild_id)

        def made() -> list[LiveRow]:
            rows = []
            for guild_id, learnable in filters.items():
                found = [
                    (channel_id, message, text[:MOST_CHARS])
                    for channel_id, message in said[guild_id]
                    if (text := learnable(message))
                ]
                rows += self._seal.rows(guild_id, found)
            return rows

        return await asyncio.to_thread(made) if filters else []

    async def _tidy(self, guild_id: int, came: int) -> None:
        """Forget what a version has learned since, and more than a server may have."""
        self._untidy[guild_id] += came
        if self._untidy[guild_id] >= _TIDY_AFTER:
            self._untidy[guild_id] = 0
            await self._store.drop_learned(guild_id)
            await self._store.keep_newest(guild_id, MOST_MESSAGES)
