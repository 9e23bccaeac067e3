"""Which members have certain roles, asked of Discord one by one, without its list of members."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiohttp
import discord

log = logging.getLogger(__name__)

FRESH_S = 3600.0  # for which what Discord said is believed


class KnowsGuilds(Protocol):
    """A connected client, as far as it is asked here."""

    def get_guild(self, id: int, /) -> Any:
        """Return a server, None if the bot is not there."""
        ...


@dataclass(slots=True)
class Holders:
    """Who has one of some roles of a server.

    Attributes:
        roles: the ids of the roles.
        asked: when Discord was asked of whom.
        found: who has one of them.
    """

    roles: frozenset[int]
    asked: dict[int, float] = field(default_factory=dict)
    found: set[int] = field(default_factory=set)

    def __contains__(self, user_id: int) -> bool:
        """Say whether somebody has one of the roles, or was never asked of, which is as bad."""
        return bool(self.roles) and (user_id in self.found or user_id not in self.asked)


class MemberRoles:
    """Remembers for an hour who has the roles that a server leaves out."""

    def __init__(self, client: KnowsGuilds, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._known: dict[int, Holders] = {}

    def of(self, guild_id: int, roles: frozenset[int]) -> Holders:
        """Return who is known to have one of the roles; it grows as `look_up` finds more."""
        known = self._known.get(guild_id)
        if known is None or known.roles != roles:
            known = self._known[guild_id] = Holders(roles)
        return known

    async def look_up(self, guild_id: int, roles: frozenset[int], user_ids: Iterable[int]) -> None:
        """Ask of whom nothing is known yet; who has left the server has no role.

        Whom Discord does not tell of stays unknown.
        """
        holders = self.of(guild_id, roles)
        guild = self._client.get_guild(guild_id)
        if not roles or guild is None:
            return
        now = self._clock()
        for user_id in sorted(set(user_ids)):
            if now - holders.asked.get(user_id, -FRESH_S) < FRESH_S:
                continue
            try:
                has_role = not roles.isdisjoint(_role_ids(await guild.fetch_member(user_id)))
            except discord.NotFound:
                has_role = False
            except (discord.HTTPException, aiohttp.ClientError) as error:
                log.warning("the roles of a member are unknown, who is left out so far: %s", error)
                continue
            holders.asked[user_id] = now
            (holders.found.add if has_role else holders.found.discard)(user_id)


def _role_ids(member: discord.Member) -> Collection[int]:
    return {role.id for role in member.roles}
