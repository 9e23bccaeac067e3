"""!train: learn from channels or a file, see how it goes, stop it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import UserError
from bot.generation.quiet_hours import QuietHours
from bot.locales.messages import _, ngettext
from bot.presentation.job_log import LINES, log_text
from bot.presentation.job_messages import status_text
from bot.presentation.learning import (
    LIVE_NOWHERE,
    NEVER_SCHEDULED,
    NO_FORUMS,
    UNSCHEDULED,
    live_off,
    live_on,
    live_where,
    scheduled,
)
from bot.presentation.privacy import stale_lines
from bot.text.discord_markup import cut
from bot.text.durations import is_off
from bot.training.night_schedule import Every
from cogs.views.cancel_button import CancelButton, cancel_button, may_train
from cogs.views.commands import GuildContext, group, subcommand
from cogs.views.consent import ConsentButton, must_agree_first, tell_channels
from cogs.views.details_button import DetailsButton, details_button
from cogs.views.train_all import ask_for_all
from cogs.views.train_requests import (
    AllFlags,
    ChannelOrder,
    FileFlags,
    FileOrder,
    Readable,
    TrainFlags,
    attached,
    carry_out,
    check_reading,
    check_scheduled,
)

if TYPE_CHECKING:
    from bot.app.client import TextgenBot
    from bot.discord_api.connection import PrefixOf
    from bot.generation.live_journal import LiveJournal
    from bot.storage.guilds import ServerStore
    from bot.storage.models import ModelStore
    from bot.storage.outcomes import OutcomeStore
    from bot.storage.staleness import StalenessStore
    from bot.training.nightly import NightlyTraining
    from bot.training.queue_worker import QueueWorker

_FOR_THOSE_WHO_ASKED = ("train cancel",)
_MANAGES_SERVER = commands.has_guild_permissions(manage_guild=True).predicate
NONE_NAMED: Any = None
_CHANNELS = {
    "channel": "The channel to learn from (of a forum: its posts)",
    "more": "More channels, such as #memes #music",
}


class Training(commands.Cog):
    """Let the bot learn how this server talks."""

    def __init__(
        self,
        worker: QueueWorker,
        servers: ServerStore,
        models: ModelStore,
        outcomes: OutcomeStore,
        staleness: StalenessStore,
        nightly: NightlyTraining,
        journal: LiveJournal,
        *,
        prefix_of: PrefixOf,
    ) -> None:
        self._worker = worker
        self._servers = servers
        self._models = models
        self._outcomes = outcomes
        self._staleness = staleness
        self._nightly = nightly
        self._journal = journal
        self._prefix_of = prefix_of

    async def cog_check(self, ctx: GuildContext) -> bool:  # type: ignore[override]
        """Every command here is for those who manage the server, and for roles that may train."""
        if ctx.command is not None and ctx.command.qualified_name in _FOR_THOSE_WHO_ASKED:
            return True
        if isinstance(ctx.author, discord.Member) and await self.may_use(ctx.author):
            return True
        return await _MANAGES_SERVER(ctx)

    async def may_use(self, member: discord.Member) -> bool:
        """Say whether a member may train."""
        return await may_train(member, self._servers)

    @group("train #general", "train #general #memes --last 30d --threads", fallback="start")
    @commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.describe(**_CHANNELS)
    async def train(
        self,
        ctx: GuildContext,
        channel: Readable | None = None,
        more: commands.Greedy[Readable] = NONE_NAMED,
        *,
        flags: TrainFlags,
    ) -> None:
        """Learn what is new in one or more channels."""
        await self._start(ctx, [channel, *(more or ())], flags, fresh=False)

    @subcommand(train, "train full #general")
    @app_commands.describe(**_CHANNELS)
    async def full(
        self,
        ctx: GuildContext,
        channel: Readable | None = None,
        more: commands.Greedy[Readable] = NONE_NAMED,
        *,
        flags: TrainFlags,
    ) -> None:
        """Forget everything and learn the whole history of channels."""
        await self._start(ctx, [channel, *(more or ())], flags, fresh=True)

    @subcommand(train, "train tune #general")
    @app_commands.describe(**_CHANNELS)
    async def tune(
        self,
        ctx: GuildContext,
        channel: Readable | None = None,
        more: commands.Greedy[Readable] = NONE_NAMED,
        *,
        flags: TrainFlags,
    ) -> None:
        """Learn the whole history in four ways and keep the best; slow."""
        await self._start(ctx, [channel, *(more or ())], flags, fresh=True, tuned=True)

    @subcommand(train, "train all", "train all --except #news --last 30d", name="all")
    async def all_(self, ctx: GuildContext, *, flags: AllFlags) -> None:
        """Learn from every channel that both of us can read; I ask first."""
        await ask_for_all(ctx, flags)

    @subcommand(train, "train file", "train file --full", "train file --column text")
    @app_commands.describe(
        file="A chat of DiscordChatExporter, Telegram, WhatsApp…, a .txt, .csv, .json or .zip",
        second="Another file, read after it",
    )
    async def file(
        self,
        ctx: GuildContext,
        file: discord.Attachment | None = None,
        second: discord.Attachment | None = None,
        *,
        flags: FileFlags,
    ) -> None:
        """Learn from files you attach, or reply to."""
        files = await attached(ctx) or [one for one in (file, second) if one is not None]
        if not files:
            raise UserError(
                "There is no file to learn from. Attach one, or reply to a message that has one "
                "with `!train file`."
            )
        await carry_out(ctx, FileOrder(files, flags.full, column=flags.column, form=flags.format))

    @subcommand(train, "train status")
    async def status(self, ctx: GuildContext) -> None:
        """Show how the training is going."""
        lines = [status_text(await self._worker.status(ctx.guild.id))]
        live = await self._models.current(ctx.guild.id)
        if live is not None:
            staleness = await self._staleness.of(live.model_id)
            lines += stale_lines(staleness, await self._prefix_of(ctx.guild.id))
        await ctx.send(cut("\n".join(lines)))

    @subcommand(train, "train cancel")
    async def cancel(self, ctx: GuildContext) -> None:
        """Stop this server's training, and those waiting."""
        may_stop_all = await self.may_use(ctx.author)
        count = await self._worker.cancel(
            ctx.guild.id, requested_by_id=None if may_stop_all else ctx.author.id
        )
        if count == 0 and not may_stop_all:
            raise commands.MissingPermissions(["manage_guild"])
        if count == 0:
            raise UserError("There is nothing to stop; no training is running or waiting here.")
        await ctx.send(ngettext("Stopping the training…", "Stopping {count} trainings…", count))

    @subcommand(train, "train log")
    async def log(self, ctx: GuildContext) -> None:
        """Show the last trainings: when, by whom, from what, how well."""
        await ctx.send(log_text(await self._outcomes.latest(ctx.guild.id, LINES)))

    @subcommand(
        train, "train every day", "train every week at 04:00 Europe/Berlin", "train every off"
    )
    @app_commands.describe(when="day, week or 500 messages, at 04:00, with a time zone; or off")
    async def every(self, ctx: GuildContext, *, when: str) -> None:
        """Train by myself when enough is new, at night."""
        guild_id = ctx.guild.id
        if is_off(when):
            was_on = await self._nightly.unset(guild_id)
            self._servers.forget(guild_id)
            await ctx.send(_(UNSCHEDULED if was_on else NEVER_SCHEDULED))
            return
        quiet = (await self._servers.of(guild_id)).quiet
        hours = QuietHours.parse(quiet) if quiet else None
        every = Every.parse(when, (hours.begin, hours.zone)) if hours else Every.parse(when)
        await check_scheduled(ctx)

        async def schedule() -> None:
            made = await self._nightly.set(guild_id, every)
            self._servers.forget(guild_id)
            await ctx.send(scheduled(made.every, made.next_at))

        if not await must_agree_first(ctx, schedule):
            await schedule()

    @subcommand(train, "train live #general", "train live #general off", "train live off")
    @app_commands.describe(
        channel="The channel whose new messages count at once",
        more="More channels, such as #memes #music",
        state="on or off (default: on; without a channel: show it)",
    )
    async def live(
        self,
        ctx: GuildContext,
        channel: Readable | None = None,
        more: commands.Greedy[Readable] = NONE_NAMED,
        state: Literal["on", "off"] | None = None,
    ) -> None:
        """Learn from channels as people write, or no more."""
        channels = [one for one in (channel, *(more or ())) if one is not None]
        ids = {one.id for one in channels}
        live = (await self._servers.of(ctx.guild.id)).live
        if state == "off":
            ended = live & ids if ids else live
            await self._journal.unfollow(ctx.guild.id, ended)
            await ctx.send(live_off(ended) if ended else _(LIVE_NOWHERE))
        elif channels:
            await self._follow(ctx, channels)
        else:
            await ctx.send(live_where(live))

    async def _follow(self, ctx: GuildContext, channels: Sequence[Readable]) -> None:
        if any(isinstance(channel, discord.ForumChannel) for channel in channels):
            raise UserError(NO_FORUMS)
        await check_reading(ctx, channels)

        async def begin() -> None:
            ids = [channel.id for channel in channels]
            await self._journal.follow(ctx.guild.id, ids, ctx.message.id)
            await ctx.send(live_on(ids))
            await tell_channels(ctx, channels)

        if not await must_agree_first(ctx, begin):
            await begin()

    async def _start(
        self,
        ctx: GuildContext,
        named: Sequence[Readable | None],
        flags: TrainFlags,
        *,
        fresh: bool,
        tuned: bool = False,
    ) -> None:
        channels = {channel.id: channel for channel in named if channel is not None}
        files = ctx.message.attachments
        if channels and files:
            raise UserError("Channels and a file don't go together. Use one of them.")
        if files and any((flags.threads, flags.last, flags.max)):
            raise UserError(
                "--threads, --last and --max are for channels. Leave them out with a file."
            )
        if channels:
            await carry_out(ctx, ChannelOrder(tuple(channels.values()), flags, fresh, tuned))
        elif files:
            await carry_out(ctx, FileOrder(files, fresh, tuned))
        else:
            raise UserError(
                "I need to know what to learn from. Try `!train #general`, or attach a file."
            )


async def setup(bot: TextgenBot) -> None:
    """Hand the cog its collaborators, and let buttons of former days be pressed."""
    bot.add_dynamic_items(ConsentButton, CancelButton, DetailsButton)
    parts = bot.services
    parts.reports.buttons = cancel_button
    parts.reports.details = details_button
    await bot.add_cog(
        Training(
            parts.worker,
            parts.servers,
            parts.models,
            parts.outcomes,
            parts.staleness,
            parts.nightly,
            parts.live_journal,
            prefix_of=parts.prefix,
        )
    )
