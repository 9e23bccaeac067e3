"""!help: what a person can ask for; the first steps in a new server."""

from __future__ import annotations

import logging
from difflib import get_close_matches
from typing import TYPE_CHECKING

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_api.channel_access import may_write
from bot.discord_api.permission_names import permission_names
from bot.errors import NO_CONTENT, UserError
from bot.locales.languages import speak
from bot.locales.messages import _
from bot.presentation.help import (
    TOPICS,
    details,
    direct_answer,
    first_steps,
    group_page,
    unknown,
)
from bot.runtime.rate_limit import Cooldowns
from bot.text.discord_markup import defuse_mentions, with_prefix
from cogs.views.commands import command
from cogs.views.error_messages import missing_in
from cogs.views.help_pages import TopicButton, help_of, help_page, usable

if TYPE_CHECKING:
    from bot.app.client import TextgenBot
    from bot.discord_api.connection import PrefixOf
    from bot.storage.guilds import ServerStore

log = logging.getLogger(__name__)

CLOSE = 0.7  # see `difflib.get_close_matches`
# "help me please" asks for what there is.
ANYTHING = frozenset({"me", "please", "pls", "all", "commands", "everything", "list", "you", "us"})
MAX_CHOICES = 25  # that Discord takes
PER_MINUTE = 3  # answers to one person's direct messages


class Help(commands.Cog):
    """Tell what I can do."""

    def __init__(
        self,
        bot: TextgenBot,
        servers: ServerStore,
        cooldowns: Cooldowns,
        *,
        prefix_of: PrefixOf,
    ) -> None:
        self._bot = bot
        self._servers = servers
        self._cooldowns = cooldowns
        self._prefix_of = prefix_of

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Answer a direct message in one sentence: there is no server to talk like."""
        if message.guild is not None or message.author.bot:
            return
        ctx = await self._bot.get_context(message)
        if ctx.command is not None:
            return
        try:
            self._cooldowns.use(message.channel.id, message.author.id)
            await ctx.send(direct_answer())
        except UserError:
            log.debug("a direct message too many is not answered")
        except (discord.HTTPException, aiohttp.ClientError) as error:
            log.warning("a direct message could not be answered: %s", error)

    @command("help", "help generate", anywhere=True)
    @app_commands.allowed_contexts(guilds=True, dms=True)
    @app_commands.describe(command="A topic or a command")
    async def help(self, ctx: commands.Context[TextgenBot], *, command: str = "") -> None:
        """Show what you can ask me."""
        member = ctx.author if isinstance(ctx.author, discord.Member) else None
        prefix = await self._prefix_of(ctx.guild.id if ctx.guild else None)
        wanted = " ".join(command.removeprefix(prefix).removeprefix("/").casefold().split())
        wanted = wanted.strip(".,:;?!")
        if not wanted or wanted in TOPICS or ANYTHING.issuperset(wanted.split()):
            wanted = wanted if wanted in TOPICS else ""
            text, view = await help_page(self._bot, member, wanted)
            await ctx.send(text, ephemeral=True, view=view)
            return
        found = await usable(self._bot, member)
        for known in found:
            one = help_of(known)
            if wanted == known.qualified_name and isinstance(known, commands.Group):
                text = group_page(wanted, [help_of(other) for other in found])
            elif wanted in (known.qualified_name, one.slash):
                text = details(one)
            else:
                continue
            await ctx.send(text, ephemeral=True)
            return
        names = [*TOPICS, *(one.qualified_name for one in found)]
        meant = next(iter(get_close_matches(wanted, names, n=1, cutoff=CLOSE)), "")
        raise UserError(unknown(defuse_mentions(wanted[:50]), meant))

    @help.autocomplete("command")
    async def _commands(
        self, interaction: discord.Interaction[TextgenBot], current: str
    ) -> list[app_commands.Choice[str]]:
        member = interaction.user if isinstance(interaction.user, discord.Member) else None
        names = [*TOPICS, *(one.qualified_name for one in await usable(self._bot, member))]
        names = list(dict.fromkeys(names))
        fitting = [name for name in names if current.casefold() in name]
        return [app_commands.Choice(name=name, value=name) for name in fitting[:MAX_CHOICES]]

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Tell the first steps, once."""
        if not await self._servers.welcome(guild.id):
            return
        channel = _writable(guild)
        if channel is None:
            return
        speak(await self._bot.services.languages.of(guild.id))
        mine = channel.permissions_for(guild.me)
        missing = permission_names(missing_in(channel, mine))
        note = "" if self._bot.intents.message_content else _(NO_CONTENT)
        try:
            text = with_prefix(first_steps(missing, note), await self._prefix_of(guild.id))
            await channel.send(text)
        except (discord.HTTPException, aiohttp.ClientError) as error:
            log.warning("no first steps in server %d: %s", guild.id, error)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Tell them again, should the bot come back."""
        await self._servers.farewell(guild.id)


def _writable(guild: discord.Guild) -> discord.TextChannel | None:
    """Return the system channel, or the first one, that the bot may write in."""
    candidates = [guild.system_channel, *guild.text_channels]
    for channel in candidates:
        if channel is not None and may_write(channel):
            return channel
    return None


async def setup(bot: TextgenBot) -> None:
    """Hand the cog its collaborators, and let buttons under old help be pressed."""
    bot.add_dynamic_items(TopicButton)
    parts = bot.services
    cooldowns = Cooldowns(parts.clock, member_per_minute=PER_MINUTE, server_per_minute=0)
    await bot.add_cog(Help(bot, parts.servers, cooldowns, prefix_of=parts.prefix))
