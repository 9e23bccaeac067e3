"""Which channels a person may have the bot read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord.ext import commands

from bot.errors import UserError

if TYPE_CHECKING:
    from bot.client import TextgenBot

Readable = discord.TextChannel | discord.VoiceChannel | discord.Thread | discord.ForumChannel


def check_access(ctx: commands.Context[TextgenBot], channel: Readable) -> None:
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
