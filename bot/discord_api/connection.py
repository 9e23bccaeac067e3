"""How the bot connects to Discord: what it asks to be told of, and what it keeps of that."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import aiohttp
import discord
from discord import app_commands

# Who installs the bot need not read at each start that it cannot speak by voice.
discord.VoiceClient.warn_nacl = False
discord.VoiceClient.warn_dave = False


PrefixOf = Callable[[int | None], Awaitable[str]]
Beginnings = Callable[[Any, discord.Message], Awaitable[list[str]]]


def intents_for(*, message_content: bool) -> discord.Intents:
    """Return what the bot asks Discord to tell it of."""
    return discord.Intents(
        guilds=True,
        guild_messages=True,
        dm_messages=True,
        expressions=True,
        message_content=message_content,
    )


def connection_options(
    *,
    beginnings: Beginnings,
    message_content: bool,
    shard_ids: Sequence[int] | None,
    shard_count: int | None,
    guild_ready_s: float,
    http_trace: aiohttp.TraceConfig,
    http_options: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the keyword arguments of discord.py's client: it pings nobody and remembers nothing.

    Args:
        beginnings: tells what stands before a command's name in a message.
        message_content: whether the bot may see what is written.
        shard_ids: the shards of this process; None: all.
        shard_count: of all processes; None: what Discord suggests.
        guild_ready_s: how long the last of the servers is waited for at the start.
        http_trace: is told of each request.
        http_options: by which way Discord is reached (`bot.runtime.downloads`).
    """
    own_shards: dict[str, Any] = {}  # discord.py knows no None for it
    if shard_ids is not None:
        own_shards["shard_ids"] = [*shard_ids]
    return {
        "command_prefix": beginnings,
        "help_command": None,
        # Installed by servers, not by users: there is no server to talk like elsewhere.
        "allowed_installs": app_commands.AppInstallationType(guild=True, user=False),
        "allowed_contexts": app_commands.AppCommandContext(
            guild=True, dm_channel=True, private_channel=False
        ),
        "case_insensitive": True,  # phones begin with a capital
        "strip_after_prefix": True,
        "intents": intents_for(message_content=message_content),
        "allowed_mentions": discord.AllowedMentions.none(),
        "max_messages": None,
        "member_cache_flags": discord.MemberCacheFlags.none(),
        "chunk_guilds_at_startup": False,
        "guild_ready_timeout": guild_ready_s,
        "shard_count": shard_count,
        "http_trace": http_trace,
        **own_shards,
        **http_options,
    }
