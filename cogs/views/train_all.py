"""`!train all`: which channels that is, and about how much, before anything begins."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import discord

from bot.errors import UserError
from bot.presentation.training import all_channels
from cogs.views.commands import GuildContext
from cogs.views.error_messages import tell_error
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
ANSWER_S = 600.0
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
        raise UserError(f"I read nothing in <#{min(unknown)}> anyway: leave it out of `--except`.")
    channels = [channel for channel in found if channel.id not in left_out]
    if not channels:
        raise UserError("There is no channel here that both you and I may read.")
    if len(channels) > MOST:
        raise UserError(
            f"You and I may read {len(channels):,} channels here, and I learn from at most {MOST} "
            "at once: name some of them by `train`."
        )
    order = ChannelOrder(channels, flags, fresh=False, most=MOST)
    await order.check(ctx)
    await ctx.defer()
    messages = await _estimate(channels)
    text = all_channels([channel.id for channel in channels], messages)
    await ctx.send(text, view=_Question(ctx, order))


def _ids(text: str) -> set[int]:
    rest = _CHANNEL.sub("", text).strip(" ,")
    if rest:
        raise UserError(
            f"I find no channel “{rest[:40]}” here: name it like `--except #news #logs`."
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


class _Question(discord.ui.View):
    """Whether to begin, for whoever asked."""

    def __init__(self, ctx: GuildContext, order: ChannelOrder) -> None:
        super().__init__(timeout=ANSWER_S)
        self._ctx = ctx
        for label, style, answer in (
            ("Learn from them", discord.ButtonStyle.success, partial(carry_out_later, ctx, order)),
            ("Cancel", discord.ButtonStyle.secondary, None),
        ):
            button: discord.ui.Button[_Question] = discord.ui.Button(label=label, style=style)
            button.callback = partial(self._answered, answer)  # type: ignore[method-assign]
            self.add_item(button)

    async def interaction_check(self, interaction: discord.Interaction) -> bool:
        """Let nobody else answer."""
        return interaction.user.id == self._ctx.author.id

    async def on_error(self, interaction: Any, error: Exception, item: Any) -> None:
        """Tell what went wrong."""
        await tell_error(interaction, error)

    async def _answered(self, answer: Any, interaction: discord.Interaction) -> None:
        self.stop()
        assert interaction.message is not None
        text = interaction.message.content if answer else "Nothing was begun."
        await interaction.response.edit_message(content=text, view=None)
        if answer is not None:
            await answer()
