"""The audience of Discord's channels: who may read them, and which are NSFW."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord

from bot.discord_api.channel_access import VOICE, lacking

log = logging.getLogger(__name__)

MAX_ASKED = 200  # members whose names are looked up


@dataclass(frozen=True, slots=True)
class Audience:
    """Who may view a channel, by its rules alone: members need not be known.

    Attributes:
        everybody: the id of the role that all members have.
        granted: roles and members, by id, that let somebody view it.
        denied: other roles and members, by id, that keep somebody from it.
        insisted: those of ``granted`` that the channel itself names: among a channel's
            own rules what lets somebody in wins over what keeps them out.
    """

    everybody: int
    granted: frozenset[int]
    denied: frozenset[int]
    insisted: frozenset[int] = frozenset()

    @property
    def is_public(self) -> bool:
        """Say whether every member may view it."""
        return self.everybody in self.granted and not self.denied

    def is_within(self, other: Audience) -> bool:
        """Say whether whoever may view this channel may surely view the other one.

        Sound rather than complete: where the other channel keeps nobody out by name,
        it shows itself to whoever has one of the roles that open it; so it is enough
        that all that opens this one opens that one. Else both must have the same rules.
        """
        if other.is_public or self == other:
            return True
        if other.denied:
            return False
        return self.everybody in other.granted or self.granted <= other.granted


def audience_of(
    channel: discord.abc.GuildChannel | discord.Thread, permission: str = "view_channel"
) -> Audience:
    """Return who has a permission in a channel: who may view it, if no other is named.

    Administrators view everything, so they are left out.
    """
    guild = channel.guild
    if isinstance(channel, discord.Thread):
        if channel.is_private() or channel.parent is None:
            return Audience(guild.id, frozenset({channel.id}), frozenset())  # its members alone
        channel = channel.parent
    rules = {
        target.id: getattr(overwrite, permission)
        for target, overwrite in channel.overwrites.items()
        if getattr(overwrite, permission) is not None
    }
    everybody = rules.get(guild.id)
    granted = {found for found, allowed in rules.items() if allowed}
    insisted = frozenset(granted)
    if everybody is None:
        granted |= {role.id for role in guild.roles if getattr(role.permissions, permission)}
    denied = {found for found, allowed in rules.items() if not allowed} - {guild.id}
    return Audience(guild.id, frozenset(granted), frozenset(denied), insisted)


def readers_of(channel: discord.abc.GuildChannel | discord.Thread) -> tuple[Audience, ...]:
    """Return audiences to all of which whoever reads a channel belongs."""
    permissions = ("view_channel", "connect") if isinstance(channel, VOICE) else ("view_channel",)
    return tuple(audience_of(channel, permission) for permission in permissions)


def is_public(channel: discord.abc.GuildChannel | discord.Thread) -> bool:
    """Say whether every member may read a channel."""
    return all(audience.is_public for audience in readers_of(channel))


def is_within(client: discord.Client, place_id: int, learned_id: int, *, hidden: bool) -> bool:
    """Say whether all who read a place may read a channel that was learned from.

    Args:
        place_id: the channel or thread to write in.
        learned_id: the channel or thread that was learned from.
        hidden: whether that one was not open to all when it was learned from, which
            counts where it is gone.
    """
    learned, place = client.get_channel(learned_id), client.get_channel(place_id)
    if place_id == learned_id:
        return True
    kinds = discord.abc.GuildChannel | discord.Thread
    if not isinstance(learned, kinds):
        return not hidden
    if is_public(learned):
        return True
    return isinstance(place, kinds) and all(
        any(here.is_within(there) for here in readers_of(place)) for there in readers_of(learned)
    )


def can_read(client: discord.Client, channel_id: int) -> bool:
    """Say whether a channel is there and its history is open to the bot."""
    channel = client.get_channel(channel_id)
    if not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
        return False
    return not lacking(channel, channel.guild.me)


def is_nsfw(channel: Any) -> bool:
    """Say whether a channel is NSFW now; one that is not known is not."""
    says = getattr(channel, "is_nsfw", None)  # there are channels that cannot be
    return bool(says and says())


def last_message_id(client: discord.Client, channel_id: int) -> int:
    """Return the id of a channel's newest message, 0 where it is not known."""
    return getattr(client.get_channel(channel_id), "last_message_id", None) or 0


async def has_manager(client: discord.Client, guild_id: int) -> bool:
    """Say whether somebody is known to be there who may manage a server: its owner.

    Discord tells of no other members without the privilege to list them.
    """
    guild = client.get_guild(guild_id)
    if guild is None or guild.unavailable or guild.owner_id is None:
        return False
    try:
        await guild.fetch_member(guild.owner_id)
    except discord.NotFound:
        return False
    except (discord.HTTPException, aiohttp.ClientError) as error:
        log.warning("whether a server's owner is there is unknown: %s", error)
        return False
    return True


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
