"""!generate: say something in this server's voice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from discord.ext import commands

from bot.discord_text import reply_messages
from bot.errors import UserError
from textgen_core import GenerationOptions

if TYPE_CHECKING:
    from bot.client import TextgenBot
    from bot.inference import Inference


class GenerateFlags(commands.FlagConverter, prefix="--", delimiter=" "):
    """What can be asked for; `!generate hello --n 3 --temperature 0.9`."""

    prompt: commands.Range[str, 0, 500] = commands.flag(
        default="", positional=True, description="How the text begins"
    )
    n: commands.Range[int, 1, 5] = commands.flag(default=1, description="How many texts (1–5)")
    temperature: commands.Range[float, 0.1, 2.0] = commands.flag(
        default=0.7, description="Lower is tamer, higher is wilder (0.1–2, usually 0.7)"
    )
    max_chars: commands.Range[int, 1, 1500] = commands.flag(
        default=300, description="The longest a text may get, in characters (1–1500)"
    )
    # Zeros and ones stand for "not set": of a Range that may be None, discord.py makes a
    # slash option for text.
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

    def __init__(self, inference: Inference) -> None:
        self._inference = inference

    @commands.hybrid_command()  # type: ignore[arg-type]
    @commands.guild_only()
    async def generate(self, ctx: commands.Context[TextgenBot], *, flags: GenerateFlags) -> None:
        """Write something this server might say."""
        assert ctx.guild is not None
        await ctx.defer()  # Discord allows 3 s for a first answer to a slash command
        try:
            options = GenerationOptions(
                n=flags.n,
                prompt=flags.prompt,
                temperature=flags.temperature,
                top_k=flags.top_k or None,
                top_p=flags.top_p if flags.top_p < 1 else None,
                max_chars=flags.max_chars,
                seed=flags.seed or None,
            )
        except ValueError as error:
            raise UserError(f"That does not work: {error}.") from None
        texts = await self._inference.generate(ctx.guild.id, options)
        emojis = {emoji.name: str(emoji) for emoji in ctx.guild.emojis}
        for message in reply_messages(texts, addressee=ctx.author.display_name, emojis=emojis):
            await ctx.send(message)


async def setup(bot: TextgenBot) -> None:
    """Hand the cog its collaborators."""
    await bot.add_cog(Generation(bot.inference))
