"""What is said in channels, as far as it may be learned, for those who look and keep nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.corpus.message_filters import MessageFilters
from bot.errors import FILES_ALONE, NO_CONTENT
from bot.storage.guilds import ServerStore


@dataclass(frozen=True, slots=True)
class ChannelTexts:
    """Tells whether a server's channels may be read, and what of their messages may be seen.

    Both are asked anew each time, so that an opt-out or a setting counts at once.

    Attributes:
        sees_content: whether Discord shows the bot what is written.
    """

    filters: MessageFilters
    servers: ServerStore
    sees_content: bool

    async def refusal(self, guild_id: int) -> str | None:
        """Return in a sentence why nothing may be read in a server, None where it may."""
        if not self.sees_content:
            return NO_CONTENT
        return None if (await self.servers.of(guild_id)).reads_history else FILES_ALONE

    async def of(self, guild_id: int, messages: Sequence[Mapping[str, Any]]) -> list[str]:
        """Return each message's text with marks, empty where it may not be learned.

        Args:
            messages: as Discord's REST interface gives them.
        """
        await self.filters.look_up(guild_id, messages)
        learnable = await self.filters.of_channels(guild_id)
        # In a thread: who wrote them may have meant them to take long.
        return await asyncio.to_thread(lambda: [learnable(message) or "" for message in messages])
