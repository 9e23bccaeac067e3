"""!train: learn from channels or a file, see how it goes, stop it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import UserError
from bot.presentation.job_log import LINES, log_text
from bot.presentation.job_messages import status_text
from bot.presentation.privacy import stale_lines
from bot.text.discord_markup import cut
from cogs.views.cancel_button import CancelButton, cancel_button, may_train
from cogs.views.consent import ConsentButton
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
)

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

_FOR_THOSE_WHO_ASKED = ("train cancel",)
_MANAGES_SERVER = commands.has_guild_permissions(manage_guild=True).predicate
_CHANNELS = {
    "channel": "The channel to learn from (of a forum: its posts)",
    "more": "More channels, such as #memes #music",
}


# The decorators' types cannot be inferred by mypy, hence the ignores below.
class Training(commands.Cog):
    """Let the bot learn how this server talks."""

    def __init__(self, bot: TextgenBot) -> None:
        self._bot = bot
        self._worker = bot.worker

    async def cog_check(self, ctx: commands.Context[TextgenBot]) -> bool:  # type: ignore[override]
        """Every command here is for those who manage the server, and for roles that may train."""
        if ctx.command is not None and ctx.command.qualified_name in _FOR_THOSE_WHO_ASKED:
            return True
        if isinstance(ctx.author, discord.Member) and await self.may_use(ctx.author):
            return True
        return await _MANAGES_SERVER(ctx)

    async def may_use(self, member: discord.Member) -> bool:
        """Say whether a member may train."""
        return await may_train(member, self._bot.servers)

    @commands.hybrid_group(  # type: ignore[arg-type]
        fallback="start",
        case_insensitive=True,
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
        """Learn what is new in one or more channels."""
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
        """Forget everything and learn the whole history of channels."""
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
        """Learn the whole history in four ways and keep the best; slow."""
        await self._start(ctx, [channel, *(more or ())], flags, fresh=True, tuned=True)

    @train.command(  # type: ignore[arg-type]
        name="all", extras={"examples": ("train all", "train all --except #news --last 30d")}
    )
    async def all_(self, ctx: commands.Context[TextgenBot], *, flags: AllFlags) -> None:
        """Learn from every channel that both of us can read; I ask first."""
        await ask_for_all(ctx, flags)

    @train.command(  # type: ignore[arg-type]
        extras={"examples": ("train file", "train file --full", "train file --column text")}
    )
    @app_commands.describe(
        file="A chat of DiscordChatExporter, Telegram, WhatsApp…, a .txt, .csv, .json or .zip",
        second="Another file, read after it",
    )
    async def file(
        self,
        ctx: commands.Context[TextgenBot],
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

    @train.command(extras={"examples": ("train status",)})  # type: ignore[arg-type]
    async def status(self, ctx: commands.Context[TextgenBot]) -> None:
        """Show how the training is going."""
        assert ctx.guild is not None
        lines = [status_text(await self._worker.status(ctx.guild.id))]
        live = await self._bot.models.current(ctx.guild.id)
        if live is not None:
            staleness = await self._bot.staleness.of(live.model_id)
            lines += stale_lines(staleness, await self._bot.prefix(ctx.guild.id))
        await ctx.send(cut("\n".join(lines)))

    @train.command(extras={"examples": ("train cancel",)})  # type: ignore[arg-type]
    async def cancel(self, ctx: commands.Context[TextgenBot]) -> None:
        """Stop this server's training, and those waiting."""
        assert ctx.guild is not None
        assert isinstance(ctx.author, discord.Member)
        may_stop_all = await self.may_use(ctx.author)
        count = await self._worker.cancel(
            ctx.guild.id, requested_by_id=None if may_stop_all else ctx.author.id
        )
        if count == 0 and not may_stop_all:
            raise commands.MissingPermissions(["manage_guild"])
        if count == 0:
            raise UserError("There is nothing to stop; no training is running or waiting here.")
        await ctx.send("Stopping the training…" if count == 1 else f"Stopping {count} trainings…")

    @train.command(extras={"examples": ("train log",)})  # type: ignore[arg-type]
    async def log(self, ctx: commands.Context[TextgenBot]) -> None:
        """Show the last trainings: when, by whom, from what, how well."""
        assert ctx.guild is not None
        await ctx.send(log_text(await self._bot.outcomes.latest(ctx.guild.id, LINES)))

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
    bot.reports.buttons = cancel_button
    bot.reports.details = details_button
    await bot.add_cog(Training(bot))
