"""What can be asked of !train: to learn from channels, or from a file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Protocol

import discord
from discord.ext import commands

from bot.corpus.uploads import bundled, downloaded, safe_name
from bot.discord_api.audience import is_public
from bot.discord_api.channel_access import Readable, is_kept_from, lacking
from bot.discord_api.permission_names import listed_permissions
from bot.errors import FILES_ALONE, NO_CONTENT, UserError
from bot.locales.messages import N_, _
from bot.presentation.learning import NOTHING_TO_GO_ON_FROM
from bot.runtime.downloads import MEBIBYTE, too_large
from bot.storage.records import TrainingScope
from bot.text.discord_markup import defuse_mentions
from bot.text.durations import age_s, id_before
from bot.text.typed_options import MARK
from cogs.views.cancel_button import may_train
from cogs.views.column_menu import ask_for_column
from cogs.views.commands import GuildContext
from cogs.views.consent import must_agree_first, tell_channels

if TYPE_CHECKING:
    pass


# Of textgen_core's `FORMATS`, written out because a slash command's choices are.
FileFormat = Literal[
    "auto", "text", "csv", "json", "jsonl", "html", "exporter", "whatsapp", "irc", "chatlog"
]


class TrainFlags(commands.FlagConverter, prefix=MARK, delimiter=" "):
    """How much of a history is read; `!train #general --last 30d --threads`."""

    threads: bool = commands.flag(default=False, description="Read the channels' threads too")
    last: str = commands.flag(
        aliases=["since", "past"],
        default="",
        description="Only recent messages: 12h, 30d, 2w, 6mo, or since a date",
    )
    max: commands.Range[int, 0, 100_000_000] = commands.flag(
        default=0, description="Only this many of the newest messages of each channel (0: all)"
    )

    @classmethod
    def parse_flags(cls, argument: str, *, ignore_extra: bool = True) -> dict[str, list[str]]:
        """Read what was typed; words left over are a mistake, such as a channel that is none."""
        if left_over := argument.partition(MARK)[0].strip():
            raise commands.ChannelNotFound(left_over)
        return super().parse_flags(argument, ignore_extra=ignore_extra)


class AllFlags(TrainFlags, prefix=MARK, delimiter=" "):
    """What `!train all` leaves out; `!train all --except #news --last 30d`."""

    except_: str = commands.flag(
        name="except", default="", description="Channels to leave out, such as #news #logs"
    )


class FileFlags(commands.FlagConverter, prefix=MARK, delimiter=" "):
    """How files are read; `!train file --column text`."""

    full: bool = commands.flag(default=False, description="Forget everything first")
    column: commands.Range[str, 0, 100] = commands.flag(
        default="", description="The column or field with the text: its name, or a number from 1"
    )
    format: FileFormat = commands.flag(
        default="auto", description="The file's format, if I can't tell by myself"
    )

    @classmethod
    def parse_flags(cls, argument: str, *, ignore_extra: bool = True) -> dict[str, list[str]]:
        """Read what was typed; "yes" and "full" alone mean the same as `--full`."""
        word = argument.partition(MARK)[0].strip()
        if word.casefold() in ("yes", "full", "true"):
            argument = f"{argument.replace(word, '', 1)} {MARK}full yes"
        elif word:
            raise UserError(
                "I don't know what “{word:.40}” means here. Try `!train file --full`.",
                word=defuse_mentions(word),
            )
        return super().parse_flags(argument, ignore_extra=ignore_extra)


NO_LONGER = N_("Whoever asked for this training may no longer train here, so I didn't start it.")
MAX_CHANNELS = 20
AT_A_TIME = 100  # channels, between which others have their turn
LONGEST_S = 20 * 365 * 86_400  # longer than Discord has been there


class Order(Protocol):
    """Something to learn from."""

    async def check(self, ctx: GuildContext) -> None:
        """Raise a UserError unless it may be learned from, for who asks."""
        ...

    async def queue(self, ctx: GuildContext) -> None:
        """Queue the training."""
        ...


@dataclass(frozen=True, slots=True)
class ChannelOrder:
    """To learn from channels; if `tuned`, in several ways, of which the best is kept."""

    channels: Sequence[Readable]
    flags: TrainFlags
    fresh: bool
    tuned: bool = False
    most: int = MAX_CHANNELS

    async def check(self, ctx: GuildContext) -> None:
        """See `Order.check`."""
        if not (await ctx.bot.services.servers.of(ctx.guild.id)).reads_history:
            raise UserError(FILES_ALONE)
        if len(self.channels) > self.most:
            raise UserError(
                "That is too many: I take up to {most} channels at once. `!train all` "
                "takes every channel.",
                most=self.most,
            )
        for channel in self.channels:
            await check_access(ctx, channel)
        if not ctx.bot.intents.message_content:
            raise UserError(NO_CONTENT)
        self._scope(ctx)

    async def queue(self, ctx: GuildContext) -> None:
        """See `Order.queue`; what the channels are like now is kept, and they are told."""
        scope = self._scope(ctx)
        learned = ctx.bot.services.learned
        await learned.note_nsfw(found.id for found in self.channels if found.is_nsfw())
        hidden = [found.id for found in self.channels if not is_public(found)]
        await learned.note_hidden(ctx.guild.id, hidden)
        more = {"furnish": ctx.bot.services.folder.make_tuning} if self.tuned else {}
        ids = tuple(channel.id for channel in self.channels)
        await _submit(ctx, scope=scope, channel_ids=ids, **more)
        await tell_channels(ctx, self.channels)

    def _scope(self, ctx: GuildContext) -> TrainingScope:
        """Return how much is read; raise a UserError where `--last` says nothing sensible."""
        since_id = 0
        if self.flags.last:
            now = ctx.message.created_at
            seconds = age_s(self.flags.last, now, least_s=3600, most_s=LONGEST_S)
            since_id = id_before(ctx.message.id, seconds)
        return TrainingScope(
            fresh=self.fresh,
            threads=self.flags.threads,
            since_id=since_id,
            max_messages=self.flags.max,
        )


@dataclass(frozen=True, slots=True)
class FileOrder:
    """To learn from attached files; if `tuned`, in several ways, of which the best is kept.

    Attributes:
        column, form: how they are to be read, where they do not say it themselves.
    """

    files: Sequence[discord.Attachment]
    fresh: bool
    tuned: bool = False
    column: str = ""
    form: str = "auto"

    async def check(self, ctx: GuildContext) -> None:
        """See `Order.check`."""
        for file in self.files:
            safe_name(file.filename)
        if sum(file.size for file in self.files) > _max_file_bytes(ctx):
            raise too_large(_max_file_bytes(ctx))

    async def queue(self, ctx: GuildContext) -> None:
        """See `Order.queue`."""
        if ctx.interaction is None or not ctx.interaction.response.is_done():
            await ctx.defer(ephemeral=True)  # Discord allows 3 s for a first answer
        folder = ctx.bot.services.folder
        async with AsyncExitStack() as stack:
            download = partial(
                downloaded,
                folder,
                max_bytes=_max_file_bytes(ctx),
                proxy=ctx.bot.services.settings.proxy,
            )
            arrived = [
                await stack.enter_async_context(download(file.url, file.filename))
                for file in self.files
            ]
            incoming = stack.enter_context(bundled(folder, arrived))
            if not self.column and self.form == "auto":
                columns = await ctx.bot.services.file_corpus.columns_to_choose(
                    incoming.path, incoming.name, ctx.guild.id
                )
                if columns:
                    await ask_for_column(ctx, incoming.name, columns, partial(self._with, ctx))
                    return

            def furnish(train_job_id: int) -> None:
                incoming.furnish(train_job_id)
                if self.tuned:
                    folder.make_tuning(train_job_id)

            scope = TrainingScope(
                fresh=self.fresh,
                file_name=incoming.name,
                file_column=self.column,
                file_format=self.form,
                file_digest=await asyncio.to_thread(incoming.digest),
            )
            await _submit(ctx, scope=scope, channel_ids=(), furnish=furnish)

    async def _with(self, ctx: GuildContext, column: str) -> None:
        await carry_out(ctx, replace(self, column=column))


async def attached(ctx: GuildContext) -> list[discord.Attachment]:
    """Return the files of a message, or those of the one that it replies to."""
    files = _files_of(ctx.message)
    reference = ctx.message.reference
    if files or ctx.interaction is not None or reference is None or not reference.message_id:
        return files
    answered = reference.resolved
    if not isinstance(answered, discord.Message):
        try:
            answered = await ctx.channel.fetch_message(reference.message_id)
        except discord.HTTPException:
            return []
    return _files_of(answered)


def _files_of(message: discord.Message) -> list[discord.Attachment]:
    """Return the files of a message, those of what it passes on among them."""
    passed_on = [file for one in message.message_snapshots for file in one.attachments]
    return [*message.attachments, *passed_on]


async def carry_out(ctx: GuildContext, order: Order) -> None:
    """Queue what was asked for; before a server's first training somebody must agree to it."""
    await order.check(ctx)
    if not await must_agree_first(ctx, partial(carry_out_later, ctx, order)):
        await order.queue(ctx)


