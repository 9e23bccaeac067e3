"""What was said last in the channels where the bot writes: in memory, and nowhere else.

A channel is followed from the first text that is written in it: its last messages are read
by one request, and from then on Discord tells of new, changed and deleted ones. What is kept
is as Discord has it; whose messages may be heard is asked anew for every text, so that an
opt-out counts at once. Nothing is told to another channel, and nothing is stored.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.corpus.channel_texts import ChannelTexts
from bot.corpus.edits import BulkDelete, Delete, Edit, ThreadDelete
from bot.discord_api.history_pages import DiscordPages
from textgen_core.generation.live_memory import MOST_MESSAGES

MOST_CHANNELS = 1000  # of all servers; the one that was longest without a text is given up
MOST_CHARS = 400  # of a message
READING_S = 1.0  # a text waits no longer for the messages before it


@dataclass(slots=True, eq=False)
class _Channel:
    """A channel that is followed.

    Attributes:
        messages: as Discord gives them, by id; some more than are heard.
        gone: ids that were deleted while the channel was read.
        is_read: whether the messages before the first that was told of are known.
    """

    guild_id: int
    messages: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_read: bool = False

    def add(self, messages: Iterable[Mapping[str, Any]]) -> None:
        """Take in messages that were not known, and keep the newest of all."""
        for message in messages:
            message_id = int(message["id"])
            if message_id not in self.gone:
                self.messages.setdefault(message_id, message)
        newest = sorted(self.messages)[-2 * MOST_MESSAGES :]
        self.messages = {message_id: self.messages[message_id] for message_id in newest}


class LiveMemory:
    """Knows what was said last where texts are written.

    Args:
        pages: what asks Discord.
        texts: what of messages may be heard.
    """

    def __init__(self, pages: DiscordPages, texts: ChannelTexts) -> None:
        self._pages = pages
        self._texts = texts
        self._channels: OrderedDict[int, _Channel] = OrderedDict()

    async def heard(self, guild_id: int, channel_id: int) -> list[str]:
        """Return what was said last in a channel, with marks, the newest last.

        Nothing where the server does not want that, or the history cannot be read.
        """
        listens = (await self._texts.servers.of(guild_id)).listens
        if not listens or await self._texts.refusal(guild_id) is not None:
            self._channels.pop(channel_id, None)
            return []
        channel = self._channels.setdefault(channel_id, _Channel(guild_id))
        self._channels.move_to_end(channel_id)
        while len(self._channels) > MOST_CHANNELS:
            self._channels.popitem(last=False)
        if not await self._is_read(channel_id, channel):
            return []
        texts = await self._texts.of(guild_id, list(channel.messages.values()))
        return [text[:MOST_CHARS] for text in texts if text][-MOST_MESSAGES:]

    async def _is_read(self, channel_id: int, channel: _Channel) -> bool:
        """Read a channel's last messages, if that was not done; say whether it worked."""
        async with channel.reading:
            if channel.is_read:
                return True
            try:
                async with asyncio.timeout(READING_S):
                    page = await self._pages.newest(channel_id)
            except TimeoutError:
                page = None
            if page is None:
                self._channels.pop(channel_id, None)
                return False
            channel.add(page)
            channel.gone.clear()
            channel.is_read = True
            return True

    def listeners(self) -> tuple[Callable[..., Coroutine[Any, Any, None]], ...]:
        """Return what must hear of a client's events; each is named like its event."""
        return (
            self.on_message,
            self.on_raw_message_edit,
            self.on_raw_message_delete,
            self.on_raw_bulk_message_delete,
            self.on_raw_thread_delete,
            self.on_guild_channel_delete,
            self.on_guild_remove,
        )

    async def on_message(self, message: Any) -> None:
        """Hear a message."""
        if (channel := self._channels.get(message.channel.id)) is not None:
            channel.add([as_discord_has_it(message)])

    async def on_raw_message_edit(self, event: Edit) -> None:
        """Hear a message's new text instead of the former one."""
        channel = self._channels.get(event.channel_id)
        if channel is not None and "content" in event.data:
            known = channel.messages.get(event.message_id)
            if known is not None:
                changed = {**known, "content": event.data["content"]}
                channel.messages[event.message_id] = changed
            elif not channel.is_read:  # the page that is on its way may have the former text
                channel.gone.add(event.message_id)

    async def on_raw_message_delete(self, event: Delete) -> None:
        """Forget a message."""
        self._forget(event.channel_id, [event.message_id])

    async def on_raw_bulk_message_delete(self, event: BulkDelete) -> None:
        """Forget messages."""
        self._forget(event.channel_id, event.message_ids)

    async def on_raw_thread_delete(self, event: ThreadDelete) -> None:
        """Forget a thread."""
        self._channels.pop(event.thread_id, None)

    async def on_guild_channel_delete(self, channel: Any) -> None:
        """Forget a channel."""
        self._channels.pop(channel.id, None)

    async def on_guild_remove(self, guild: Any) -> None:
        """Forget a server."""
        for channel_id, channel in list(self._channels.items()):
            if channel.guild_id == guild.id:
                del self._channels[channel_id]

    def _forget(self, channel_id: int, message_ids: Iterable[int]) -> None:
        if (channel := self._channels.get(channel_id)) is None:
            return
        for message_id in message_ids:
            channel.messages.pop(message_id, None)
            if not channel.is_read:
                channel.gone.add(message_id)


def as_discord_has_it(message: Any) -> dict[str, Any]:
    """Return what a page would say of a discord.py message, as far as a filter looks at it."""
    author = {
        "id": str(message.author.id),
        "username": message.author.name,
        "bot": message.author.bot,
    }
    said = {
        "id": str(message.id),
        "type": message.type.value,
        "content": message.content,
        "author": author,
    }
    if message.webhook_id is not None:
        said["webhook_id"] = str(message.webhook_id)
    if message.application_id is not None:
        said["application_id"] = str(message.application_id)
    return said
