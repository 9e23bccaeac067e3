"""The switch under /privacy: whether texts may be written in the way of whoever presses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from bot.errors import UserError
from bot.presentation.privacy import VOICE_OFF, VOICE_ON
from bot.text.discord_markup import with_prefix
from cogs.views.persistent_items import PersistentButton, lasting

if TYPE_CHECKING:
    from bot.app.client import TextgenBot


class VoiceButton(PersistentButton, template=r"voice:(?P<state>on|off)"):
    """Turns it on or off."""

    def __init__(self, state: str) -> None:
        label = "Allow texts in my style" if state == "on" else "No more texts in my style"
        super().__init__(label, f"voice:{state}")
        self._state = state

    async def pressed(self, interaction: discord.Interaction[TextgenBot]) -> None:
        """Turn it for whoever pressed, and say to them alone what that means."""
        if interaction.guild_id is None:
            raise UserError("That only works in a server.")
        allowed = self._state == "on"
        await interaction.client.privacy.set_voice(
            interaction.guild_id, interaction.user.id, allowed=allowed
        )
        prefix = await interaction.client.prefix(interaction.guild_id)
        text = with_prefix(VOICE_ON if allowed else VOICE_OFF, prefix)
        await interaction.response.send_message(text, ephemeral=True)


def switch(*, is_on: bool) -> discord.ui.View:
    """Return the switch, as it stands."""
    return lasting([VoiceButton("off" if is_on else "on")])
