"""!talk: speech without a command, and how much of it."""

from __future__ import annotations

import logging
import random
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import UserError
from bot.generation.quiet_hours import QuietHours
from bot.generation.talk import Reaction, reaction
from bot.generation.talk_schedule import TalkSchedule
from bot.locales.messages import _
from bot.presentation.settings import talk_lines
from bot.storage.guild_settings import TalkChannel
from bot.text.durations import is_off, share, span_s
from bot.text.formatting import duration
from cogs.views.commands import GuildContext, group, subcommand
from cogs.views.talk_messages import Speaker, heard

if TYPE_CHECKING:
    from bot.app.client import TextgenBot
    from bot.runtime.clock import Clock
    from bot.storage.guilds import ServerStore

log = logging.getLogger(__name__)

SpeakableChannel = (
    discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread
)
# Of a forum it is said of all its posts.
Silenceable = SpeakableChannel | discord.ForumChannel
HERE: Any = None  # an Optional would take whatever it does not understand for this
_MANAGES_SERVER = commands.has_guild_permissions(manage_guild=True).predicate
MAX_SPAN_S = 30 * 86_400
_AWAY = (discord.HTTPException, aiohttp.ClientError)


class Talk(commands.Cog):
    """Speak without a command: answers, chance remarks, lines by the clock."""

    def __init__(
        self, bot: TextgenBot, servers: ServerStore, clock: Clock, speaker: Speaker
    ) -> None:
        self._bot = bot
        self._servers = servers
        self._clock = clock
        self._speaker = speaker
        self._schedule = TalkSchedule(servers, clock, self._say_line)

    async def cog_check(self, ctx: GuildContext) -> bool:  # type: ignore[override]
        """Every command here is for those who manage the server."""
        return await _MANAGES_SERVER(ctx)

    async def cog_unload(self) -> None:
        """Speak no more."""
        await self._schedule.close()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Take up the lines that were scheduled before."""
        self._schedule.start()

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """Answer, or say something by chance."""
        if message.guild is None or message.author.bot:
            return
        ctx = cast("GuildContext", await self._bot.get_context(message))
        settings = await self._servers.of(message.guild.id)
        what = reaction(heard(ctx), settings, self._clock.now(), random.random)
        if what is Reaction.NOTHING:
            return
        try:
            await self._speaker.answer(ctx, as_reply=what is Reaction.ANSWER)
        except UserError as error:
            log.debug("nothing is said in %d: %s", message.channel.id, error)
        except _AWAY as error:
            log.warning("nothing could be said in %d: %s", message.channel.id, error)

    @group("talk", fallback="status")
    @commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    async def talk(self, ctx: GuildContext) -> None:
        """Show when and where I talk without being asked."""
        settings = await self._servers.of(ctx.guild.id)
        now = self._clock.now()
        content = self._bot.intents.message_content
        await ctx.send(talk_lines(settings, now, sees_content=content), ephemeral=True)

    @subcommand(talk, "talk answers off")
    async def answers(self, ctx: GuildContext, on: bool) -> None:
        """Answer when someone mentions me or replies to me, or don't."""
        await self._servers.change(ctx.guild.id, answers=int(on))
        await ctx.send(
            _("I'll answer when someone mentions me.") if on else _("I won't answer mentions.")
        )

    @subcommand(talk, "talk rate 2%", "talk rate 0.5% #general", "talk rate off")
    @app_commands.describe(rate="Such as 2%, or off", channel="Where (default: here)")
    async def rate(self, ctx: GuildContext, rate: str, channel: SpeakableChannel = HERE) -> None:
        """Chime in after a random share of a channel's messages."""
        talk = await self._talk_in(ctx, channel)
        talk = replace(talk, rate=share(rate))
        await self._servers.set_rate(talk.guild_id, talk.channel_id, talk.rate)
        where = {"channel": f"<#{talk.channel_id}>"}
        if not talk.rate:
            await ctx.send(_("I won't chime in in {channel} any more.", **where))
            return
        text = _(
            "I'll chime in after a random {percent:g}% of messages in {channel}.",
            percent=100 * talk.rate,
            **where,
        )
        await ctx.send(text)

    @subcommand(talk, "talk every 6h", "talk every 1d #general", "talk every off")
    @app_commands.describe(span="Such as 30m, 6h or 1d, or off", channel="Where (default: here)")
    async def every(self, ctx: GuildContext, span: str, channel: SpeakableChannel = HERE) -> None:
        """Say something at regular intervals in a channel."""
        talk = await self._talk_in(ctx, channel)
        every_s = None if is_off(span) else span_s(span, least_s=60, most_s=MAX_SPAN_S)
        talk = await self._schedule.every(talk, every_s)
        where = {"channel": f"<#{talk.channel_id}>"}
        if every_s is None:
            text = _("I won't say anything regularly in {channel} any more.", **where)
        else:
            span = duration(every_s)
            text = _("I'll say something every {duration} in {channel}.", duration=span, **where)
        await ctx.send(text)

    @subcommand(talk, "talk mute 2h")
    async def mute(self, ctx: GuildContext, *, span: str = "1h") -> None:
        """Stay quiet for a while; commands still work."""
        seconds = span_s(span, least_s=1, most_s=MAX_SPAN_S)
        until = self._clock.now() + timedelta(seconds=seconds)
        await self._servers.change(ctx.guild.id, muted_until=until)
        text = _("I'll stay quiet for {duration}. Commands still work.", duration=duration(seconds))
        await ctx.send(text)

    @subcommand(talk, "talk unmute")
    async def unmute(self, ctx: GuildContext) -> None:
        """End the silence."""
        await self._servers.change(ctx.guild.id, muted_until=None)
        await ctx.send(_("I'm back."))

    @subcommand(talk, "talk quiet 22-7", "talk quiet 22:30-07:00 Europe/Berlin")
    @app_commands.describe(hours="Such as 22-7, with a time zone unless UTC is meant; or off")
    async def quiet(self, ctx: GuildContext, *, hours: str) -> None:
        """Set hours in which I don't chime in; I still answer mentions."""
        quiet = None if is_off(hours) else str(QuietHours.parse(hours))
        await self._servers.change(ctx.guild.id, quiet=quiet)
        if quiet is None:
            await ctx.send(_("No more quiet hours."))
        else:
            await ctx.send(_("I won't chime in during these hours: {hours}.", hours=quiet))

    @subcommand(talk, "talk deny #news")
    async def deny(self, ctx: GuildContext, channel: Silenceable = HERE) -> None:
        """Never write in a channel, even when asked."""
        talk = await self._talk_in(ctx, channel)
        await self._servers.set_denied(talk.guild_id, talk.channel_id, True)
        where = f"<#{talk.channel_id}>"
        await ctx.send(_("I won't write in {channel} any more.", channel=where))

    @subcommand(talk, "talk allow #news")
    async def allow(self, ctx: GuildContext, channel: Silenceable = HERE) -> None:
        """Allow me to write in a channel again."""
        talk = await self._talk_in(ctx, channel)
        await self._servers.set_denied(talk.guild_id, talk.channel_id, False)
        await ctx.send(_("I can write in {channel} again.", channel=f"<#{talk.channel_id}>"))

    async def _talk_in(self, ctx: GuildContext, channel: Silenceable) -> TalkChannel:
        """Return how the bot speaks in a channel of this server now."""
        where: Any = channel or ctx.channel
        if where.guild != ctx.guild:
            raise UserError("I can't find that channel in this server. Name it like #general.")
        settings = await self._servers.of(ctx.guild.id)
        return settings.talk.get(where.id) or TalkChannel(ctx.guild.id, where.id)

    async def _say_line(self, talk: TalkChannel) -> None:
        """Speak in a channel, if it is there and lets the bot."""
        try:
            await self._speaker.speak(talk)
        except UserError as error:
            log.info("no line in channel %d: %s", talk.channel_id, error)
        except _AWAY as error:
            log.warning("no line in channel %d: %s", talk.channel_id, error)


async def setup(bot: TextgenBot) -> None:
    """Hand the cog its collaborators."""
    parts = bot.services
    speaker = Speaker(bot, parts.writer, parts.live_memory, parts.cooldowns, prefix_of=parts.prefix)
    await bot.add_cog(Talk(bot, parts.servers, parts.clock, speaker))