async def carry_out_later(ctx: GuildContext, order: Order) -> None:
    """Queue what was asked for a while ago, if who asked may still have it.

    `ctx.author` is as they were when they asked: Discord tells the bot of no change.

    Raises:
        UserError: they have left, may not train any more, or may not read a channel.
    """
    try:
        member = await ctx.guild.fetch_member(ctx.author.id)
    except discord.NotFound:
        raise UserError(NO_LONGER) from None
    if not await may_train(member, ctx.bot.services.servers):
        raise UserError(NO_LONGER)
    ctx.author = member
    await carry_out(ctx, order)


async def _submit(ctx: GuildContext, **order: Any) -> None:
    if not ctx.bot_permissions.send_messages:
        raise UserError("I'm not allowed to send messages here. Ask in a channel where I am.")
    if ctx.interaction is not None:
        await ctx.send(_("Follow the progress below."), ephemeral=True)
    await ctx.bot.services.worker.submit(
        guild_id=ctx.guild.id,
        report_channel_id=ctx.channel.id,
        before_id=ctx.message.id,  # a slash command has one as well
        requested_by_id=ctx.author.id,
        **order,
    )


def _max_file_bytes(ctx: GuildContext) -> int:
    return ctx.bot.services.settings.max_file_mb * MEBIBYTE


