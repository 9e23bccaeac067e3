"""!privacy: what is held about you, and how to end it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord.ext import commands

from bot.cooldowns import Cooldowns
from bot.privacy_text import ELSEWHERE

if TYPE_CHECKING:
    from bot.client import TextgenBot
    from bot.member_privacy import MemberPrivacy
    from bot.storage.staleness import StalenessStore

PER_MINUTE = 6


# The decorators' types cannot be inferred by mypy, hence the ignores below.
class Privacy(commands.Cog):
    """See and decide what I may know of you."""

    def __init__(
        self, members: MemberPrivacy, staleness: StalenessStore, cooldowns: Cooldowns
    ) -> None:
        self._members = members
        self._cooldowns = cooldowns
        self._staleness = staleness

    @commands.hybrid_group(  # type: ignore[arg-type]
        fallback="show", extras={"examples": ("privacy",), "anywhere": True}
    )
    async def privacy(self, ctx: commands.Context[TextgenBot]) -> None:
        """Show what I hold about you."""
        text = ELSEWHERE
        if ctx.guild is not None:
            text = await self._members.told(self._used_in(ctx), ctx.author.id)
        await ctx.send(text, ephemeral=True)

    @privacy.command(extras={"examples": ("privacy out",)})  # type: ignore[arg-type]
    @commands.guild_only()
    async def out(self, ctx: commands.Context[TextgenBot]) -> None:
        """Opt out: I learn nothing of what you write in this server."""
        text = await self._members.opt_out(self._used_in(ctx), ctx.author.id)
        await ctx.send(text, ephemeral=True)

    @privacy.command(name="in", extras={"examples": ("privacy in",)})  # type: ignore[arg-type]
    @commands.guild_only()
    async def in_(self, ctx: commands.Context[TextgenBot]) -> None:
        """Agree that I learn from what you write in this server."""
        text = await self._members.opt_in(self._used_in(ctx), ctx.author.id)
        await ctx.send(text, ephemeral=True)

    @privacy.command(extras={"examples": ("privacy erase",)})  # type: ignore[arg-type]
    @commands.guild_only()
    async def erase(self, ctx: commands.Context[TextgenBot]) -> None:
        """Opt out, and have the model made anew without you."""
        guild_id = self._used_in(ctx)
        before_id = ctx.message.id if ctx.interaction is None else ctx.interaction.id
        text = await self._members.erase(guild_id, ctx.author.id, before_id=before_id)
        await ctx.send(text, ephemeral=True)

    def _used_in(self, ctx: commands.Context[TextgenBot]) -> int:
        """Return the server's id, having counted that somebody asks."""
        assert ctx.guild is not None
        self._cooldowns.use(ctx.guild.id, ctx.author.id)
        return ctx.guild.id

    @commands.Cog.listener()
    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        """Count a message that is gone, if it was learned."""
        await self._staleness.note_deleted(event.channel_id, [event.message_id])

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        """Count messages that are gone, if they were learned."""
        await self._staleness.note_deleted(event.channel_id, event.message_ids)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        """Count what was said in a thread that is gone."""
        await self._staleness.note_channel_gone(event.thread_id)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Count what was said in a channel that is gone, and in its threads."""
        await self._staleness.note_channel_gone(channel.id)


async def setup(bot: TextgenBot) -> None:
    """Hand the cog its collaborators."""
    cooldowns = Cooldowns(bot.clock, member_per_minute=PER_MINUTE, server_per_minute=0)
    await bot.add_cog(Privacy(bot.privacy, bot.staleness, cooldowns))
