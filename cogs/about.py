"""!help: what the bot does and how to ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord.ext import commands

if TYPE_CHECKING:
    from bot.client import TextgenBot

HELP = """\
I learn how this server talks, and talk like it.
`{p}generate` writes something; `{p}generate hello` goes on from a beginning.
  Options: `--n 3` `--temperature 0.9` `--max_chars 200` `--top_k 20` `--top_p 0.9` `--seed 7`
`{p}train #channel #another` reads channels and learns from them (Manage Server).
`{p}train status` shows how that is coming along.
`{p}train cancel` stops it.
Each is a slash command as well: `/generate`, `/train start`, `/train status`, `/train cancel`.
What I read for a training is deleted when the training ends."""


class About(commands.Cog):
    """Explain the bot."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    @commands.hybrid_command()  # type: ignore[arg-type]
    async def help(self, ctx: commands.Context[TextgenBot]) -> None:
        """Show what I can do."""
        await ctx.send(HELP.format(p=self._prefix), ephemeral=True)


async def setup(bot: TextgenBot) -> None:
    """Hand the cog its collaborators."""
    await bot.add_cog(About(bot.settings.prefix))
