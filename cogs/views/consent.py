"""Asking once whether a server wants to be learned from, and telling its channels."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

import aiohttp
import discord

from bot.config import Consent
from bot.locales.messages import _
from bot.presentation import privacy
from bot.text.discord_markup import with_prefix
from cogs.views.commands import GuildContext
from cogs.views.persistent_items import PersistentButton, lasting, managed_guild

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

log = logging.getLogger(__name__)

LABELS = {
    "yes": privacy.AGREE,
    "tell": privacy.AGREE_AND_TELL,
    "no": privacy.DECLINE,
}


class ConsentButton(PersistentButton, template=r"consent:(?P<answer>yes|tell|no)"):
    """One of the answers."""

    def __init__(self, answer: str) -> None:
        style = discord.ButtonStyle.secondary if answer == "no" else discord.ButtonStyle.success
        super().__init__(_(LABELS[answer]), f"consent:{answer}", style)
        self._answer = answer

    async def pressed(self, interaction: discord.Interaction[TextgenBot]) -> None:
        """Write the answer down, and go on with what was asked for."""
        guild_id = managed_guild(interaction, privacy.NEEDS_MANAGER)
        parts = interaction.client.services
        go_on = parts.awaiting_consent.pop(guild_id, None)
        if self._answer == "no":
            text = with_prefix(_(privacy.DECLINED), await parts.prefix(guild_id))
            await interaction.response.edit_message(content=text, view=None)
            return
        await parts.servers.change(
            guild_id,
            consented_at=parts.clock.now(),
            consented_by_id=interaction.user.id,
            **({"notice": 1} if self._answer == "tell" else {}),
        )
        text = privacy.agreed(go_on is not None)
        await interaction.response.edit_message(content=text, view=None)
        if go_on is not None:
            await go_on()


async def must_agree_first(ctx: GuildContext, go_on: Callable[[], Awaitable[None]]) -> bool:
    """Say whether somebody must agree before a training; if so, ask.

    Args:
        go_on: what is done when somebody does, if the bot is still running then.
    """
    parts = ctx.bot.services
    if parts.settings.consent is Consent.GIVEN:
        return False
    if (await parts.servers.of(ctx.guild.id)).consented_at is not None:
        return False
    parts.awaiting_consent[ctx.guild.id] = go_on
    await ctx.send(_(privacy.QUESTION), view=lasting(map(ConsentButton, LABELS)))
    return True


async def tell_channels(
    ctx: GuildContext, channels: Iterable[discord.abc.GuildChannel | discord.Thread]
) -> None:
    """Tell channels that they are learned from, where a server wants that; each but once."""
    parts = ctx.bot.services
    if not (await parts.servers.of(ctx.guild.id)).notice:
        return
    prefix = await parts.prefix(ctx.guild.id)
    known = {source.channel_id for source in await parts.learned.sources(ctx.guild.id)}
    for channel in channels:
        if channel.id in known or not isinstance(channel, discord.abc.Messageable):
            continue
        try:
            await channel.send(with_prefix(_(privacy.NOTICE), prefix))
        except (discord.HTTPException, aiohttp.ClientError) as error:
            log.warning("channel %d is not told: %s", channel.id, error)
