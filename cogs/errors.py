"""Errors of commands, told to the person who asked."""

from __future__ import annotations

import logging
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.app.called_commands import by_name
from bot.errors import UserError
from bot.presentation.typed import (
    no_such_channel,
    no_such_command,
    no_such_subcommand,
    too_much,
)
from bot.runtime.rate_limit import Cooldowns
from bot.text.typed_names import plain, slip_of
from cogs.views.error_messages import NO_CHANNEL, missing_here, sentence_for, tell_error
from cogs.views.help_pages import usable
from cogs.views.typing import tidy

if TYPE_CHECKING:
    from bot.app.client import TextgenBot
    from bot.storage.guilds import ServerStore

log = logging.getLogger(__name__)

AnyGroup = commands.Group[Any, ..., Any]
CLOSE = 0.6  # see `difflib.get_close_matches`
# What people call commands of groups that are named otherwise here.
_OTHERWISE = {
    "train": {"stop": "cancel", "abort": "cancel", "end": "cancel", "history": "log"}
    | {"everything": "all", "files": "file", "upload": "file", "progress": "status"},
    "model": {"undo": "rollback", "back": "rollback", "switch": "use", "show": "info"}
    | {"remove": "delete", "name": "rename", "download": "export", "upload": "import"},
    "talk": {"stop": "mute", "off": "answers off", "on": "answers on", "silence": "mute"}
    | {"no": "answers off", "start": "unmute"},
    "privacy": {"delete": "erase", "forget": "erase", "remove": "erase", "leave": "out"},
}

_OF_NUMBERS = {"talk": "rate", "model": "use"}
PER_MINUTE = 4  # of one person's slips that are answered


class Errors(commands.Cog):
    """Answers for what no command has caught; other bots' commands are met with silence."""

    def __init__(self, servers: ServerStore, cooldowns: Cooldowns) -> None:
        self._servers = servers
        self._cooldowns = cooldowns

    @commands.Cog.listener()
    async def on_command_error(
        self, ctx: commands.Context[TextgenBot], error: commands.CommandError
    ) -> None:
        """Tell what went wrong, in one sentence."""
        sentence = await self._sentence(ctx, error)
        if sentence is None:
            return
        if isinstance(getattr(error, "original", error), discord.Forbidden):
            sentence = missing_here(ctx.channel, ctx.bot_permissions) or sentence
        try:
            await ctx.send(sentence, ephemeral=True)
        except (discord.HTTPException, aiohttp.ClientError) as failure:
            log.warning("an error could not be told: %s", failure)

    async def _sentence(
        self, ctx: commands.Context[TextgenBot], error: commands.CommandError
    ) -> str | None:
        """Return what to answer, None where silence is better."""
        example = _example(ctx.command)
        if isinstance(error, commands.CommandNotFound):
            return await self._did_you_mean(ctx)
        if isinstance(error, commands.TooManyArguments):
            return await left_over(ctx, example)
        if isinstance(error, NO_CHANNEL) and ctx.interaction is None:
            return await unknown_channel(ctx, error, example) or sentence_for(error, example)
        if isinstance(error, commands.MemberNotFound):
            example = _example(ctx.command, "@") or example
        return sentence_for(error, example)

    async def _did_you_mean(self, ctx: commands.Context[TextgenBot]) -> str | None:
        """Return what an unknown command was probably meant for.

        Other bots listen to the same prefix, so what is no slip of the fingers is not for us.
        """
        if ctx.interaction is not None or ctx.guild is None or by_name(ctx):
            return None
        sentence = slip(ctx)
        settings = await self._servers.of(ctx.guild.id)
        parent_id = getattr(ctx.channel, "parent_id", None)
        if sentence is None or not settings.may_write_in(ctx.channel.id, parent_id):
            return None
        try:
            self._cooldowns.use(ctx.guild.id, ctx.author.id)
        except UserError:
            return None
        return sentence


def _example(command: commands.Command[Any, ..., Any] | None, shows: str = "") -> str:
    """Return the fullest of a command's examples: the others show less of it.

    Args:
        shows: what must stand in it.
    """
    examples = command.extras.get("examples", ()) if command is not None else ()
    examples = [example for example in examples if shows in example]
    fullest = max(reversed(examples), key=lambda example: len(example.split()), default="")
    return f"!{fullest}" if fullest else ""


def slip(ctx: commands.Context[TextgenBot]) -> str | None:
    """Return what to say of an unknown command, None where it may well be another bot's."""
    names = [command.name for command in ctx.bot.commands if not command.hidden]
    meant = slip_of(ctx.invoked_with or "", names)
    return None if meant is None else no_such_command(ctx.invoked_with or "", meant)


async def left_over(ctx: commands.Context[TextgenBot], example: str) -> str:
    """Return what to say of words that a command did not take."""
    typed = ctx.view.buffer[ctx.view.index :].strip()
    if isinstance(ctx.command, commands.Group):
        return await _of_group(ctx, ctx.command, typed)
    return too_much(typed, example)


async def unknown_channel(
    ctx: commands.Context[TextgenBot], error: commands.CommandError, example: str
) -> str | None:
    """Return what to say of a word that names no channel; None where it is not known."""
    typed = _word_of(error)
    if not typed:
        return None
    is_word = typed[:1] not in "@<#"  # a mention is no slip of a command's name
    if is_word and isinstance(ctx.command, commands.Group) and _meant(ctx.command, typed):
        return await _of_group(ctx, ctx.command, typed)
    return no_such_channel(typed, example)


def _word_of(error: commands.CommandError) -> str:
    if isinstance(error, commands.BadUnionArgument):
        error = next(iter(error.errors), error)
    return str(getattr(error, "argument", ""))


async def _of_group(ctx: commands.Context[TextgenBot], group: AnyGroup, typed: str) -> str:
    member: Any = ctx.author
    found = await usable(ctx.bot, member)
    names = [command.name for command in found if command.parent is group]
    meant = _meant(group, typed)
    word = typed.split(maxsplit=1)[0]
    others = [name for name in names if name != meant]
    return no_such_subcommand(group.qualified_name, word, others, meant)


def _meant(group: AnyGroup, typed: str) -> str:
    """Return the command of a group that was probably meant, empty where none is like it."""
    word = plain(typed.split(maxsplit=1)[0]).strip(".,:;?!")
    if word[:1].isdigit() and group.qualified_name in _OF_NUMBERS:
        return f"{_OF_NUMBERS[group.qualified_name]} {typed.replace(' ', '')[:20]}"
    known = _OTHERWISE.get(group.qualified_name, {}).get(word)
    if known is not None:
        return known
    names = [command.name for command in group.commands]
    return next(iter(get_close_matches(word, names, n=1, cutoff=CLOSE)), "")


async def setup(bot: TextgenBot) -> None:
    """Answer for commands typed and for commands chosen."""

    async def on_error(
        interaction: discord.Interaction[TextgenBot], error: app_commands.AppCommandError
    ) -> None:
        await tell_error(interaction, error)

    bot.tree.error(on_error)
    bot.add_check(tidy, call_once=True)
    cooldowns = Cooldowns(bot.services.clock, member_per_minute=PER_MINUTE, server_per_minute=0)
    await bot.add_cog(Errors(bot.services.servers, cooldowns))
