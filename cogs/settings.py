"""!settings: what this server has set; /settings: a panel to set it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.locales.languages import speak
from bot.locales.messages import _
from bot.presentation.settings import field_line, settings_lines
from bot.presentation.settings_form import FIELDS, set_field, setting_and_value
from bot.text.discord_markup import cut
from cogs.views.commands import GuildContext, command
from cogs.views.settings_panel import ITEMS, panel

if TYPE_CHECKING:
    from bot.app.client import TextgenBot
    from bot.app.languages import ServerLanguages
    from bot.storage.guilds import ServerStore

MAX_CHOICE_CHARS = 100  # that Discord takes
EXAMPLES = (
    "settings",
    "settings temperature 0.9",
    "settings channels #general #fun",
    "settings words +some phrase",
    "settings prefix default",
    "settings language german",
    "settings reset",
)
RESET = ("reset", "default")
_MANAGES_SERVER = commands.has_guild_permissions(manage_guild=True).predicate


class Settings(commands.Cog):
    """Set how I behave in this server."""

    def __init__(
        self, servers: ServerStore, languages: ServerLanguages, *, default_prefix: str
    ) -> None:
        self._servers = servers
        self._languages = languages
        self._default_prefix = default_prefix

    async def cog_check(self, ctx: GuildContext) -> bool:  # type: ignore[override]
        """Every command here is for those who manage the server."""
        return await _MANAGES_SERVER(ctx)

    @command(*EXAMPLES)
    @commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.describe(
        name="One setting (default: show all)", value="Its new value (default: show it)"
    )
    async def settings(self, ctx: GuildContext, name: str = "", *, value: str = "") -> None:
        """Show or change my settings in this server."""
        guild_id, default = ctx.guild.id, self._default_prefix
        if ctx.interaction is None:
            name, value = setting_and_value(f"{name} {value}".strip())
        if name in ("list", "show", "all") and not value:
            name = ""
        if name in RESET and value.casefold() in FIELDS:
            name, value = value.casefold(), "default"  # "reset temperature"
        if name in RESET and value.casefold() not in ("", "all", "everything"):
            await set_field(self._servers, guild_id, value, "default")  # tells which there are
        if name in RESET:
            await self._servers.reset(guild_id)
        elif value:
            await set_field(self._servers, guild_id, name, value)
        speak(await self._languages.of(guild_id))  # it may have been changed
        settings = await self._servers.of(guild_id)
        if name in FIELDS:
            await ctx.send(field_line(name, settings, default), ephemeral=True)
            return
        if name and name not in RESET:
            await set_field(self._servers, guild_id, name, value)  # tells which there are
        more: dict[str, Any] = {"view": panel(settings)} if ctx.interaction else {}
        await ctx.send(settings_lines(settings, default), ephemeral=True, **more)

    @settings.autocomplete("name")
    async def _names(
        self, interaction: discord.Interaction[TextgenBot], current: str
    ) -> list[app_commands.Choice[str]]:
        wanted = current.casefold()
        return [
            app_commands.Choice(
                name=cut(f"{name}: {_(field.meaning)}", MAX_CHOICE_CHARS), value=name
            )
            for name, field in FIELDS.items()
            if wanted in name or wanted in _(field.meaning).casefold()
        ]


async def setup(bot: TextgenBot) -> None:
    """Hand the cog its collaborators, and let old panels be used."""
    bot.add_dynamic_items(*ITEMS)
    parts = bot.services
    await bot.add_cog(
        Settings(parts.servers, parts.languages, default_prefix=parts.settings.prefix)
    )
