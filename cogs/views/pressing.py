"""Buttons and menus that work after a restart too, because all they need is in their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord

from bot.errors import UserError
from cogs.views.error_sentences import tell_error

if TYPE_CHECKING:
    from bot.client import TextgenBot

AnyItem = discord.ui.Item[discord.ui.View]


class LastingItem(discord.ui.DynamicItem[AnyItem], template="never"):
    """An item whose subclass says what a press does; its errors are told to who pressed."""

    async def pressed(self, interaction: discord.Interaction[TextgenBot]) -> None:
        """Do what the item is for."""
        raise NotImplementedError

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do it, and answer for what goes wrong, as the command tree does for commands."""
        try:
            await self.pressed(interaction)
        except Exception as error:  # noqa: BLE001 (told, and logged by what tells it)
            await tell_error(interaction, error)


class LastingButton(LastingItem, template="never"):
    """A button of that kind."""


def check_moderates(interaction: discord.Interaction[TextgenBot], what: str) -> None:
    """Raise a UserError unless the person moderates this channel."""
    if not interaction.permissions.manage_messages:
        raise UserError(f"You need the permission Manage Messages here to {what}.")
