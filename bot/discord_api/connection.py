"""How the bot connects to Discord: what it asks to be told of, and what it keeps of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.config import Settings
from bot.operations.metrics import Metrics
from bot.runtime.proxies import client_options

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

# Who installs the bot need not read at each start that it cannot speak by voice.
discord.VoiceClient.warn_nacl = False
discord.VoiceClient.warn_dave = False


def intents_of(settings: Settings) -> discord.Intents:
    """Return what the bot asks Discord to tell it of."""
    return discord.Intents(
        guilds=True,
        guild_messages=True,
        dm_messages=True,
        expressions=True,
        message_content=settings.message_content,
    )


def connection_options(
    settings: Settings, guild_ready_s: float, metrics: Metrics
) -> dict[str, Any]:
    """Return the keyword arguments of discord.py's client: it pings nobody and remembers nothing.

    Args:
        settings: the installation's.
        guild_ready_s: how long the last of the servers is waited for at the start.
        metrics: counts the requests.
    """
    own_shards: dict[str, Any] = {}  # discord.py knows no None for it
    if settings.shard_ids is not None:
        own_shards["shard_ids"] = [*settings.shard_ids]
    return {
        "command_prefix": _prefixes,
        "help_command": None,
        # Installed by servers, not by users: there is no server to talk like elsewhere.
        "allowed_installs": app_commands.AppInstallationType(guild=True, user=False),
        "allowed_contexts": app_commands.AppCommandContext(
            guild=True, dm_channel=True, private_channel=False
        ),
        "case_insensitive": True,  # phones begin with a capital
        "strip_after_prefix": True,
        "intents": intents_of(settings),
        "allowed_mentions": discord.AllowedMentions.none(),
        "max_messages": None,
        "member_cache_flags": discord.MemberCacheFlags.none(),
        "chunk_guilds_at_startup": False,
        "guild_ready_timeout": guild_ready_s,
        "shard_count": settings.shard_count,
        "http_trace": metrics.trace_requests(),
        **own_shards,
        **client_options(settings.proxy),
    }


async def _prefixes(bot: TextgenBot, message: discord.Message) -> list[str]:
    """Return what the message may begin with to be a command: a mention, or the prefix in any case.

    What Discord's picker inserts is as often the role that has the bot's name.
    """
    prefix = await bot.prefix(message.guild.id if message.guild else None)
    found = [prefix]
    typed = message.content[: len(prefix)]
    if typed.casefold() == prefix.casefold():
        found.insert(0, typed)
    role = message.guild.self_role if message.guild is not None else None
    if role is not None:
        found.append(f"<@&{role.id}> ")
        found.append(f"<@&{role.id}>")
    return commands.when_mentioned_or(*found)(bot, message)
