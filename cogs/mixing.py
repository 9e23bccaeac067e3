"""!mix: two versions of this server's model write one text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from cogs.views.text_buttons import write
from cogs.views.writing_flags import WritingFlags

if TYPE_CHECKING:
    from bot.client import TextgenBot

EXAMPLES = ("mix 3 base", "mix memes 4 good morning", "mix memes base --n 3 --temperature 0.9")


class Mixing(commands.Cog):
    """Let versions talk together."""

    def __init__(self, bot: TextgenBot) -> None:
        self._bot = bot

    @commands.hybrid_command(extras={"examples": EXAMPLES})  # type: ignore[arg-type]
    @commands.guild_only()
    @app_commands.describe(
        first="A version's number or name, or base", second="Another one, or base"
    )
    async def mix(
        self, ctx: commands.Context[TextgenBot], first: str, second: str, *, flags: WritingFlags
    ) -> None:
        """Write something by two versions, which take turns at each word."""
        await write(ctx, flags.request(model=first, mixed_with=second))

    @mix.autocomplete("first")
    @mix.autocomplete("second")
    async def _offer_versions(
        self, interaction: discord.Interaction[TextgenBot], typed: str
    ) -> list[app_commands.Choice[str]]:
        found = await self._bot.versions.offered(interaction.guild_id, typed, with_base=True)
        return [app_commands.Choice(name=label, value=value) for label, value in found]


async def setup(bot: TextgenBot) -> None:
    """Hand the cog its collaborators."""
    await bot.add_cog(Mixing(bot))
