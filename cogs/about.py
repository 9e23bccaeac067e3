"""!about: who answers. !ping: whether, and how fast."""

from __future__ import annotations

import math
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from discord.ext import commands

from bot.errors import NO_CONTENT
from bot.locales.messages import N_, _, ngettext
from bot.presentation.privacy import stale_lines
from bot.presentation.training import guesses
from bot.text.formatting import duration, moment
from cogs.views.commands import GuildContext, command

if TYPE_CHECKING:
    from bot.app.client import TextgenBot
    from bot.discord_api.connection import PrefixOf
    from bot.storage.models import ModelStore
    from bot.storage.records import ModelRecord
    from bot.storage.staleness import StalenessStore

STORES = N_(
    "I delete messages when the training that read them ends. The model, and a filter that keeps "
    "me from repeating what was said, stay until an admin deletes them or I leave."
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
        """Show what I've learned in this server, and my version."""
        record = await self._models.current(ctx.guild.id)
        prefix = await self._prefix_of(ctx.guild.id)
        learned = _nothing_learned() if record is None else _learned(record)
        lines = [learned, _(STORES), f"-# textgen-bot {_version()}"]
        if record is not None:
            lines += stale_lines(await self._staleness.of(record.model_id), prefix)
        if self._privacy_url:
            lines.append(_("Privacy policy: {url}", url=f"<{self._privacy_url}>"))
        if not self._bot.intents.message_content:
            lines.append(_(NO_CONTENT))
        await ctx.send("\n".join(lines), ephemeral=True)

    @command("ping")
    @commands.guild_only()
    async def ping(self, ctx: GuildContext) -> None:
        """Check whether I'm awake."""
        seconds = self._bot.latency
        # Before the first heartbeat was answered, it is infinite or no number at all.
        text = _("I'm here.")
        if math.isfinite(seconds):
            text = _("I'm here. Discord is {ms:.0f} ms away.", ms=1000 * seconds)
        await ctx.send(text, ephemeral=True)


def _nothing_learned() -> str:
    return _(
        "I haven't learned anything in this server yet, so I talk like the model I came with. An "
        "admin can change that with `!train #channel`."
    )


def _learned(record: ModelRecord) -> str:
    metrics = record.metrics
    when = moment(record.created_at)
    if metrics is None:
        return _(
            "I talk with version {version} here, which came as a file ({moment}).",
            version=record.label,
            moment=when,
        )
    told = ngettext(
        "I talk with version {version} here. It learned from {count:,} message in {duration} "
        "({moment}).",
        "I talk with version {version} here. It learned from {count:,} messages in {duration} "
        "({moment}).",
        metrics.messages,
        version=record.label,
        duration=duration(metrics.train_s),
        moment=when,
    )
    return f"{told} {guesses(metrics)}"


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
