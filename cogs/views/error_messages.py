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
from bot.discord_api.permission_names import listed_permissions
from bot.errors import APOLOGY, UserError, disk_full, failure_sentence
from bot.locales.messages import _, listed, ngettext, pgettext
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
    sentence = _refusal(error, example)
    if sentence is None:
        log.error("a command failed", exc_info=error)
        sentence = failure_sentence(error) if disk_full(error) else _(APOLOGY)
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
    return _needs_here(missing)


def _needs_here(permissions: list[str]) -> str:
    return ngettext(
        "I need the permission {permissions} here. An admin can give me that.",
        "I need the permissions {permissions} here. An admin can give me that.",
        len(permissions),
        permissions=listed_permissions(permissions),
    )


def _refusal(error: Exception, example: str) -> str | None:
    """Return the sentence for an error that is the person's to mend, None for ours."""
    if isinstance(error, UserError | OptionError):
        return error.said()
    if isinstance(error, commands.MissingPermissions | app_commands.MissingPermissions):
        return ngettext(
            "You need the permission {permissions} for that.",
            "You need the permissions {permissions} for that.",
            len(error.missing_permissions),
            permissions=listed_permissions(error.missing_permissions),
        )
    if isinstance(error, commands.BotMissingPermissions | app_commands.BotMissingPermissions):
        return _needs_here(error.missing_permissions)
    if isinstance(error, commands.NoPrivateMessage | app_commands.NoPrivateMessage):
        return _("That only works in a server.")
    if isinstance(error, NO_CHANNEL):
        unknown = _("I can't find that channel in this server. Name it like #general.")
        return f"{unknown} {_what_helps(example)}"
    if isinstance(error, commands.UserInputError):
        return f"{_misunderstood(error)} {_what_helps(example)}"
    if isinstance(error, app_commands.CommandNotFound | app_commands.TransformerError):
        return _(
            "I didn't understand that. Discord may show an old form of the command; reload it."
        )
    if isinstance(error, discord.Forbidden):
        return _("Discord doesn't let me do that here, because I'm missing a permission.")
    return None


def _what_helps(example: str) -> str:
    if example:
        return _("Try `{example}`.", example=example)
    return _("`!help` shows how.")


def _misunderstood(error: commands.UserInputError) -> str:
    """Return what is wrong with what was typed, without what to do about it."""
    if isinstance(error, commands.MissingRequiredArgument | commands.MissingRequiredAttachment):
        name = error.param.name.replace("_", " ")
        return _("Something is missing: {name}.", name=pgettext("option", name))
    if isinstance(error, commands.RangeError):
        return _out_of_range(error)
    if isinstance(error, commands.BadFlagArgument | commands.MissingFlagArgument):
        return _("I didn't understand the value of `--{name}`.", name=error.flag.name)
    if isinstance(error, commands.TooManyFlags):
        return _("You wrote `--{name}` twice.", name=error.flag.name)
    if isinstance(error, commands.BadArgument) and (number := _NO_NUMBER.match(str(error))):
        name = number["name"].replace("_", " ")
        return _("I expected a number for {name}.", name=pgettext("option", name))
    if isinstance(error, commands.ArgumentParsingError):
        return _("The quotation marks in that don't pair up.")
    return _not_expected(error)


def _not_expected(error: commands.UserInputError) -> str:
    """Return which words could have stood there, and which did."""
    typed = {"typed": defuse_mentions(str(getattr(error, "argument", "")))}
    if isinstance(error, commands.BadLiteralArgument):
        choices = listed([*map(str, error.literals)], "or")
        return _("I expected {choices}, not “{typed:.40}”.", choices=choices, **typed)
    if isinstance(error, commands.BadBoolArgument):
        return _("I expected on or off, not “{typed:.40}”.", **typed)
    if isinstance(error, commands.MemberNotFound):
        return _("I can't find a member “{typed:.40}” in this server.", **typed)
    return _("I didn't understand that.")


def _out_of_range(error: commands.RangeError) -> str:
    """Return a range in words: of text it is its length that has one."""
    known = {"typed": f"{error.value!s:.40}", "least": error.minimum or 0, "most": error.maximum}
    is_text = isinstance(error.value, str)
    if error.maximum is None:
        if is_text:
            return _("{typed} is outside the range of {least:g} and more characters.", **known)
        return _("{typed} is outside the range of {least:g} and more.", **known)
    if is_text:
        return _("{typed} is outside the range of {least:g} to {most:,} characters.", **known)
    return _("{typed} is outside the range of {least:g} to {most:,}.", **known)
