"""What to answer when a command or a button failed: one sentence that says what to do."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_api.channel_access import VOICE
from bot.errors import APOLOGY, UserError, disk_full, failure_sentence
from bot.operations.doctor.discord_login import PERMISSIONS
from bot.text.discord_markup import cut, defuse_mentions, with_prefix
from cogs.views.typing import OptionError

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

log = logging.getLogger(__name__)

# discord.py's own words for what is no number.
_NO_NUMBER = re.compile(r"Converting to \"(?:int|float)\" failed for parameter \"(?P<name>\w+)\"")
THREADS_ALONE = "send_messages_in_threads"
_WRAPPERS = (
    commands.ConversionError,
    commands.HybridCommandError,
    commands.CommandInvokeError,
    app_commands.CommandInvokeError,
)
_DISCORD_IS_AWAY = (aiohttp.ClientError, discord.DiscordServerError, discord.NotFound)
NO_CHANNEL = (commands.BadUnionArgument, commands.ChannelNotFound, commands.ChannelNotReadable)
NEEDED = tuple(name for name, asked in PERMISSIONS if asked)  # as the invite asks for them


def sentence_for(error: Exception, example: str = "") -> str | None:
    """Return what to answer to a failed command; None where silence is better.

    Args:
        example: how the command is typed rightly; empty: `help` is named.
    """
    while isinstance(error, _WRAPPERS):
        error = error.original
    if isinstance(error, commands.CommandNotFound):
        return None
    if isinstance(error, _DISCORD_IS_AWAY):
        log.warning("an answer did not reach Discord: %s", error)
        return None
    sentence = _refusal(error, f"try `{example}`" if example else "`!help` shows how")
    if sentence is None:
        log.error("a command failed", exc_info=error)
        sentence = failure_sentence(error) if disk_full(error) else APOLOGY
    return cut(sentence)


async def tell_error(interaction: discord.Interaction[TextgenBot], error: Exception) -> None:
    """Tell the person who pressed or asked, and nobody else."""
    sentence = sentence_for(error)
    if sentence is None:
        return
    try:
        sentence = with_prefix(
            sentence, await interaction.client.services.prefix(interaction.guild_id)
        )
        if interaction.response.is_done():
            await interaction.followup.send(sentence, ephemeral=True)
        else:
            await interaction.response.send_message(sentence, ephemeral=True)
    except (discord.HTTPException, aiohttp.ClientError) as failure:
        log.warning("an error could not be told: %s", failure)


def missing_in(channel: object, permissions: discord.Permissions) -> list[str]:
    """Return what the bot lacks of what it needs in a channel of that kind."""
    elsewhere = {"send_messages" if isinstance(channel, discord.Thread) else THREADS_ALONE}
    if not isinstance(channel, VOICE):
        elsewhere.add("connect")
    needed = (name for name in NEEDED if name not in elsewhere)
    return [name for name in needed if not getattr(permissions, name)]


def missing_here(channel: object, permissions: discord.Permissions) -> str | None:
    """Return a sentence that names what the bot lacks in a channel, None if it lacks nothing."""
    missing = missing_in(channel, permissions)
    if not missing:
        return None
    return f"I need {_named(missing)} here. An admin can give me that."


def _refusal(error: Exception, how: str) -> str | None:
    """Return the sentence for an error that is the person's to mend, None for ours."""
    if isinstance(error, UserError | OptionError):
        return str(error)
    if isinstance(error, commands.MissingPermissions | app_commands.MissingPermissions):
        return f"You need {_named(error.missing_permissions)} for that."
    if isinstance(error, commands.BotMissingPermissions | app_commands.BotMissingPermissions):
        return f"I need {_named(error.missing_permissions)} here. An admin can give me that."
    if isinstance(error, commands.NoPrivateMessage | app_commands.NoPrivateMessage):
        return "That only works in a server."
    if isinstance(error, NO_CHANNEL):
        return f"I can't find that channel in this server. Name it like #general: {how}."
    if isinstance(error, commands.UserInputError):
        return f"{_misunderstood(error)}. {how[0].upper()}{how[1:]}."
    if isinstance(error, app_commands.CommandNotFound | app_commands.TransformerError):
        return "I didn't understand that. Discord may show an old form of the command; reload it."
    if isinstance(error, discord.Forbidden):
        return "Discord doesn't let me do that here, because I'm missing a permission."
    return None


def _misunderstood(error: commands.UserInputError) -> str:
    """Return what is wrong with what was typed, without what to do about it."""
    if isinstance(error, commands.MissingRequiredArgument | commands.MissingRequiredAttachment):
        return f"Something is missing: {error.param.name.replace('_', ' ')}"
    if isinstance(error, commands.RangeError):
        return f"{error.value!s:.40} is outside the range of {_range(error)}"
    if isinstance(error, commands.BadLiteralArgument):
        choices = " or ".join(map(str, error.literals))
        return f"I expected {choices}, not “{defuse_mentions(error.argument):.40}”"
    if isinstance(error, commands.BadBoolArgument):
        return f"I expected on or off, not “{defuse_mentions(error.argument):.40}”"
    if isinstance(error, commands.MemberNotFound):
        return f"I can't find a member “{defuse_mentions(error.argument):.40}” in this server"
    if isinstance(error, commands.BadFlagArgument | commands.MissingFlagArgument):
        return f"I didn't understand the value of `--{error.flag.name}`"
    if isinstance(error, commands.TooManyFlags):
        return f"You wrote `--{error.flag.name}` twice"
    if isinstance(error, commands.BadArgument) and (number := _NO_NUMBER.match(str(error))):
        return f"I expected a number for {number['name'].replace('_', ' ')}"
    if isinstance(error, commands.ArgumentParsingError):
        return "The quotation marks in that don't pair up"
    return "I didn't understand that"


def _range(error: commands.RangeError) -> str:
    """Return a range in words: of text it is its length that has one."""
    of = " characters" if isinstance(error.value, str) else ""
    if error.maximum is None:
        return f"{error.minimum} and more{of}"
    return f"{error.minimum or 0:g} to {error.maximum:,}{of}"


def _named(permissions: list[str]) -> str:
    names = [name.replace("_", " ").replace("guild", "server").title() for name in permissions]
    noun = "the permission " if len(names) == 1 else "the permissions "
    return noun + " and ".join(names)
