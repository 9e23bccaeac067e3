"""!model: the versions of what this server's bot has learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.generation.comparison import MAX_PROMPT_CHARS, Comparing
from bot.insights.neurons import MAX_LINE_CHARS
from bot.locales.messages import _
from bot.models.inference import BASE
from bot.presentation.diary import diary_in_words, diary_text
from bot.presentation.neurons import alternative, caption
from bot.presentation.privacy import stale_lines
from bot.presentation.versions import base_info, compared, info, listed, now_speaking, vouched
from bot.text.discord_markup import cut
from cogs.views.commands import (
    MANAGES_SERVER,
    GuildContext,
    group,
    offer_versions,
    offer_with_base,
    subcommand,
)
from cogs.views.deletion_buttons import DeleteButton, deletion_asked
from cogs.views.details_button import details_button
from cogs.views.model_files import (
    Introducing,
    PageButton,
    check_may_attach,
    page_asked,
    send_diary,
    send_picture,
    send_version,
)
from cogs.views.responses import place_of, send, shown_if_slow

if TYPE_CHECKING:
    from bot.app.client import TextgenBot
    from bot.discord_api.connection import PrefixOf
    from bot.generation.writer import Writer
    from bot.insights.channel_insights import ChannelInsights
    from bot.insights.diary import Diary
    from bot.insights.neurons import Neurons
    from bot.models.versions import Versions
    from bot.runtime.rate_limit import Cooldowns
    from bot.storage.learned_channels import LearnedStore
    from bot.storage.models import ModelStore
    from bot.storage.staleness import StalenessStore

_for_managers = commands.has_guild_permissions(manage_guild=True)


class Models(commands.Cog):
    """Keep, name, choose and exchange versions."""

    def __init__(
        self,
        versions: Versions,
        models: ModelStore,
        learned: LearnedStore,
        staleness: StalenessStore,
        comparing: Comparing,
        insights: ChannelInsights,
        neurons: Neurons,
        introducing: Introducing,
        writer: Writer,
        diary: Diary,
        cooldowns: Cooldowns,
        *,
        prefix_of: PrefixOf,
    ) -> None:
        self._versions = versions
        self._models = models
        self._learned = learned
        self._staleness = staleness
        self._comparing = comparing
        self._insights = insights
        self._neurons = neurons
        self._introducing = introducing
        self._writer = writer
        self._diary = diary
        self._cooldowns = cooldowns
        self._prefix_of = prefix_of

    @group("model", slash="model list")
    @commands.guild_only()
    async def model(self, ctx: GuildContext) -> None:
        """Show this server's versions."""
        await self._list(ctx, 1)

    @subcommand(model, "model list", "model list 2", name="list")
    @app_commands.describe(page="Which page of the list")
    async def list_(self, ctx: GuildContext, page: commands.Range[int, 1] = 1) -> None:
        """Show all of this server's versions."""
        await self._list(ctx, page)

    async def _list(self, ctx: GuildContext, page: int) -> None:
        records = await self._models.versions(ctx.guild.id)
        live = await self._models.current(ctx.guild.id)
        await ctx.send(listed(records, live, page), ephemeral=True)

    @subcommand(model, "model info", "model info 3")
    @app_commands.describe(version="Its number or name (default: the one in use)")
    async def info(self, ctx: GuildContext, version: str = "") -> None:
        """Show what a version learned, from where, how well."""
        live = await self._models.current(ctx.guild.id)
        if version.strip().casefold() == BASE or (not version and live is None):
            await ctx.send(base_info(is_live=live is None), ephemeral=True)
            return
        record = await self._versions.named_or_live(ctx.guild.id, version)
        parent = None if record.parent_id is None else await self._models.get(record.parent_id)
        learned = await self._learned.of_model(record.model_id)
        text = info(record, parent, [*learned.values()], is_live=record == live)
        staleness = await self._staleness.of(record.model_id)
        lines = [text, *stale_lines(staleness, await self._prefix_of(ctx.guild.id))]
        more: dict[str, Any] = {}
        if record.train_job_id is not None:
            more["view"] = details_button(record.train_job_id)
        await ctx.send(cut("\n".join(lines)), ephemeral=True, **more)

    @subcommand(model, "model use 3", "model use memes", "model use base", needs=MANAGES_SERVER)
    @_for_managers
    @app_commands.describe(version="Its number or name, or base")
    async def use(self, ctx: GuildContext, version: str) -> None:
        """Switch to a version."""
        await ctx.defer()
        await ctx.send(now_speaking(await self._versions.use(ctx.guild.id, version)))

    @subcommand(model, "model rollback", needs=MANAGES_SERVER)
    @_for_managers
    async def rollback(self, ctx: GuildContext) -> None:
        """Switch back to the version before."""
        await ctx.defer()
        await ctx.send(now_speaking(await self._versions.rollback(ctx.guild.id)))

    @subcommand(model, "model rename 3 memes", "model rename memes", needs=MANAGES_SERVER)
    @_for_managers
    @app_commands.describe(version="Its number or name", name="Its new name (default: no name)")
    async def rename(self, ctx: GuildContext, version: str, name: str = "") -> None:
        """Name a version, which keeps it for good."""
        record = await self._versions.rename(ctx.guild.id, version, name)
        known = {"version": record.version, "name": name.strip()}
        if name.strip():
            await ctx.send(_("Version {version} is now called {name}.", **known))
        else:
            await ctx.send(_("Version {version} no longer has a name.", **known))

    @subcommand(model, "model vouch 3", needs=MANAGES_SERVER)
    @_for_managers
    @app_commands.describe(version="Its number or name")
    async def vouch(self, ctx: GuildContext, version: str) -> None:
        """Allow a version from a file whose origin I don't know."""
        record = await self._versions.find(ctx.guild.id, version)
        await ctx.send(vouched(record, changed=await self._models.vouch(record)))

    @subcommand(model, "model delete 3", needs=MANAGES_SERVER)
    @_for_managers
    @app_commands.describe(version="Its number or name")
    async def delete(self, ctx: GuildContext, version: str) -> None:
        """Delete a version that isn't in use; I ask first."""
        record = await self._versions.deletable(ctx.guild.id, version)
        question, buttons = deletion_asked(record)
        await ctx.send(question, view=buttons)

    @subcommand(model, "model export", "model export 3", "model export web", needs=MANAGES_SERVER)
    @_for_managers
    @app_commands.describe(
        version="Its number or name (default: the one in use)",
        form="file, or web: a page for any browser (default: file)",
    )
    async def export(
        self, ctx: GuildContext, version: str = "", form: Literal["file", "web"] = "file"
    ) -> None:
        """Send a version as a file, or as a web page."""
        check_may_attach(ctx)
        if version.casefold() == "web":
            version, form = "", "web"
        record = await self._versions.named_or_live(ctx.guild.id, version)
        if form == "file":
            await send_version(ctx, self._versions, record)
            return
        question, buttons = await page_asked(self._writer, record)
        await ctx.send(question, view=buttons, ephemeral=True)

    @subcommand(model, "model import", "model import memes", name="import", needs=MANAGES_SERVER)
    @_for_managers
    @app_commands.describe(
        model="A .safetensors file of mine, or textgenrnn's .hdf5",
        vocabulary="With an .hdf5: its _vocab.json",
        config="With an .hdf5: its _config.json",
        name="What to call it",
    )
    async def import_(
        self,
        ctx: GuildContext,
        model: discord.Attachment,
        vocabulary: discord.Attachment | None = None,
        config: discord.Attachment | None = None,
        name: str = "",
    ) -> None:
        """Make a version from an attached file."""
        attached = [file for file in (model, vocabulary, config) if file is not None]
        await self._introducing.take_in(ctx, attached, name)

    @subcommand(model, "model compare 3 4", "model compare memes base hello")
    @app_commands.describe(
        first="A version's number or name, or base",
        second="Another one, or base",
        prompt="How the texts begin",
    )
    async def compare(
        self,
        ctx: GuildContext,
        first: str,
        second: str,
        *,
        prompt: commands.Range[str, 0, MAX_PROMPT_CHARS] = "",
    ) -> None:
        """Compare two versions: figures, and three texts of each."""
        self._cooldowns.use(ctx.guild.id, ctx.author.id)
        place = place_of(ctx.channel, ctx.guild)
        work = self._comparing.compare(place, (first, second), prompt)
        found = await shown_if_slow(ctx.interaction or ctx, work)
        await send(ctx, compared(found.sides, found.live))

    @subcommand(model, "model map", name="map")
    @commands.has_permissions(read_message_history=True)
    @commands.bot_has_permissions(read_message_history=True)
    async def map_(self, ctx: GuildContext) -> None:
        """Draw a map of this channel's recent messages."""
        check_may_attach(ctx)
        self._cooldowns.use(ctx.guild.id, ctx.author.id)
        work = self._insights.draw(place_of(ctx.channel, ctx.guild), ctx.message.id)
        await send_picture(ctx, *await shown_if_slow(ctx.interaction or ctx, work))

    @subcommand(model, "model neurons", "model neurons 3 good morning", "model neurons base")
    @app_commands.describe(
        version="Its number or name (default: the one in use)",
        text="A line to look at (default: one that it writes)",
    )
    async def neurons(
        self,
        ctx: GuildContext,
        version: str = "",
        *,
        text: commands.Range[str, 0, MAX_LINE_CHARS] = "",
    ) -> None:
        """Draw what a version's network sees in a line."""
        check_may_attach(ctx)
        self._cooldowns.use(ctx.guild.id, ctx.author.id)
        is_text = ctx.interaction is None and version
        if is_text and not await self._neurons.knows(ctx.guild.id, version):
            version, text = "", f"{version} {text}"
        work = self._neurons.look(place_of(ctx.channel, ctx.guild), version.strip(), text)
        seen = await shown_if_slow(ctx.interaction or ctx, work)
        told = {"name": "neurons.png", "description": alternative(seen.report)}
        await send_picture(ctx, seen.picture, caption(seen.report), **told)

    @subcommand(model, "model log", name="log")
    async def log_(self, ctx: GuildContext) -> None:
        """Draw my diary: versions over time, when each talked, its new words."""
        check_may_attach(ctx)
        self._cooldowns.use(ctx.guild.id, ctx.author.id)
        work = self._diary.of(place_of(ctx.channel, ctx.guild))
        entries, picture = await shown_if_slow(ctx.interaction or ctx, work)
        await send_diary(ctx, picture, diary_text(entries), diary_in_words(entries))

    info.autocomplete("version")(offer_with_base)
    neurons.autocomplete("version")(offer_with_base)
    rename.autocomplete("version")(offer_versions)
    vouch.autocomplete("version")(offer_versions)
    delete.autocomplete("version")(offer_versions)
    export.autocomplete("version")(offer_versions)
    use.autocomplete("version")(offer_with_base)
    compare.autocomplete("first")(offer_with_base)
    compare.autocomplete("second")(offer_with_base)


async def setup(bot: TextgenBot) -> None:
    """Hand the cog its collaborators."""
    bot.add_dynamic_items(DeleteButton, PageButton)
    parts = bot.services
    await bot.add_cog(
        Models(
            parts.versions,
            parts.models,
            parts.learned,
            parts.staleness,
            Comparing(parts.writer, parts.inference, parts.models),
            parts.insights,
            parts.neurons,
            Introducing(parts.versions, parts.inference, parts.writer),
            parts.writer,
            parts.diary,
            parts.cooldowns,
            prefix_of=parts.prefix,
        )
    )
