"""Whose messages a server lets the bot learn, and which of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.changes import Learnable
from bot.phrases import phrase_filter
from bot.storage.privacy import PrivacyStore
from bot.storage.server_records import Learns
from bot.storage.servers import ServerStore


class LearningRules:
    """Applies what a server and its members decided to messages that could be learned."""

    def __init__(self, servers: ServerStore, privacy: PrivacyStore) -> None:
        self._servers = servers
        self._privacy = privacy

    async def applied(self, guild_id: int, learnable: Learnable) -> Learnable:
        """Return `learnable` without what members keep to themselves and what a server banned.

        A member who opts out while a history is read is left out from then on.
        """
        settings = await self._servers.of(guild_id)
        choices = await self._privacy.choices(guild_id)
        banned = phrase_filter(settings.phrases)
        agreed_only = settings.learns is Learns.OPT_IN

        def allowed(message: Mapping[str, Any]) -> str | None:
            if not choices.may_learn(author_id_of(message), agreed_only=agreed_only):
                return None
            text = learnable(message)
            return None if text is None or banned.finds(text) else text

        return allowed


def author_id_of(message: Mapping[str, Any]) -> int | None:
    """Return who wrote a message, as Discord or a file has it; None where nobody says so."""
    author = message.get("author")
    found = author.get("id") if isinstance(author, Mapping) else author
    for value in (found, message.get("author_id"), message.get("user_id")):
        if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()):
            return int(value)
    return None
