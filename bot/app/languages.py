"""Which language answers are in, and the slash commands in every language.

The language belongs to the task that answers (`bot.locales.languages`). It is set where a task
begins: with a command or an interaction here, with a message about a training where that is
sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Location

from bot.locales.languages import ENGLISH, LANGUAGES, code_for, speak, speaking
from bot.locales.messages import _, pgettext

if TYPE_CHECKING:
    from bot.storage.guilds import ServerStore

# What names are looked up as; in the catalogs it is their context.
_CONTEXTS = {
    Location.command_name: "command",
    Location.group_name: "command",
    Location.parameter_name: "option",
    Location.choice_name: "choice",
}


class ServerLanguages:
    """Knows the language of each server: its own in Discord, unless it has set another."""

    def __init__(self, client: discord.Client, servers: ServerStore) -> None:
        self._client = client
        self._servers = servers

    async def of(self, guild_id: int | None) -> str:
        """Return the code of a server's language; English where there is no server."""
        if guild_id is None:
            return ENGLISH.code
        own = (await self._servers.of(guild_id)).language
        if own in LANGUAGES:
            return own
        guild = self._client.get_guild(guild_id)
        return ENGLISH.code if guild is None else code_for(guild.preferred_locale)

    async def heed(self, asked: discord.Message | discord.Interaction) -> None:
        """Speak the language of who asks to the end of this task: of the server, or their own."""
        guild_id = asked.guild.id if asked.guild is not None else None
        if guild_id is None and isinstance(asked, discord.Interaction):
            speak(code_for(asked.locale))
        else:
            speak(await self.of(guild_id))


class CommandTree(app_commands.CommandTree[Any]):
    """Slash commands and menus, answered in the language of the server."""

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Let everything pass; this is the first that is done about it."""
        await interaction.client.services.languages.heed(interaction)
        return True


class CommandTranslator(app_commands.Translator):
    """Names and descriptions of slash commands, from the catalogs."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return a text in one of Discord's locales, None where it stays as it is."""
        code = code_for(locale)
        if code == ENGLISH.code:
            return None
        with speaking(code):
            if isinstance(context.data, app_commands.ContextMenu):
                told = pgettext("menu", string.message)
            elif context.location in _CONTEXTS:
                told = pgettext(_CONTEXTS[context.location], string.message)
            else:
                told = _(string.message)
        return None if told == string.message else told
