"""What was said last in a channel: read when somebody asks to see it, and not kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.corpus.edits import MessageFilter
from bot.discord_api.history_pages import (
    PAGE_MESSAGES,
    ChannelGoneError,
    DiscordPages,
    message_id_of,
)
from bot.errors import FILES_ALONE, NO_CONTENT, UserError
from bot.storage.guilds import ServerStore

MAX_MESSAGES = 500
MAX_CHARS = 16_000  # of all of them: a third of a second of a processor's time
MAX_MESSAGE_CHARS = 100
LEAST_MESSAGES = 20


@dataclass(frozen=True, slots=True)
class RecentMessage:
    """A message by whomever, with marks (textgen_core/text/special_tokens.py)."""

    message_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A channel's last messages, the newest first, and what their authors are called."""

    said: list[RecentMessage]
    names: frozenset[str]

    @property
    def texts(self) -> list[str]:
        """What was said."""
        return [message.text for message in self.said]


class RecentMessages:
    """Reads a channel's last messages, those alone that might be learned from.

    Args:
        pages: what asks Discord.
        servers: what servers have set.
        learnable_in: returns what tells a message's text worth learning in a server.
        look_up: asks what that needs to know of messages' authors, before.
        sees_content: whether Discord shows the bot what is written.
    """

    def __init__(
        self,
        pages: DiscordPages,
        servers: ServerStore,
        learnable_in: Callable[[int], Awaitable[MessageFilter]],
        look_up: Callable[[int, Sequence[Mapping[str, Any]]], Awaitable[None]],
        *,
        sees_content: bool,
    ) -> None:
        self._pages = pages
        self._servers = servers
        self._learnable_in = learnable_in
        self._look_up = look_up
        self._sees_content = sees_content

    async def read(self, guild_id: int, channel_id: int, before_id: int) -> Sample:
        """Return the messages before one; of equal ones the newest alone.

        Raises:
            UserError: there are too few, or they may not be read.
        """
        learnable = await self._learnable(guild_id)
        found: dict[str, RecentMessage] = {}
        names: set[str] = set()
        chars, read = 0, 0
        while read < MAX_MESSAGES and chars < MAX_CHARS:
            page, texts = await self._page(guild_id, channel_id, before_id, learnable)
            for message, text in zip(page, texts, strict=True):
                names.update(_names_of(message["author"]))
                if text and text.casefold() not in found:
                    found[text.casefold()] = RecentMessage(message_id_of(message), text)
                    chars += len(text)
            read += len(page)
            if len(page) < PAGE_MESSAGES:
                break
            before_id = message_id_of(page[-1])
        if len(found) < LEAST_MESSAGES:
            raise UserError(
                f"Only {len(found)} of the last {read} messages here have text I'm allowed to "
                f"read; I need {LEAST_MESSAGES} different ones."
            )
        return Sample(list(found.values()), frozenset(names))

    async def page(self, guild_id: int, channel_id: int, before_id: int) -> list[str]:
        """Return what is worth learning of the hundred messages before one, newest first.

        Raises:
            UserError: they may not be read.
        """
        learnable = await self._learnable(guild_id)
        _, texts = await self._page(guild_id, channel_id, before_id, learnable, cut_at=None)
        return [text for text in texts if text]

    async def _learnable(self, guild_id: int) -> MessageFilter:
        if not self._sees_content:
            raise UserError(NO_CONTENT)
        if not (await self._servers.of(guild_id)).reads_history:
            raise UserError(FILES_ALONE)
        return await self._learnable_in(guild_id)

    async def _page(
        self,
        guild_id: int,
        channel_id: int,
        before_id: int,
        learnable: MessageFilter,
        *,
        cut_at: int | None = MAX_MESSAGE_CHARS,
    ) -> tuple[list[dict[str, Any]], list[str]]:
        """Return messages and of each what may be learned of it, as far as that is looked at."""
        try:
            page = await self._pages.before(channel_id, before_id)
        except ChannelGoneError:
            raise UserError("This channel is gone.") from None
        await self._look_up(guild_id, page)
        # In a thread: who wrote them may have meant them to take long.
        return page, await asyncio.to_thread(_texts_of, page, learnable, cut_at)


def _texts_of(
    page: Sequence[Mapping[str, Any]], learnable: MessageFilter, cut_at: int | None
) -> list[str]:
    return [(learnable(message) or "")[:cut_at] for message in page]


def _names_of(author: Mapping[str, Any]) -> Iterator[str]:
    for key in ("username", "global_name"):
        if isinstance(name := author.get(key), str):
            yield name
