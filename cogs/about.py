"""!about: who answers. !ping: whether, and how fast."""

from __future__ import annotations

import math
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from discord.ext import commands

from bot.errors import NO_CONTENT
from bot.presentation.privacy import stale_lines
from bot.presentation.training import surprise
from bot.text.formatting import duration, messages_count
from cogs.views.commands import GuildContext, command

if TYPE_CHECKING:
    from bot.app.client import TextgenBot
    from bot.discord_api.connection import PrefixOf
    from bot.storage.models import ModelStore
    from bot.storage.records import ModelRecord
    from bot.storage.staleness import StalenessStore

STORES = (
    "What I read for a training is deleted when the training ends; the model, and a filter that "
    "knows again what was said, stay until an admin deletes them, or I leave."
)


class About(commands.Cog):
    """Explain the bot."""

    def __init__(
        self,
        bot: TextgenBot,
        models: ModelStore,
        staleness: StalenessStore,
        *,
        prefix_of: PrefixOf,
        privacy_url: str | None,
    ) -> None:
        self._bot = bot
        self._models = models
        self._staleness = staleness
        self._prefix_of = prefix_of
        self._privacy_url = privacy_url

    @command("about")
    @commands.guild_only()
    async def about(self, ctx: GuildContext) -> None:
        """Show my version and what I have learned in this server."""
        record = await self._models.current(ctx.guild.id)
        prefix = await self._prefix_of(ctx.guild.id)
        learned = _nothing_learned(prefix) if record is None else _learned(record)
        lines = [f"I am textgen-bot {_version()}.", learned, STORES]
        if record is not None:
            lines += stale_lines(await self._staleness.of(record.model_id), prefix)
        if self._privacy_url:
            lines.append(f"Privacy: <{self._privacy_url}>")
        if not self._bot.intents.message_content:
            lines.append(NO_CONTENT)
        await ctx.send("\n".join(lines), ephemeral=True)

    @command("ping")
    @commands.guild_only()
    async def ping(self, ctx: GuildContext) -> None:
        """Show whether I am awake, and how far away Discord is."""
        seconds = self._bot.latency
        # Before the first heartbeat was answered, it is infinite or no number at all.
        known = f" Discord is {1000 * seconds:.0f} ms away." if math.isfinite(seconds) else ""
        await ctx.send(f"Here I am.{known}", ephemeral=True)


def _nothing_learned(prefix: str) -> str:
    return (
        "I have learned nothing in this server yet and talk like the model I came with: "
        f"an admin can change that by `{prefix}train #channel`."
    )


def _learned(record: ModelRecord) -> str:
    metrics = record.metrics
    when = f"<t:{int(record.created_at.timestamp())}:f>"  # in each reader's own time zone
    if metrics is None:
        return f"How I talk here came as a file on {when}; it is my version {record.label}."
    return (
        f"How I talk here I learned on {when} from {messages_count(metrics.messages)}, in "
        f"{duration(metrics.train_s)}; it is my version {record.label} for this server.\n"
        f"{surprise(metrics)}"
    )


def _version() -> str:
    try:
        return version("textgen-bot")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "(not installed)"


async def setup(bot: TextgenBot) -> None:
    """Hand the cog its collaborators."""
    parts = bot.services
    await bot.add_cog(
        About(
            bot,
            parts.models,
            parts.staleness,
            prefix_of=parts.prefix,
            privacy_url=parts.settings.privacy_url,
        )
    )
