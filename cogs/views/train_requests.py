"""What can be asked of !train: to learn from channels, or from a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import discord
from discord.ext import commands

from bot.corpus.uploads import MEBIBYTE, downloaded, safe_name, too_large
from bot.discord_api.audience import is_public, may_read, reading_names
from bot.errors import FILES_ALONE, NO_CONTENT, UserError
from bot.storage.records import TrainingScope
from bot.text.durations import id_before, span_s
from cogs.views.consent import must_agree_first, tell_channels

if TYPE_CHECKING:
    from bot.app.client import TextgenBot


_BARE_THREADS = re.compile(r"--threads(?=\s*(?:--|$))")


class TrainFlags(commands.FlagConverter, prefix="--", delimiter=" "):
    """How much of a history is read; `!train #general --last 30d --threads`."""

    threads: bool = commands.flag(default=False, description="Read the channels' threads as well")
    last: str = commands.flag(
        default="", description="Only the last hours, days, weeks or months: 12h, 30d, 2w, 6mo"
    )
    max: commands.Range[int, 0, 100_000_000] = commands.flag(
        default=0, description="Only so many of the newest messages of each channel (0: all)"
    )

    @classmethod
    def parse_flags(cls, argument: str, *, ignore_extra: bool = True) -> dict[str, list[str]]:
        """Read what was typed; `--threads` alone means yes, and words left over are a mistake."""
        argument = _BARE_THREADS.sub("--threads yes ", argument)
        if left_over := argument.partition("--")[0].strip():
            raise commands.ChannelNotFound(left_over)
        return super().parse_flags(argument, ignore_extra=ignore_extra)


MAX_CHANNELS = 20
LONGEST_S = 20 * 365 * 86_400  # longer than Discord has been there


class Order(Protocol):
    """Something to learn from."""

    async def check(self, ctx: commands.Context[TextgenBot]) -> None:
        """Raise a UserError unless it may be learned from, for who asks."""
        ...

    async def queue(self, ctx: commands.Context[TextgenBot]) -> None:
        """Queue the training."""
        ...


@dataclass(frozen=True, slots=True)
class ChannelOrder:
    """To learn from channels; if `tuned`, in several ways, of which the best is kept."""

    channels: Sequence[Readable]
    flags: TrainFlags
    fresh: bool
    tuned: bool = False

    async def check(self, ctx: commands.Context[TextgenBot]) -> None:
        """See `Order.check`."""
        assert ctx.guild is not None
        if not (await ctx.bot.servers.of(ctx.guild.id)).reads_history:
            raise UserError(FILES_ALONE)
        if len(self.channels) > MAX_CHANNELS:
            raise UserError(f"I learn from at most {MAX_CHANNELS} channels at once.")
        for channel in self.channels:
            check_access(ctx, channel)
        if not ctx.bot.intents.message_content:
            raise UserError(NO_CONTENT)
        self._scope(ctx)

    async def queue(self, ctx: commands.Context[TextgenBot]) -> None:
        """See `Order.queue`; what the channels are like now is kept, and they are told."""
        assert ctx.guild is not None
        scope = self._scope(ctx)
        learned = ctx.bot.learned
        await learned.note_nsfw(found.id for found in self.channels if found.is_nsfw())
        hidden = [found.id for found in self.channels if not is_public(found)]
        await learned.note_hidden(ctx.guild.id, hidden)
        more = {"furnish": ctx.bot.folder.make_tuning} if self.tuned else {}
        ids = tuple(channel.id for channel in self.channels)
        await _submit(ctx, scope=scope, channel_ids=ids, **more)
        await tell_channels(ctx, self.channels)

    def _scope(self, ctx: commands.Context[TextgenBot]) -> TrainingScope:
        """Return how much is read; raise a UserError where `--last` says nothing sensible."""
        since_id = 0
        if self.flags.last:
            seconds = span_s(self.flags.last, least_s=3600, most_s=LONGEST_S)
            since_id = id_before(ctx.message.id, seconds)
        return TrainingScope(
            fresh=self.fresh,
            threads=self.flags.threads,
            since_id=since_id,
            max_messages=self.flags.max,
        )


@dataclass(frozen=True, slots=True)
class FileOrder:
    """To learn from an attached file; if `tuned`, in several ways, of which the best is kept."""

    file: discord.Attachment
    fresh: bool
    tuned: bool = False

    async def check(self, ctx: commands.Context[TextgenBot]) -> None:
        """See `Order.check`."""
        safe_name(self.file.filename)
        if self.file.size > _max_file_bytes(ctx):
            raise too_large(_max_file_bytes(ctx))

    async def queue(self, ctx: commands.Context[TextgenBot]) -> None:
        """See `Order.queue`."""
        if ctx.interaction is None or not ctx.interaction.response.is_done():
            await ctx.defer(ephemeral=True)  # Discord allows 3 s for a first answer
        name = self.file.filename
        scope = TrainingScope(fresh=self.fresh, file_name=safe_name(name))
        folder = ctx.bot.folder
        async with downloaded(
            folder, self.file.url, name, max_bytes=_max_file_bytes(ctx)
        ) as incoming:

            def furnish(train_job_id: int) -> None:
                incoming.furnish(train_job_id)
                if self.tuned:
                    folder.make_tuning(train_job_id)

            await _submit(ctx, scope=scope, channel_ids=(), furnish=furnish)


async def carry_out(ctx: commands.Context[TextgenBot], order: Order) -> None:
    """Queue what was asked for; before a server's first training somebody must agree to it.

    What may be is looked at anew when somebody has: it can have changed.
    """
    await order.check(ctx)
    if not await must_agree_first(ctx, partial(carry_out, ctx, order)):
        await order.queue(ctx)


async def _submit(ctx: commands.Context[TextgenBot], **order: Any) -> None:
    assert ctx.guild is not None
    if not ctx.bot_permissions.send_messages:
        raise UserError("I may not send messages here: ask in a channel where I may.")
    if ctx.interaction is not None:
        await ctx.send("I show the progress below.", ephemeral=True)
    await ctx.bot.worker.submit(
        guild_id=ctx.guild.id,
        report_channel_id=ctx.channel.id,
        before_id=ctx.message.id,  # a slash command has one as well
        requested_by_id=ctx.author.id,
        **order,
    )


def _max_file_bytes(ctx: commands.Context[TextgenBot]) -> int:
    return ctx.bot.settings.max_file_mb * MEBIBYTE


Readable = discord.TextChannel | discord.VoiceChannel | discord.Thread | discord.ForumChannel


def check_access(ctx: commands.Context[TextgenBot], channel: Readable) -> None:
    """Neither the bot nor the person who asks may read more through the other."""
    assert ctx.guild is not None
    assert isinstance(ctx.author, discord.Member)
    if channel.guild.id != ctx.guild.id:
        raise UserError("I learn only from channels of this server.")
    if not may_read(channel, ctx.author):
        raise UserError(f"You may not read {channel.mention}, so I do not learn from it for you.")
    if not may_read(channel, ctx.guild.me):
        raise UserError(
            f"I may not read the history of {channel.mention}: give me {reading_names(channel)} "
            "there."
        )
