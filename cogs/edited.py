"""Commands that were mistyped, and put right by editing the message."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import discord
from discord.ext import commands

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

HEEDED = timedelta(minutes=2)
REMEMBERED = 1000  # messages; more than are edited within two minutes


class Edited(commands.Cog):
    """Carry out what a message has become, unless what it was has been carried out."""

    def __init__(self, bot: TextgenBot) -> None:
        self._bot = bot
        self._begun: dict[int, None] = {}

    @commands.Cog.listener()
    async def on_command(self, ctx: commands.Context[TextgenBot]) -> None:
        """Note what is being carried out."""
        self._begun[ctx.message.id] = None
        if len(self._begun) > REMEMBERED:
            del self._begun[next(iter(self._begun))]

    @commands.Cog.listener()
    async def on_command_error(
        self, ctx: commands.Context[TextgenBot], _: commands.CommandError
    ) -> None:
        """Note what was refused, and may be put right."""
        self._begun.pop(ctx.message.id, None)

    @commands.Cog.listener()
    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        """Take an edited message for a command, if it has become one in time."""
        message = event.message
        # Discord tells of its own changes as well, such as the preview of a link.
        if message.author.bot or message.edited_at is None or message.id in self._begun:
            return
        if message.edited_at - message.created_at > HEEDED:
            return
        ctx = await self._bot.get_context(message)
        if ctx.command is not None:
            await self._bot.invoke(ctx)


async def setup(bot: TextgenBot) -> None:
    """Hand the cog its collaborators."""
    await bot.add_cog(Edited(bot))
