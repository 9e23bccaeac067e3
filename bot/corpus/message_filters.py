"""What tells a message worth learning, in one server, by all that it has decided."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any, Protocol

from bot.corpus.authors import author_id_of
from bot.corpus.edits import MessageFilter
from bot.corpus.eligibility import EligibilityRules, without_names
from bot.discord_api.audience import names_of
from bot.text.discord_markup import learnable_text
from bot.text.other_bots import command_pattern, proxy_ids


class KnowsGuilds(Protocol):
    """A connected client, as far as filters ask it."""

    @property
    def user(self) -> Any:
        """The bot itself, None before it has logged in."""
        ...

    def get_guild(self, id: int, /) -> Any:
        """Return a server, None if the bot is not there."""
        ...


class MessageFilters:
    """Makes the filters of servers, for channels and for files."""

    def __init__(
        self,
        client: KnowsGuilds,
        rules: EligibilityRules,
        prefix_of: Callable[[int], Awaitable[str]],
    ) -> None:
        self._client = client
        self._rules = rules
        self._prefix_of = prefix_of

    async def of_channels(self, guild_id: int, train_job_id: int | None = None) -> MessageFilter:
        """Return what tells a message's text worth learning, None where there is none.

        For a job, it tells apart who agreed to that (bot/corpus/author_marks.py).
        """
        settings = await self._rules.settings(guild_id)
        learnable: MessageFilter = partial(
            learnable_text,
            prefix=await self._prefix_of(guild_id),
            bot_id=self._client.user.id if self._client.user else 0,
            proxies=proxy_ids(settings.proxies),
            other_commands=command_pattern(settings.other_prefixes),
        )
        if settings.proxies:  # who writes by a webhook is known by a name at best
            learnable = without_names(learnable, await self._names_of_left_out(guild_id))
        return await self._rules.wrap(guild_id, learnable, train_job_id)

    async def look_up(self, guild_id: int, messages: Iterable[Mapping[str, Any]]) -> None:
        """Ask Discord what filters need to know of messages' authors; nothing, in most servers."""
        if (await self._rules.settings(guild_id)).left_out_roles:
            await self._rules.look_up(guild_id, map(author_id_of, messages))

    async def of_file(
        self, guild_id: int, train_job_id: int
    ) -> tuple[Mapping[str, Any], MessageFilter]:
        """Return what reading a job's file needs to know, and what its messages are asked then.

        They are marked already; what is left is whose they are, by names where Discord has
        ids, and what they may hold.
        """
        settings = await self._rules.settings(guild_id)
        others = settings.other_prefixes
        options = {
            "prefix": await self._prefix_of(guild_id),
            "bot_id": self._client.user.id if self._client.user else 0,
            "other_prefixes": None if others is None else list(others),
        }
        learnable = await self._rules.wrap(
            guild_id, lambda message: str(message["content"]), train_job_id
        )
        return options, without_names(learnable, await self._names_of_left_out(guild_id))

    async def _names_of_left_out(self, guild_id: int) -> frozenset[str]:
        guild = self._client.get_guild(guild_id)
        gone = await self._rules.left_out(guild_id)
        return await names_of(guild, gone) if guild is not None else frozenset()
