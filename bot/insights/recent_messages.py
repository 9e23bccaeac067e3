"""What was said last in a channel: read when somebody asks to see it, and not kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.corpus.channel_texts import ChannelTexts
from bot.discord_api.history_pages import (
    PAGE_MESSAGES,
    ChannelGoneError,
    DiscordPages,
    message_id_of,
)
from bot.errors import UserError

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
        texts: what of messages may be seen.
    """

    def __init__(self, pages: DiscordPages, texts: ChannelTexts) -> None:
        self._pages = pages
        self._texts = texts

    async def read(self, guild_id: int, channel_id: int, before_id: int) -> Sample:
        """Return the messages before one; of equal ones the newest alone.

        Raises:
            UserError: there are too few, or they may not be read.
        """
        await self._check(guild_id)
        found: dict[str, RecentMessage] = {}
        names: set[str] = set()
        chars, read = 0, 0
        while read < MAX_MESSAGES and chars < MAX_CHARS:
            page, texts = await self._page(guild_id, channel_id, before_id)
            for message, whole in zip(page, texts, strict=True):
                text = whole[:MAX_MESSAGE_CHARS]
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
                "Only {found} of the last {read} messages here have text I'm allowed to "
                "read; I need {least} different ones.",
                found=len(found),
                read=read,
                least=LEAST_MESSAGES,
            )
        return Sample(list(found.values()), frozenset(names))

    async def page(self, guild_id: int, channel_id: int, before_id: int) -> list[str]:
        """Return what is worth learning of the hundred messages before one, newest first.

        Raises:
            UserError: they may not be read.
        """
        await self._check(guild_id)
        _, texts = await self._page(guild_id, channel_id, before_id)
        return [text for text in texts if text]

    async def _check(self, guild_id: int) -> None:
        if (refusal := await self._texts.refusal(guild_id)) is not None:
            raise UserError(refusal)

    async def _page(
        self, guild_id: int, channel_id: int, before_id: int
    ) -> tuple[list[dict[str, Any]], list[str]]:
        """Return messages and of each what may be learned of it."""
        try:
            page = await self._pages.before(channel_id, before_id)
        except ChannelGoneError:
            raise UserError("This channel is gone.") from None
        return page, await self._texts.of(guild_id, page)


def _names_of(author: Mapping[str, Any]) -> Iterator[str]:
    for key in ("username", "global_name"):
        if isinstance(name := author.get(key), str):
            yield name
