"""!train: learn from channels or a file, see how it goes, stop it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.consent_text import FILES_ALONE
from bot.discord_audience import audience_of
from bot.discord_text import cut
from bot.errors import UserError
from bot.log_text import LINES, log_text
from bot.privacy_text import stale_lines
from bot.settings_text import NO_CONTENT
from bot.spans import id_before, span_s
from bot.storage.records import Scope
from bot.uploads import MEBIBYTE, downloaded, safe_name, too_large
from cogs.views.access import Readable, check_access
from cogs.views.cancel_button import CancelButton, cancel_button, may_train
from cogs.views.consent import ConsentButton, must_agree_first, tell_channels
from cogs.views.train_flags import TrainFlags

if TYPE_CHECKING:
    from bot.client import TextgenBot

MAX_CHANNELS = 20
LONGEST_S = 20 * 365 * 86_400  # longer than Discord has been there
_FOR_THOSE_WHO_ASKED = ("train cancel",)
_MANAGES_SERVER = commands.has_guild_permissions(manage_guild=True).predicate
_CHANNELS = {
    "channel": "The channel to learn from; of a forum, its posts",
    "more": "More channels, such as #memes #music",
}


# The decorators' types cannot be inferred by mypy, hence the ignores below.
class Training(commands.Cog):
    """Let the bot learn how this server talks."""

    def __init__(self, bot: TextgenBot) -> None:
        self._bot = bot
        self._worker = bot.worker
        self._servers = bot.servers
        self._outcomes = bot.outcomes
        self._folder = bot.folder
        self._max_file_bytes = bot.settings.max_file_mb * MEBIBYTE

    async def cog_check(self, ctx: commands.Context[TextgenBot]) -> bool:  # type: ignore[override]
        """Every command here is for those who manage the server, and for roles that may train."""
        if ctx.command is not None and ctx.command.qualified_name in _FOR_THOSE_WHO_ASKED:
            return True
        if isinstance(ctx.author, discord.Member) and await self.may_use(ctx.author):
            return True
        return await _MANAGES_SERVER(ctx)

    async def may_use(self, member: discord.Member) -> bool:
        """Say whether a member may train."""
        return await may_train(member, self._servers)

    @commands.hybrid_group(  # type: ignore[arg-type]
        fallback="start",
        extras={"examples": ("train #general", "train #general #memes --last 30d --threads")},
    )
    @commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.describe(**_CHANNELS)
    async def train(
        self,
        ctx: commands.Context[TextgenBot],
        channel: Readable | None = None,
        more: commands.Greedy[Readable] = None,  # type: ignore[assignment]
        *,
        flags: TrainFlags,
    ) -> None:
        """Learn what is new in one or more channels, on top of what I know already."""
        await self._start(ctx, [channel, *(more or ())], flags, fresh=False)

    @train.command(extras={"examples": ("train full #general",)})  # type: ignore[arg-type]
    @app_commands.describe(**_CHANNELS)
    async def full(
        self,
        ctx: commands.Context[TextgenBot],
        channel: Readable | None = None,
        more: commands.Greedy[Readable] = None,  # type: ignore[assignment]
        *,
        flags: TrainFlags,
    ) -> None:
        """Forget what I know and learn from the whole history of one or more channels."""
        await self._start(ctx, [channel, *(more or ())], flags, fresh=True)

    @train.command(extras={"examples": ("train tune #general",)})  # type: ignore[arg-type]
    @app_commands.describe(**_CHANNELS)
    async def tune(
        self,
        ctx: commands.Context[TextgenBot],
        channel: Readable | None = None,
        more: commands.Greedy[Readable] = None,  # type: ignore[assignment]
        *,
        flags: TrainFlags,
    ) -> None:
        """Learn the whole history in several ways and keep the best; it takes that much longer."""
        await self._start(ctx, [channel, *(more or ())], flags, fresh=True, tuned=True)

    @train.command(extras={"examples": ("train file",)})  # type: ignore[arg-type]
    @app_commands.describe(
        file="A .txt, .csv, .jsonl, .jsonl.gz or DiscordChatExporter's .json",
        full="Forget what I know first",
    )
    async def file(
        self, ctx: commands.Context[TextgenBot], file: discord.Attachment, full: bool = False
    ) -> None:
        """Learn from a file of messages instead of a channel."""
        await self._start_with_file(ctx, file, fresh=full)

    @train.command(extras={"examples": ("train status",)})  # type: ignore[arg-type]
    async def status(self, ctx: commands.Context[TextgenBot]) -> None:
        """Show how this server's training is coming along."""
        assert ctx.guild is not None
        lines = [await self._worker.status(ctx.guild.id)]
        live = await self._bot.models.current(ctx.guild.id)
        if live is not None:
            staleness = await self._bot.staleness.of(live.model_id)
            lines += stale_lines(staleness, await self._bot.prefix(ctx.guild.id))
        await ctx.send(cut("\n".join(lines)))

    @train.command(extras={"examples": ("train cancel",)})  # type: ignore[arg-type]
    async def cancel(self, ctx: commands.Context[TextgenBot]) -> None:
        """Stop this server's training and what waits behind it."""
        assert ctx.guild is not None
        assert isinstance(ctx.author, discord.Member)
        may_stop_all = await self.may_use(ctx.author)
        count = await self._worker.cancel(
            ctx.guild.id, requested_by_id=None if may_stop_all else ctx.author.id
        )
        if count == 0 and not may_stop_all:
            raise commands.MissingPermissions(["manage_guild"])
        if count == 0:
            raise UserError("There is nothing to cancel: no training runs or waits here.")
        await ctx.send("Stopping the training." if count == 1 else f"Stopping {count} trainings.")

    @train.command(extras={"examples": ("train log",)})  # type: ignore[arg-type]
    async def log(self, ctx: commands.Context[TextgenBot]) -> None:
        """Show this server's last trainings: when, by whom, what of, and how well."""
        assert ctx.guild is not None
        await ctx.send(log_text(await self._outcomes.latest(ctx.guild.id, LINES)))

    async def _start(
        self,
        ctx: commands.Context[TextgenBot],
        named: Sequence[Readable | None],
        flags: TrainFlags,
        *,
        fresh: bool,
        tuned: bool = False,
    ) -> None:
        channels = {channel.id: channel for channel in named if channel is not None}
        if not channels and ctx.message.attachments:
            await self._start_with_file(ctx, ctx.message.attachments[0], fresh=fresh)
            return
        if not channels:
            raise UserError("Please name a channel, or attach a file: `help` shows how.")
        assert ctx.guild is not None
        if not (await self._servers.of(ctx.guild.id)).reads_history:
            raise UserError(FILES_ALONE)
        if len(channels) > MAX_CHANNELS:
            raise UserError(f"I learn from at most {MAX_CHANNELS} channels at once.")
        for channel in channels.values():
            check_access(ctx, channel)
        if not ctx.bot.intents.message_content:
            raise UserError(NO_CONTENT)
        again = partial(self._start, ctx, named, flags, fresh=fresh, tuned=tuned)
        if await must_agree_first(ctx, again):
            return
        since_id = 0
        if flags.last:
            seconds = span_s(flags.last, least_s=3600, most_s=LONGEST_S)
            since_id = id_before(_moment_id(ctx), seconds)
        scope = Scope(fresh=fresh, threads=flags.threads, since_id=since_id, max_messages=flags.max)
        await self._bot.learned.note_nsfw(
            found.id for found in channels.values() if found.is_nsfw()
        )
        hidden = [found.id for found in channels.values() if not audience_of(found).is_public]
        await self._bot.learned.note_hidden(ctx.guild.id, hidden)
        more = {"furnish": self._folder.make_tuning} if tuned else {}
        await self._submit(ctx, scope=scope, channel_ids=tuple(channels), **more)
        await tell_channels(ctx, channels.values())

    async def _start_with_file(
        self, ctx: commands.Context[TextgenBot], file: discord.Attachment, *, fresh: bool
    ) -> None:
        scope = Scope(fresh=fresh, file_name=safe_name(file.filename))
        if file.size > self._max_file_bytes:
            raise too_large(self._max_file_bytes)
        if await must_agree_first(ctx, partial(self._start_with_file, ctx, file, fresh=fresh)):
            return
        if ctx.interaction is None or not ctx.interaction.response.is_done():
            await ctx.defer(ephemeral=True)  # Discord allows 3 s for a first answer
        async with downloaded(
            self._folder, file.url, file.filename, max_bytes=self._max_file_bytes
        ) as incoming:
            await self._submit(ctx, scope=scope, channel_ids=(), furnish=incoming.furnish)

    async def _submit(self, ctx: commands.Context[TextgenBot], **order: Any) -> None:
        assert ctx.guild is not None
        if not ctx.bot_permissions.send_messages:
            raise UserError("I may not send messages here: ask in a channel where I may.")
        if ctx.interaction is not None:
            await ctx.send("I show the progress below.", ephemeral=True)
        await self._worker.submit(
            guild_id=ctx.guild.id,
            report_channel_id=ctx.channel.id,
            before_id=_moment_id(ctx),
            requested_by_id=ctx.author.id,
            **order,
        )


def _moment_id(ctx: commands.Context[TextgenBot]) -> int:
    """Return the id at which the histories end for a command."""
    return ctx.message.id if ctx.interaction is None else ctx.interaction.id


async def setup(bot: TextgenBot) -> None:
    """Hand the cog its collaborators, and let buttons of former days be pressed."""
    bot.add_dynamic_items(ConsentButton, CancelButton)
    bot.reports.buttons = cancel_button
    await bot.add_cog(Training(bot))