__all__ = ["Readable", "check_access", "check_reading", "check_scheduled", "readable_channels"]


async def check_access(ctx: GuildContext, channel: Readable) -> None:
    """Neither the bot nor the person who asks may read more through the other."""
    if channel.guild.id != ctx.guild.id:
        raise UserError("I only learn from channels of this server.")
    if lacking(channel, ctx.author) or await is_kept_from(channel, ctx.author):
        raise UserError(
            "You can't read {channel}, so I won't learn from it for you.", channel=channel.mention
        )
    missing = lacking(channel, ctx.guild.me)
    if missing:
        raise UserError(
            "I'm not allowed to read the history of {channel}. Give me {permissions} there.",
            channel=channel.mention,
            permissions=partial(listed_permissions, missing),
        )


async def check_reading(ctx: GuildContext, channels: Iterable[Any]) -> None:
    """Raise a UserError unless channels may be read from now on, for who asks."""
    refusal = await ctx.bot.services.texts.refusal(ctx.guild.id)
    if refusal is not None:
        raise UserError(refusal)
    for channel in channels:
        if isinstance(channel, Readable):
            await check_access(ctx, channel)


async def check_scheduled(ctx: GuildContext) -> None:
    """Raise a UserError unless a server can be trained by itself, for who asks."""
    known = await ctx.bot.services.scheduled_trainings.channels(ctx.guild.id)
    if not known:
        raise UserError(NOTHING_TO_GO_ON_FROM)
    ids = {channel.parent_id or found for found, channel in known.items()}
    await check_reading(ctx, map(ctx.guild.get_channel_or_thread, ids))


async def readable_channels(ctx: GuildContext) -> list[Readable]:
    """Return every channel of the server that both the bot and the person who asks may read."""
    found: list[Readable] = []
    for number, channel in enumerate(list(ctx.guild.channels), 1):
        if (
            isinstance(channel, Readable)
            and not lacking(channel, ctx.author)
            and not lacking(channel, ctx.guild.me)
        ):
            found.append(channel)
        if number % AT_A_TIME == 0:
            await asyncio.sleep(0)  # what roles may do in thousands of channels takes seconds
    return found
