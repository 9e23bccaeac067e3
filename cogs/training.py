"""!train: learn from channels, see how it goes, stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import UserError
from bot.settings_text import NO_CONTENT

if TYPE_CHECKING:
    from bot.client import TextgenBot
    from bot.storage.servers import ServerStore
    from bot.worker import TrainWorker

Readable = discord.TextChannel | discord.VoiceChannel | discord.Thread
MAX_CHANNELS = 20
_MANAGES_SERVER = commands.has_guild_permissions(manage_guild=True).predicate


# The decorators' types cannot be inferred by mypy, hence the ignores below.
class Training(commands.Cog):
    """Let the bot learn how this server talks."""

    def __init__(self, worker: TrainWorker, servers: ServerStore) -> None:
        self._worker = worker
        self._servers = servers

    async def cog_check(self, ctx: commands.Context[TextgenBot]) -> bool:  # type: ignore[override]
        """Every command here is for those who manage the server, and for roles that may train."""
        if isinstance(ctx.author, discord.Member) and await self.may_use(ctx.author):
            return True
        return await _MANAGES_SERVER(ctx)

    async def may_use(self, member: discord.Member) -> bool:
        """Say whether a member may train."""
        settings = await self._servers.of(member.guild.id)
        own = {role.id for role in member.roles}
        return member.guild_permissions.manage_guild or bool(own & settings.training_roles)

    @commands.hybrid_group(  # type: ignore[arg-type]
        fallback="start",
        extras={"examples": ("train #general", "train #general #memes")},
    )
    @commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.describe(
        channel="The channel to learn from", more="More channels, such as #memes #music"
    )
    async def train(
        self,
        ctx: commands.Context[TextgenBot],
        channel: Readable,
        more: commands.Greedy[Readable] = None,  # type: ignore[assignment]
    ) -> None:
        """Learn from the whole history of one or more channels."""
        assert ctx.guild is not None
        channels = {found.id: found for found in (channel, *(more or ()))}
        if len(channels) > MAX_CHANNELS:
            raise UserError(f"I learn from at most {MAX_CHANNELS} channels at once.")
        for found in channels.values():
            _check_access(ctx, found)
        if not ctx.bot_permissions.send_messages:
            raise UserError("I may not send messages here: ask in a channel where I may.")
        if not ctx.bot.intents.message_content:
            raise UserError(NO_CONTENT)
        await self._servers.note_nsfw(found.id for found in channels.values() if found.is_nsfw())
        if ctx.interaction is not None:
            await ctx.send("I show the progress below.", ephemeral=True)
        await self._worker.submit(
            guild_id=ctx.guild.id,
            channel_ids=tuple(channels),
            report_channel_id=ctx.channel.id,
            before_id=ctx.message.id if ctx.interaction is None else ctx.interaction.id,
        )

    @train.command(extras={"examples": ("train status",)})  # type: ignore[arg-type]
    async def status(self, ctx: commands.Context[TextgenBot]) -> None:
        """Show how this server's training is coming along."""
        assert ctx.guild is not None
        await ctx.send(await self._worker.status(ctx.guild.id))

    @train.command(extras={"examples": ("train cancel",)})  # type: ignore[arg-type]
    async def cancel(self, ctx: commands.Context[TextgenBot]) -> None:
        """Stop this server's training and what waits behind it."""
        assert ctx.guild is not None
        count = await self._worker.cancel(ctx.guild.id)
        if count == 0:
            raise UserError("There is nothing to cancel: no training runs or waits here.")
        await ctx.send("Stopping the training." if count == 1 else f"Stopping {count} trainings.")


def _check_access(ctx: commands.Context[TextgenBot], channel: Readable) -> None:
    """Neither the bot nor the person who asks may read more through the other."""
    assert ctx.guild is not None
    assert isinstance(ctx.author, discord.Member)
    if channel.guild.id != ctx.guild.id:
        raise UserError("I learn only from channels of this server.")
    asking = channel.permissions_for(ctx.author)
    if not (asking.view_channel and asking.read_message_history):
        raise UserError(f"You may not read {channel.mention}, so I do not learn from it for you.")
    mine = channel.permissions_for(ctx.guild.me)
    if not (mine.view_channel and mine.read_message_history):
        raise UserError(
            f"I may not read the history of {channel.mention}: give me View Channel and Read "
            "Message History there."
        )


async def setup(bot: TextgenBot) -> None:
    """Hand the cog its collaborators."""
    await bot.add_cog(Training(bot.worker, bot.servers))
