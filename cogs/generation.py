"""!generate: say something in this server's voice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_text import marked_content, unshown
from bot.errors import UserError
from bot.text_request import (
    DEFAULT_LENGTH,
    MAX_LENGTH,
    MAX_PROMPT_CHARS,
    MAX_TEMPERATURE,
    MAX_TEXTS,
    MIN_TEMPERATURE,
    TextRequest,
)
from cogs.views.ban_buttons import BanButton
from cogs.views.text_buttons import TextButton, going_on, write

if TYPE_CHECKING:
    from bot.client import TextgenBot

EXAMPLES = (
    "generate",
    "generate hello there",
    "generate --n 3 --temperature 0.9 --length 100",
    "generate --model memes",
    "generate dear diary --top_k 20 --top_p 0.9 --seed 7",
)


class GenerateFlags(commands.FlagConverter, prefix="--", delimiter=" "):
    """What can be asked for; `!generate hello --n 3 --temperature 0.9`."""

    # Zeros and ones stand for "not set": of a Range that may be None, discord.py makes a
    # slash option for text.
    prompt: commands.Range[str, 0, MAX_PROMPT_CHARS] = commands.flag(
        default="", positional=True, description="How the text begins"
    )
    model: commands.Range[str, 0, 32] = commands.flag(
        default="", description="A version of this server's model (left out: the one in use)"
    )
    n: commands.Range[int, 1, MAX_TEXTS] = commands.flag(
        default=1, description=f"How many texts (1–{MAX_TEXTS})"
    )
    temperature: commands.Range[float, 0.0, MAX_TEMPERATURE] = commands.flag(
        default=0.0,
        description="Lower is tamer, higher is wilder (0.1–2; left out: what this server set)",
    )
    length: commands.Range[int, 1, MAX_LENGTH] = commands.flag(
        aliases=["max_chars"],
        default=DEFAULT_LENGTH,
        description=f"The longest a text may get, in characters (1–{MAX_LENGTH})",
    )
    top_k: commands.Range[int, 0, 500] = commands.flag(
        default=0, description="Choose each character from the k likeliest (0: from all)"
    )
    top_p: commands.Range[float, 0.01, 1.0] = commands.flag(
        default=1.0, description="Choose each character from the likeliest share (0.01–1)"
    )
    seed: commands.Range[int, 0, 2**53 - 1] = commands.flag(
        default=0, description="The same number gives the same text again (0: a new one)"
    )


class Generation(commands.Cog):
    """Talk the way this server does."""

    def __init__(self, bot: TextgenBot) -> None:
        self._bot = bot
        self._menu = app_commands.ContextMenu(
            name="Continue this message", callback=self.continue_message
        )
        self._menu.guild_only = True

    async def cog_load(self) -> None:
        """Offer the menu, and answer to buttons of former days."""
        self._bot.tree.add_command(self._menu)
        self._bot.add_dynamic_items(TextButton, BanButton)

    async def cog_unload(self) -> None:
        """Take the menu and the buttons back."""
        self._bot.tree.remove_command(self._menu.name, type=self._menu.type)
        self._bot.remove_dynamic_items(TextButton, BanButton)

    @commands.hybrid_command(extras={"examples": EXAMPLES})  # type: ignore[arg-type]
    @commands.guild_only()
    async def generate(self, ctx: commands.Context[TextgenBot], *, flags: GenerateFlags) -> None:
        """Write something this server might say."""
        if 0 < flags.temperature < MIN_TEMPERATURE:
            raise UserError(f"The temperature must be {MIN_TEMPERATURE} to {MAX_TEMPERATURE:.0f}.")
        request = TextRequest(
            prompt=flags.prompt,
            model=flags.model,
            n=flags.n,
            temperature=flags.temperature or None,
            length=flags.length,
            top_k=flags.top_k,
            top_p=flags.top_p,
            seed=flags.seed,
        )
        await write(ctx, request)

    @generate.autocomplete("model")
    async def _offer_versions(
        self, interaction: discord.Interaction[TextgenBot], typed: str
    ) -> list[app_commands.Choice[str]]:
        found = await self._bot.versions.offered(interaction.guild_id, typed, with_base=True)
        return [app_commands.Choice(name=label, value=value) for label, value in found]

    async def continue_message(
        self, interaction: discord.Interaction[TextgenBot], message: discord.Message
    ) -> None:
        """Go on from a message in this server's voice."""
        text = unshown(marked_content(message.content))
        if not text:
            raise UserError("That message has no text that I could go on from.")
        await write(interaction, going_on(text, TextRequest()), goes_on=True)


async def setup(bot: TextgenBot) -> None:
    """Hand the cog its collaborators."""
    await bot.add_cog(Generation(bot))
