"""Files attached to messages: versions on their way out, also as pages, and in; pictures."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import discord
from discord.ext import commands

from bot.errors import UserError
from bot.locales.messages import N_, _
from bot.models.model_files import UploadedFile, check_size
from bot.models.web_page import page_of
from bot.presentation.versions import imported
from bot.presentation.web_page import PAGE_KEPT, page_made, page_question, page_refused
from bot.storage.records import ModelRecord
from bot.text.discord_markup import cut
from cogs.views.persistent_items import PersistentButton, lasting, managed_guild
from cogs.views.responses import place_of

if TYPE_CHECKING:
    from bot.app.client import TextgenBot
    from bot.generation.writer import Writer
    from bot.models.inference import Inference
    from bot.models.versions import Versions
    from cogs.views.commands import GuildContext

NEEDS_MANAGER = N_("You need the permission Manage Server to make a page of a version.")
LABELS = {"plain": N_("Make the page"), "phrases": N_("With phrases"), "no": N_("Don't")}


def check_may_attach(ctx: commands.Context[TextgenBot]) -> None:
    """Raise a UserError unless a file can be sent; to an interaction it always can."""
    if ctx.interaction is None and not ctx.bot_permissions.attach_files:
        slash = str(ctx.command.root_parent or ctx.command if ctx.command else "")
        raise UserError(
            "I'm not allowed to send files here. Give me Attach Files, or use `/{slash}`.",
            slash=slash,
        )


async def send_version(ctx: GuildContext, versions: Versions, record: ModelRecord) -> None:
    """Send a version as a file, which an interaction shows to who asked alone."""
    await ctx.defer(ephemeral=True)
    content = await versions.read(record, ctx.guild.filesize_limit)
    name = f"{record.name or 'model'}-{record.version}.safetensors"
    await ctx.send(
        _(
            "Version {version}. Anyone with this file can write in this server's voice and test "
            "whether a phrase was said here.",
            version=record.label,
        ),
        file=discord.File(io.BytesIO(content), name),
        ephemeral=True,
    )


class PageButton(
    PersistentButton, template=r"page:(?P<act>plain|phrases|no):(?P<version>\d{1,10})"
):
    """Makes a version a page, or leaves it."""

    def __init__(self, act: str, version: int) -> None:
        danger, calm = discord.ButtonStyle.danger, discord.ButtonStyle.secondary
        style = calm if act == "no" else danger
        super().__init__(_(LABELS[act]), f"page:{act}:{version}", style)
        self._act = act
        self._version = version

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Return the button of an id."""
        return cls(match["act"], int(match["version"]))

    async def pressed(self, interaction: discord.Interaction[TextgenBot]) -> None:
        """Do it, if the person may manage the server, and the version be published, now."""
        managed_guild(interaction, NEEDS_MANAGER)
        if self._act == "no":
            await interaction.response.edit_message(content=_(PAGE_KEPT), view=None)
            return
        guild = interaction.guild
        assert guild is not None
        parts, ngrams = interaction.client.services, self._act == "phrases"
        record = await parts.versions.find(guild.id, str(self._version))
        await check_may_publish(parts.writer, record)
        await interaction.response.defer()
        page = await page_of(
            parts.versions, record, guild.name, ngrams=ngrams, max_bytes=guild.filesize_limit
        )
        name = f"{record.name or 'page'}-{record.version}.html"
        await interaction.edit_original_response(
            content=page_made(record, ngrams=ngrams),
            attachments=[discord.File(io.BytesIO(page), name)],
            view=None,
        )


async def page_asked(writer: Writer, record: ModelRecord) -> tuple[str, discord.ui.View]:
    """Return the question whether a version shall become a page, and its buttons.

    Raises:
        UserError: it may not.
    """
    await check_may_publish(writer, record)
    return page_question(record), lasting(PageButton(act, record.version) for act in LABELS)


async def check_may_publish(writer: Writer, record: ModelRecord) -> None:
    """Raise a UserError where a version knows what not everybody may."""
    if not await writer.may_publish(record.guild_id, record.model_id):
        raise page_refused(record)


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
        told = imported(record, texts if may_quote else (), None if refusal is None else refusal())
        await ctx.send(cut(await self._writer.without_banned(ctx.guild.id, told)))


async def send_picture(
    ctx: commands.Context[TextgenBot],
    picture: bytes,
    caption: str,
    *,
    name: str = "map.png",
    description: str | None = None,
) -> None:
    """Send a picture such as a map of messages, and what it shows."""
    told = description or _("Messages as dots")
    file = discord.File(io.BytesIO(picture), name, description=told)
    await ctx.send(caption, file=file)


async def send_diary(
    ctx: commands.Context[TextgenBot], picture: bytes | None, text: str, in_words: str
) -> None:
    """Send what is known of versions; without the picture where it could not be drawn."""
    if picture is None:
        await ctx.send(text)
        return
    await ctx.send(text, file=discord.File(io.BytesIO(picture), "diary.png", description=in_words))
