"""What Discord offers while somebody types which version they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

Choices = list[app_commands.Choice[str]]


async def offer_versions(interaction: discord.Interaction[TextgenBot], typed: str) -> Choices:
    """Return this server's versions that fit."""
    return await _offered(interaction, typed, with_base=False)


async def offer_with_base(interaction: discord.Interaction[TextgenBot], typed: str) -> Choices:
    """Return this server's versions that fit, and the base model."""
    return await _offered(interaction, typed, with_base=True)


async def _offered(
    interaction: discord.Interaction[TextgenBot], typed: str, *, with_base: bool
) -> Choices:
    versions = interaction.client.versions
    found = await versions.offered(interaction.guild_id, typed, with_base=with_base)
    return [app_commands.Choice(name=label, value=value) for label, value in found]
