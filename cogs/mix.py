"""!mix: two versions of this server's model write one text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord import app_commands
from discord.ext import commands

from cogs.views.autocomplete import offer_with_base
from cogs.views.generation_flags import WritingFlags
from cogs.views.text_buttons import write

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

EXAMPLES = ("mix 3 base", "mix memes 4 good morning", "mix memes base --n 3 --temperature 0.9")


class Mixing(commands.Cog):
    """Let versions talk together."""

    @commands.hybrid_command(extras={"examples": EXAMPLES})  # type: ignore[arg-type]
    @commands.guild_only()
    @app_commands.describe(
        first="A version's number or name, or base", second="Another one, or base"
    )
    async def mix(
        self, ctx: commands.Context[TextgenBot], first: str, second: str, *, flags: WritingFlags
    ) -> None:
        """Write one text with two versions, alternating words."""
        await write(ctx, flags.request(model=first, mixed_with=second))

    mix.autocomplete("first")(offer_with_base)
    mix.autocomplete("second")(offer_with_base)


async def setup(bot: TextgenBot) -> None:
    """Let versions be mixed."""
    await bot.add_cog(Mixing())
