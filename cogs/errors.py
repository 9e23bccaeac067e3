"""Errors of commands, told to the person who asked."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from cogs.views.error_messages import missing_here, sentence_for, tell_error
from cogs.views.typing import tidy

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

log = logging.getLogger(__name__)


class Errors(commands.Cog):
    """Answers for what no command has caught; unknown commands are met with silence."""

    @commands.Cog.listener()
    async def on_command_error(
        self, ctx: commands.Context[TextgenBot], error: commands.CommandError
    ) -> None:
        """Tell what went wrong, in one sentence."""
        sentence = sentence_for(error, _example(ctx.command))
        if sentence is None:
            return
        if isinstance(getattr(error, "original", error), discord.Forbidden):
            sentence = missing_here(ctx.channel, ctx.bot_permissions) or sentence
        try:
            await ctx.send(sentence, ephemeral=True)
        except (discord.HTTPException, aiohttp.ClientError) as failure:
            log.warning("an error could not be told: %s", failure)


def _example(command: commands.Command[Any, ..., Any] | None) -> str:
    """Return the fullest of a command's examples: the others show less of it."""
    examples = command.extras.get("examples", ()) if command is not None else ()
    fullest = max(reversed(examples), key=lambda example: len(example.split()), default="")
    return f"!{fullest}" if fullest else ""


async def setup(bot: TextgenBot) -> None:
    """Answer for commands typed and for commands chosen."""

    async def on_error(
        interaction: discord.Interaction[TextgenBot], error: app_commands.AppCommandError
    ) -> None:
        await tell_error(interaction, error)

    bot.tree.error(on_error)
    bot.add_check(tidy, call_once=True)
    await bot.add_cog(Errors())
