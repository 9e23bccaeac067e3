"""Whether somebody may read a channel's history: the one check, whoever asks."""

from __future__ import annotations

from typing import Any

import discord

Readable = (
    discord.TextChannel
    | discord.VoiceChannel
    | discord.StageChannel
    | discord.Thread
    | discord.ForumChannel
)
_VOCAL = discord.VoiceChannel | discord.StageChannel


def lacking(channel: Readable, member: discord.Member) -> tuple[str, ...]:
    """Return the names of the permissions that somebody lacks to read a channel's history.

    What is written in a voice channel is shown to those alone who may connect to it.
    """
    rights = channel.permissions_for(member)
    needed = {"View Channel": rights.view_channel, "Read Message History":
              rights.read_message_history}  # fmt: skip
    if isinstance(channel, _VOCAL):
        needed["Connect"] = rights.connect
    return tuple(name for name, given in needed.items() if not given)


async def is_kept_from(channel: Any, member: discord.Member) -> bool:
    """Say whether a private thread is not somebody's: only who is in it reads it."""
    if not isinstance(channel, discord.Thread) or not channel.is_private():
        return False
    if channel.permissions_for(member).manage_threads:
        return False
    try:
        await channel.fetch_member(member.id)
    except discord.HTTPException:
        return True
    return False
