"""!guess: one of four lines is the bot's. Which?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

import discord
from discord.ext import commands

from bot.insights.guessing import LINES, Guessing
from bot.locales.messages import _
from bot.presentation.guess import question, result, standing, taken
from bot.runtime.rate_limit import Cooldowns
from cogs.views.commands import GuildContext, command
from cogs.views.persistent_items import PersistentButton, lasting
from cogs.views.responses import place_of, shown_if_slow

if TYPE_CHECKING:
    from bot.app.client import TextgenBot


class GuessButton(PersistentButton, template=r"guess:(?P<act>[1-9]|show)"):
    """A line's number, or the end of the round."""

    def __init__(self, act: str) -> None:
        label = _("Show me") if act == "show" else act
        style = discord.ButtonStyle.primary if act == "show" else discord.ButtonStyle.secondary
        super().__init__(label, f"guess:{act}", style)
        self._act = act

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Return the button of an id."""
        return cls(match["act"])

    async def pressed(self, interaction: discord.Interaction[TextgenBot]) -> None:
        """Take the guess, or end the round."""
        assert interaction.message is not None
        guessing = interaction.client.services.guessing
        if self._act == "show":
            game, score = await guessing.end(interaction.message.id, interaction.user.id)
            told = standing(score.right, score.guesses, LINES)
            text = result(game.lines, game.mine, game.right, told)
            await interaction.response.edit_message(content=text, view=None)
            return
        number = min(int(self._act), LINES)
        guessing.vote(interaction.message.id, interaction.user.id, number - 1)
        await interaction.response.send_message(taken(number), ephemeral=True)


class Guess(commands.Cog):
    """Tell me from your friends."""

    def __init__(self, guessing: Guessing, cooldowns: Cooldowns) -> None:
        self._guessing = guessing
        self._cooldowns = cooldowns

    @command("guess")
    @commands.guild_only()
    @commands.has_permissions(read_message_history=True)
    @commands.bot_has_permissions(read_message_history=True)
    async def guess(self, ctx: GuildContext) -> None:
        """Find the line that I wrote among three that people wrote here."""
        self._cooldowns.use(ctx.guild.id, ctx.author.id)
        place = place_of(ctx.channel, ctx.guild)
        work = self._guessing.begin(place, ctx.message.id)
        game = await shown_if_slow(ctx.interaction or ctx, work)
        acts = [*(str(number) for number in range(1, LINES + 1)), "show"]
        message = await ctx.send(question(game.lines), view=lasting(map(GuessButton, acts)))
        self._guessing.show(message.id, game)


async def setup(bot: TextgenBot) -> None:
    """Hand the cog its collaborators, and answer to buttons of rounds that are over."""
    bot.add_dynamic_items(GuessButton)
    await bot.add_cog(Guess(bot.services.guessing, bot.services.cooldowns))
