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
VOICE = discord.VoiceChannel | discord.StageChannel
READING = ("view_channel", "read_message_history")


def reading_needs(channel: object) -> tuple[str, ...]:
    """Return the permissions without which a channel's messages may not be read.

    "If the channel is a voice channel, they must also have the CONNECT permission": Discord's
    documentation, resources/message.
    """
    return (*READING, "connect") if isinstance(channel, VOICE) else READING


def lacking(
    channel: discord.abc.GuildChannel | discord.Thread, member: discord.Member
) -> tuple[str, ...]:
    """Return the permissions that somebody lacks to read a channel's history."""
    rights = channel.permissions_for(member)
    return tuple(name for name in reading_needs(channel) if not getattr(rights, name))


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


def may_write(channel: Any) -> bool:
    """Say whether the bot may send messages in a channel, or thread, of a server."""
    mine: discord.Permissions = channel.permissions_for(channel.guild.me)
    return mine.view_channel and mine.send_messages  # in threads, discord.py's name for both
