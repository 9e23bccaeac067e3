"""Whose messages a server lets the bot learn, and which of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from bot.corpus.author_marks import is_told_apart, numbered, without_numbers
from bot.corpus.authors import author_id_of
from bot.corpus.edits import MessageFilter
from bot.discord_api.member_roles import Holders, MemberRoles
from bot.errors import FILES_ALONE, UserError
from bot.storage.author_tokens import AuthorTokenStore
from bot.storage.guild_settings import Learns, ServerSettings
from bot.storage.guilds import ServerStore
from bot.storage.privacy import PrivacyStore
from bot.text.banned_phrases import phrase_filter


class EligibilityRules:
    """Applies what a server and its members decided to messages that could be learned."""

    def __init__(
        self,
        servers: ServerStore,
        privacy: PrivacyStore,
        voices: AuthorTokenStore,
        roles: MemberRoles,
    ) -> None:
        self._servers = servers
        self._roles = roles
        self._privacy = privacy
        self._voices = voices

    async def check_history(self, guild_id: int) -> None:
        """Raise a UserError where a server wants no channel's history to be read (any more)."""
        if not (await self._servers.of(guild_id)).reads_history:
            raise UserError(FILES_ALONE)

    async def settings(self, guild_id: int) -> ServerSettings:
        """Return what a server has set."""
        return await self._servers.of(guild_id)

    async def left_out(self, guild_id: int) -> frozenset[int]:
        """Return the members of whom nothing is learned."""
        choices = await self._privacy.choices(guild_id)
        settings = await self._servers.of(guild_id)
        return frozenset(choices.out) | settings.left_out_members

    async def look_up(self, guild_id: int, author_ids: Iterable[int | None]) -> None:
        """Ask who of some authors has a role that is left out, before a filter is asked of them."""
        roles = (await self._servers.of(guild_id)).left_out_roles
        if roles:
            await self._roles.look_up(guild_id, roles, filter(None, author_ids))

    async def wrap(
        self, guild_id: int, learnable: MessageFilter, train_job_id: int | None = None
    ) -> MessageFilter:
        """Return `learnable` without what members keep to themselves and what a server banned.

        A member who opts out while a history is read is left out from then on. For a
        job, messages of members who agreed to it begin with a number (bot/corpus/author_marks.py).
        """
        numbers = {} if train_job_id is None else await self._voices.numbers(train_job_id)
        settings = await self._servers.of(guild_id)
        choices = await self._privacy.choices(guild_id)
        # In a thread, as many phrases take long; without any it would cost more than it spares.
        phrases = settings.phrases
        banned = await asyncio.to_thread(phrase_filter, phrases) if phrases else phrase_filter(())
        agreed_only = settings.learns is Learns.OPT_IN
        holders = self._roles.of(guild_id, settings.left_out_roles)

        def allowed(message: Mapping[str, Any]) -> str | None:
            author_id = author_id_of(message)
            if not choices.may_learn(author_id, agreed_only=agreed_only):
                return None
            if author_id in settings.left_out_members:
                return None
            if author_id is not None and _has_role(message, author_id, holders):
                return None
            text = without_numbers(learnable(message) or "")
            if not text or banned.finds(text):
                return None
            if author_id in numbers and author_id in choices.voices and is_told_apart(message):
                return numbered(text, numbers[author_id])
            return text

        return allowed


def _has_role(message: Mapping[str, Any], author_id: int, holders: Holders) -> bool:
    """Say whether somebody has a role that is left out; the gateway says it with the message."""
    member = message.get("member")
    if isinstance(member, Mapping) and "roles" in member:
        return not holders.roles.isdisjoint(map(int, member["roles"]))
    return author_id in holders


def without_names(learnable: MessageFilter, names: frozenset[str]) -> MessageFilter:
    """Return `learnable` without messages whose author is known by one of the names alone."""
    if not names:
        return learnable

    def allowed(message: Mapping[str, Any]) -> str | None:
        author = message.get("author")
        name = author.get("username") if isinstance(author, Mapping) else author
        is_named = isinstance(name, str) and name.casefold() in names
        if is_named and (message.get("webhook_id") or author_id_of(message) is None):
            return None
        return learnable(message)

    return allowed
