"""!similar: what was said here that is like a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord import app_commands
from discord.ext import commands

from bot.insights.channel_insights import ChannelInsights
from bot.runtime.rate_limit import Cooldowns
from cogs.views.commands import GuildContext, command
from cogs.views.responses import place_of, send, shown_if_slow

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

MAX_TEXT_CHARS = 500


class Similar(commands.Cog):
    """See how I see this channel."""

    def __init__(self, insights: ChannelInsights, cooldowns: Cooldowns) -> None:
        self._insights = insights
        self._cooldowns = cooldowns

    @command("similar good morning everyone", "similar how do I install it?")
    @commands.guild_only()
    @commands.has_permissions(read_message_history=True)
    @commands.bot_has_permissions(read_message_history=True)
    @app_commands.describe(text="What to look for")
    async def similar(
        self,
        ctx: GuildContext,
        *,
        text: commands.Range[str, 1, MAX_TEXT_CHARS],
    ) -> None:
        """Find the recent messages most similar to a text."""
        self._cooldowns.use(ctx.guild.id, ctx.author.id)
        place = place_of(ctx.channel, ctx.guild)
        work = self._insights.similar(place, ctx.message.id, text)
        await send(ctx, await shown_if_slow(ctx.interaction or ctx, work))


async def setup(bot: TextgenBot) -> None:
    """Hand the cog its collaborators."""
    await bot.add_cog(Similar(bot.services.insights, bot.services.cooldowns))
