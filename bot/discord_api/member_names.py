"""By which names members are known, where a file says no more of them."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import aiohttp
import discord

log = logging.getLogger(__name__)

MAX_ASKED = 200


async def names_of(guild: discord.Guild, user_ids: Iterable[int]) -> frozenset[str]:
    """Return members' names in this server and anywhere, in small letters.

    Who has left the server is asked for all the same. Whom Discord does not tell of has none.
    """
    names: set[str] = set()
    for user_id in sorted(user_ids)[:MAX_ASKED]:
        try:
            found: discord.Member | discord.User = await guild.fetch_member(user_id)
        except discord.NotFound:
            continue
        except (discord.HTTPException, aiohttp.ClientError) as error:
            log.warning("the names of a member who opted out are unknown: %s", error)
            continue
        nick = found.nick if isinstance(found, discord.Member) else None
        names |= {name.casefold() for name in (found.name, found.global_name, nick) if name}
    return frozenset(names)
