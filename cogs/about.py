"""!help: how to ask. !about: who answers."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from discord.ext import commands

from bot.progress_text import duration, messages_count

if TYPE_CHECKING:
    from bot.client import TextgenBot
    from bot.storage.models import ModelStore
    from bot.storage.records import ModelRecord

HELP = """\
I learn how this server talks, and talk like it.
`{p}generate` writes something; `{p}generate hello` goes on from a beginning.
  Options: `--n 3` `--temperature 0.9` `--max_chars 200` `--top_k 20` `--top_p 0.9` `--seed 7`
`{p}train #channel #another` reads channels and learns from them (Manage Server).
`{p}train status` shows how that is coming along.
`{p}train cancel` stops it.
`{p}about` tells what I have learned here.
Each is a slash command as well: `/generate`, `/train start`, `/train status`, `/train cancel`.
What I read for a training is deleted when the training ends."""


class About(commands.Cog):
    """Explain the bot."""

    def __init__(self, prefix: str, models: ModelStore) -> None:
        self._prefix = prefix
        self._models = models

    @commands.hybrid_command()  # type: ignore[arg-type]
    async def help(self, ctx: commands.Context[TextgenBot]) -> None:
        """Show what I can do."""
        await ctx.send(HELP.format(p=self._prefix), ephemeral=True)

    @commands.hybrid_command()  # type: ignore[arg-type]
    @commands.guild_only()
    async def about(self, ctx: commands.Context[TextgenBot]) -> None:
        """Show my version and what I have learned in this server."""
        assert ctx.guild is not None
        record = await self._models.current(ctx.guild.id)
        learned = self._nothing_learned() if record is None else _learned(record)
        await ctx.send(f"I am textgen-bot {_version()}.\n{learned}", ephemeral=True)

    def _nothing_learned(self) -> str:
        return (
            "I have learned nothing in this server yet and talk like the model I came with: "
            f"an admin can change that by `{self._prefix}train #channel`."
        )


def _learned(record: ModelRecord) -> str:
    metrics = record.metrics
    when = f"<t:{int(record.created_at.timestamp())}:f>"  # in each reader's own time zone
    return (
        f"How I talk here I learned on {when} from {messages_count(metrics.messages)}, in "
        f"{duration(metrics.train_s)}; it is my version {record.version} for this server.\n"
        f"Surprise at the newest messages: {metrics.bits_per_char_before:.2f} → "
        f"**{metrics.bits_per_char_after:.2f} bits/char** (lower is better)."
    )


def _version() -> str:
    try:
        return version("textgen-bot")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "(not installed)"


async def setup(bot: TextgenBot) -> None:
    """Hand the cog its collaborators."""
    await bot.add_cog(About(bot.settings.prefix, bot.models))
