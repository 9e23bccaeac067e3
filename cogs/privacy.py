"""!privacy: what is held about you, and how to end it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import UserError
from bot.locales.messages import _
from bot.presentation.privacy import (
    ELSEWHERE,
    VOICE_OFF,
    VOICE_ON,
    held,
    opted_in,
    opted_out,
)
from bot.privacy.member_data import Rebuild
from bot.runtime.rate_limit import Cooldowns
from bot.text.discord_markup import with_prefix
from cogs.views.commands import GuildContext, group, subcommand
from cogs.views.deletion_buttons import EraseButton, erasure_buttons, erasure_text
from cogs.views.persistent_items import PersistentButton, lasting

if TYPE_CHECKING:
    from bot.app.client import TextgenBot
    from bot.privacy.member_data import MemberPrivacy
    from bot.storage.staleness import StalenessStore

PER_MINUTE = 6


class Privacy(commands.Cog):
    """See and decide what I may know of you."""

    def __init__(
        self, members: MemberPrivacy, staleness: StalenessStore, cooldowns: Cooldowns
    ) -> None:
        self._members = members
        self._staleness = staleness
        self._cooldowns = cooldowns

    @group("privacy", fallback="show", anywhere=True)
    @app_commands.allowed_contexts(guilds=True, dms=True)
    async def privacy(self, ctx: commands.Context[TextgenBot]) -> None:
        """Show what I hold about you."""
        if ctx.guild is None:
            await ctx.send(_(ELSEWHERE), ephemeral=True)
            return
        guild_id, user_id = ctx.guild.id, ctx.author.id
        self._cooldowns.use(guild_id, user_id)
        text = held(*await self._members.held(guild_id, user_id))
        more: dict[str, Any] = {}
        if ctx.interaction is not None:  # a typed command's answer is seen by others
            more["view"] = switch(is_on=await self._members.has_voice(guild_id, user_id))
        await ctx.send(text, ephemeral=True, **more)

    @subcommand(privacy, "privacy out")
    @commands.guild_only()
    async def out(self, ctx: GuildContext) -> None:
        """Opt out: I learn nothing you write in this server."""
        left = await self._members.opt_out(self._used_in(ctx), ctx.author.id)
        await ctx.send(opted_out(left), ephemeral=True)

    @subcommand(privacy, "privacy in", name="in")
    @commands.guild_only()
    async def in_(self, ctx: GuildContext) -> None:
        """Opt in: I may learn from what you write in this server."""
        learns = await self._members.opt_in(self._used_in(ctx), ctx.author.id)
        await ctx.send(opted_in(learns), ephemeral=True)

    @subcommand(privacy, "privacy voice on", "privacy voice off")
    @commands.guild_only()
    @app_commands.describe(state="on: members may ask for texts in your style; off: they can't")
    async def voice(self, ctx: GuildContext, state: Literal["on", "off"]) -> None:
        """Let members ask for texts in your style, or not."""
        guild_id = self._used_in(ctx)
        allowed = state == "on"
        await self._members.set_voice(guild_id, ctx.author.id, allowed=allowed)
        await ctx.send(_(VOICE_ON if allowed else VOICE_OFF), ephemeral=True)

    @subcommand(privacy, "privacy erase")
    @commands.guild_only()
    async def erase(self, ctx: GuildContext) -> None:
        """Opt out, and have the model made again without you."""
        guild_id = self._used_in(ctx)
        done = await self._members.erase(guild_id, ctx.author.id)
        asks = done.rebuild is Rebuild.ASKED
        more: dict[str, Any] = {"view": erasure_buttons(ctx.author.id)} if asks else {}
        await ctx.send(erasure_text(done), ephemeral=True, **more)

    def _used_in(self, ctx: GuildContext) -> int:
        """Return the server's id, having counted that somebody asks."""
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


class VoiceButton(PersistentButton, template=r"voice:(?P<state>on|off)"):
    """Turns it on or off."""

    def __init__(self, state: str) -> None:
        label = _("Allow texts in my style") if state == "on" else _("No more texts in my style")
        super().__init__(label, f"voice:{state}")
        self._state = state

    async def pressed(self, interaction: discord.Interaction[TextgenBot]) -> None:
        """Turn it for whoever pressed, and say to them alone what that means."""
        if interaction.guild_id is None:
            raise UserError("That only works in a server.")
        allowed = self._state == "on"
        parts = interaction.client.services
        await parts.privacy.set_voice(interaction.guild_id, interaction.user.id, allowed=allowed)
        prefix = await parts.prefix(interaction.guild_id)
        text = with_prefix(_(VOICE_ON if allowed else VOICE_OFF), prefix)
        await interaction.response.send_message(text, ephemeral=True)


def switch(*, is_on: bool) -> discord.ui.View:
    """Return the switch, as it stands."""
    return lasting([VoiceButton("off" if is_on else "on")])


async def setup(bot: TextgenBot) -> None:
    """Hand the cog its collaborators, and let old switches be pressed."""
    bot.add_dynamic_items(VoiceButton, EraseButton)
    parts = bot.services
    cooldowns = Cooldowns(parts.clock, member_per_minute=PER_MINUTE, server_per_minute=0)
    await bot.add_cog(Privacy(parts.privacy, parts.staleness, cooldowns))
