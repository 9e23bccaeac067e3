"""Buttons and menus, which work after a restart too, as all they need is in their ids; forms."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

import discord

from bot.errors import UserError
from cogs.views.error_messages import tell_error

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

AnyItem = discord.ui.Item[discord.ui.View]


class PersistentItem(discord.ui.DynamicItem[AnyItem], template="never"):
    """An item whose subclass says what a press does; its errors are told to who pressed."""

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Return the item of an id; here one that is made of the parts of that as they are."""
        parts: tuple[Any, ...] = match.groups()
        return cls(*parts)

    async def pressed(self, interaction: discord.Interaction[TextgenBot]) -> None:
        """Do what the item is for."""
        raise NotImplementedError

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: AnyItem, match: re.Match[str], /
    ) -> Self:
        """Return the item that was pressed, as discord.py asks for it first of all."""
        await interaction.client.services.languages.heed(interaction)
        return cls.of(match)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do it, and answer for what goes wrong, as the command tree does for commands."""
        try:
            await self.pressed(interaction)
        except Exception as error:  # noqa: BLE001 (told, and logged by what tells it)
            await tell_error(interaction, error)


class PersistentButton(PersistentItem, template="never"):
    """A button of that kind."""

    def __init__(
        self,
        label: str,
        custom_id: str,
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        *,
        disabled: bool = False,
        row: int | None = None,
    ) -> None:
        super().__init__(
            discord.ui.Button(
                label=label, custom_id=custom_id, style=style, disabled=disabled, row=row
            )
        )


class Form(discord.ui.Modal):
    """Asks for texts; its errors are told to who filled it in. It does not outlive the bot."""

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Let everybody answer, in the language of the server."""
        await interaction.client.services.languages.heed(interaction)
        return True

    async def on_error(  # type: ignore[override]
        self, interaction: discord.Interaction[Any], error: Exception, /
    ) -> None:
        """Tell the person."""
        await tell_error(interaction, error)


def lasting(items: Iterable[PersistentItem]) -> discord.ui.View:
    """Return what stands under a message for as long as that is there."""
    view = discord.ui.View(timeout=None)
    for item in items:
        view.add_item(item)
    return view


def managed_guild(interaction: discord.Interaction[TextgenBot], refusal: str) -> int:
    """Return the server's id, if the person may manage it.

    Raises:
        UserError: they may not; its text is `refusal`.
    """
    if interaction.guild_id is None or not interaction.permissions.manage_guild:
        raise UserError(refusal)
    return interaction.guild_id


def check_moderates(interaction: discord.Interaction[TextgenBot], refusal: str) -> None:
    """Raise a UserError of a refusal unless the person moderates this channel."""
    if not interaction.permissions.manage_messages:
        raise UserError(refusal)
