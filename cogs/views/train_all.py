"""`!train all`: which channels that is, and about how much, before anything begins."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import discord

from bot.errors import UserError
from bot.locales.messages import N_, _
from bot.presentation.reading import all_channels
from cogs.views.choices import Choice, Choices
from cogs.views.commands import GuildContext
from cogs.views.train_requests import (
    AllFlags,
    ChannelOrder,
    Readable,
    carry_out_later,
    readable_channels,
)

if TYPE_CHECKING:
    pass

MOST = 500  # channels, which is as many as a server can have
SAMPLED = 20  # channels that are looked into for the estimate
PAGE = 100  # messages, which Discord gives at once
NOT_STARTED = N_("All right, I didn't start anything.")
_AT_ONCE = 4
_CHANNEL = re.compile(r"<#(\d{1,20})>")


async def ask_for_all(ctx: GuildContext, flags: AllFlags) -> None:
    """Show which channels would be learned from and about how much that is, and wait for a yes.

    Raises:
        UserError: there are none, or one that is to be left out is none.
    """
    left_out = _ids(flags.except_)
    found = await readable_channels(ctx)
    unknown = left_out - {channel.id for channel in found}
    if unknown:
        raise UserError(
            "I can't read <#{channel_id}> anyway, so it doesn't need to be in `--except`.",
            channel_id=min(unknown),
        )
    channels = [channel for channel in found if channel.id not in left_out]
    if not channels:
        raise UserError("There is no channel here that both of us can read.")
    if len(channels) > MOST:
        raise UserError(
            "Both of us can read {channels:,} channels here, and I learn from at most "
            "{most} at once. Name some of them with `!train`.",
            channels=len(channels),
            most=MOST,
        )
    order = ChannelOrder(channels, flags, fresh=False, most=MOST)
    await order.check(ctx)
    await ctx.defer()
    messages = await _estimate(channels)
    text = all_channels([channel.id for channel in channels], messages)
    await ctx.send(text, view=_question(ctx, order))


def _ids(text: str) -> set[int]:
    rest = _CHANNEL.sub("", text).strip(" ,")
    if rest:
        raise UserError(
            "I can't find a channel “{text}” here. Try `--except #news #logs`.", text=rest[:40]
        )
    return {int(found) for found in _CHANNEL.findall(text)}


async def _estimate(channels: Sequence[Readable]) -> int:
    """Return about how many messages the channels hold, by the last ones of some of them."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def count(channel: Any) -> float:
        async with turns:
            try:
                last = [message.created_at async for message in channel.history(limit=PAGE)]
            except discord.HTTPException:
                return 0.0
        return _extrapolated(last, channel.created_at)

    readable = [channel for channel in channels if hasattr(channel, "history")]
    counts = await asyncio.gather(*map(count, readable[:SAMPLED]))
    return round(sum(counts) * len(readable) / max(1, len(counts)))


def _extrapolated(last: Sequence[datetime], since: datetime) -> float:
    """Return how many messages a channel has if it was always as lively as in the last ones."""
    if len(last) < PAGE:
        return float(len(last))
    span_s = max(1.0, (last[0] - last[-1]).total_seconds())
    return max(PAGE, PAGE * (last[0] - since).total_seconds() / span_s)


def _question(ctx: GuildContext, order: ChannelOrder) -> Choices:
    """Return the buttons by which whoever asked begins, or does not."""

    async def begin(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.edit_message(view=None)
        await carry_out_later(ctx, order)

    async def leave(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.edit_message(content=_(NOT_STARTED), view=None)

    choices = (
        Choice(_("Learn from them"), begin, discord.ButtonStyle.success),
        Choice(_("Don't"), leave),
    )
    return Choices(ctx.author.id, choices)
