"""Files attached to messages: versions on their way out and in, and pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import discord
from discord.ext import commands

from bot.errors import UserError
from bot.models.model_files import UploadedFile, check_size
from bot.presentation.versions import imported
from bot.storage.records import ModelRecord
from bot.text.discord_markup import cut
from cogs.views.responses import place_of

if TYPE_CHECKING:
    from bot.app.client import TextgenBot
    from bot.generation.writer import Writer
    from bot.models.inference import Inference
    from bot.models.versions import Versions
    from cogs.views.commands import GuildContext


def check_may_attach(ctx: commands.Context[TextgenBot]) -> None:
    """Raise a UserError unless a file can be sent; to an interaction it always can."""
    if ctx.interaction is None and not ctx.bot_permissions.attach_files:
        slash = ctx.command.root_parent or ctx.command if ctx.command else None
        raise UserError(
            f"I'm not allowed to send files here. Give me Attach Files, or use `/{slash}`."
        )


async def send_version(ctx: GuildContext, versions: Versions, record: ModelRecord) -> None:
    """Send a version as a file, which an interaction shows to who asked alone."""
    await ctx.defer(ephemeral=True)
    content = await versions.read(record, ctx.guild.filesize_limit)
    name = f"{record.name or 'model'}-{record.version}.safetensors"
    await ctx.send(
        f"Version {record.label}. Anyone with this file can write in this server's voice and test "
        "whether a phrase was said here.",
        file=discord.File(io.BytesIO(content), name),
        ephemeral=True,
    )


class Introducing:
    """Makes a version of attached files, and shows how it talks."""

    def __init__(self, versions: Versions, inference: Inference, writer: Writer) -> None:
        self._versions = versions
        self._inference = inference
        self._writer = writer

    async def take_in(
        self, ctx: GuildContext, attached: Sequence[discord.Attachment], name: str
    ) -> None:
        """Do it, for who asks.

        Raises:
            UserError: the files make no version.
        """
        for file in attached:
            check_size(file.filename, file.size)
        await ctx.defer()
        files = [UploadedFile(file.filename, file.size, file.url) for file in attached]
        record, texts = await self._versions.take_in(ctx.guild.id, files, name)
        place = place_of(ctx.channel, ctx.guild)
        chosen = await self._inference.resolve(ctx.guild.id, str(record.version))
        refusal = await self._writer.refusal(place, chosen)
        may_quote = refusal is None and await self._writer.may_quote(place)
        told = imported(record, texts if may_quote else (), refusal)
        await ctx.send(cut(await self._writer.without_banned(ctx.guild.id, told)))


async def send_picture(ctx: commands.Context[TextgenBot], picture: bytes, caption: str) -> None:
    """Send a map of messages, and what it shows."""
    file = discord.File(io.BytesIO(picture), "map.png", description="Messages as dots")
    await ctx.send(caption, file=file)


async def send_diary(
    ctx: commands.Context[TextgenBot], picture: bytes | None, text: str, in_words: str
) -> None:
    """Send what is known of versions; without the picture where it could not be drawn."""
    if picture is None:
        await ctx.send(text)
        return
    await ctx.send(text, file=discord.File(io.BytesIO(picture), "diary.png", description=in_words))
