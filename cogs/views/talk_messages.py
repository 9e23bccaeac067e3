"""Messages that nobody asked for by a command: what was heard, and what is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord.ext import commands

from bot.app.called_commands import by_name, mentions_of
from bot.discord_api.channel_access import may_write
from bot.errors import UserError
from bot.generation.live_memory import LiveMemory
from bot.generation.talk import CONTEXT_LINES, Heard, fitting_text
from bot.locales.messages import _
from bot.storage.guild_settings import TalkChannel
from bot.text.discord_markup import marked_content, reply_messages, with_prefix
from cogs.views.responses import manner_for, place_of, shown_if_slow
from textgen_core.text.special_tokens import unmarked

if TYPE_CHECKING:
    from bot.app.client import TextgenBot
    from bot.discord_api.connection import PrefixOf
    from bot.generation.writer import Writer
    from bot.runtime.rate_limit import Cooldowns
    from cogs.views.commands import GuildContext

ORDINARY = (discord.MessageType.default, discord.MessageType.reply)


def heard(ctx: commands.Context[TextgenBot]) -> Heard:
    """Return what is known of a message."""
    message = ctx.message
    typed = ctx.prefix is not None and not by_name(ctx) and (ctx.invoked_with or "")[:1].isalpha()
    return Heard(
        channel_id=message.channel.id,
        by_bot=message.author.bot or message.webhook_id is not None or message.type not in ORDINARY,
        is_command=ctx.command is not None or typed,
        to_me=_is_to_me(message, ctx.me),
    )


class Speaker:
    """Says something in a channel, as an answer or without an occasion."""

    def __init__(
        self,
        client: discord.Client,
        writer: Writer,
        live: LiveMemory,
        cooldowns: Cooldowns,
        *,
        prefix_of: PrefixOf,
    ) -> None:
        self._client = client
        self._writer = writer
        self._live = live
        self._cooldowns = cooldowns
        self._prefix_of = prefix_of

    async def answer(self, ctx: GuildContext, *, as_reply: bool) -> None:
        """Say something that fits to a message.

        Raises:
            UserError: nothing may be said there, or too often.
            discord.HTTPException: Discord did not take it.
        """
        permissions = ctx.bot_permissions
        if not permissions.send_messages:
            raise UserError("I'm not allowed to send messages here.")
        refusal = await self._writer.refusal(place_of(ctx.channel, ctx.guild))
        if refusal is not None:
            raise UserError(refusal)
        self._cooldowns.use(ctx.guild.id, ctx.author.id)
        text = await shown_if_slow(ctx, self._fitting(ctx))
        message = reply_messages([text], **manner_for(ctx.guild, ctx.author))[0]
        if not lines_of(ctx):  # nothing but the mention: perhaps somebody looks for the prefix
            prefix = await self._prefix_of(ctx.guild.id)
            hint = with_prefix(_("-# `!help` shows what I can do."), prefix)
            message = f"{message}\n{hint}"
        if as_reply and permissions.read_message_history:
            # What is answered may be gone: PluralKit replaces a message as soon as it is there.
            reference = ctx.message.to_reference(fail_if_not_exists=False)
            await ctx.send(message, reference=reference, mention_author=False)
        else:
            await ctx.send(message)

    async def speak(self, talk: TalkChannel) -> None:
        """Say something in a channel, without an occasion.

        Raises:
            UserError: it is gone, or nothing may be said there.
            discord.HTTPException: Discord did not take it.
        """
        channel: Any = self._client.get_channel(talk.channel_id)
        if channel is None or not may_write(channel):
            raise UserError("it is gone, or I'm not allowed to send messages there")
        text = await fitting_text(self._writer, place_of(channel, channel.guild), ())
        manner = manner_for(channel.guild, channel.guild.me)
        await channel.send(reply_messages([text], **manner)[0])

    async def _fitting(self, ctx: GuildContext) -> str:
        heard = await self._live.heard(ctx.guild.id, ctx.channel.id)
        lines = [*map(unmarked, heard[-CONTEXT_LINES:]), _line(ctx.message, ctx.me)]
        return await fitting_text(self._writer, place_of(ctx.channel, ctx.guild), lines)


def lines_of(ctx: commands.Context[TextgenBot]) -> str:
    """Return the words of the message that is answered."""
    return _line(ctx.message, ctx.me).strip()


def _line(message: discord.Message, me: Any) -> str:
    """Return the words of a message, without the bot's own name."""
    content = message.content
    for name in mentions_of(message.guild, me.id):
        content = content.replace(name, "")
    return unmarked(marked_content(content))


def _is_to_me(message: discord.Message, me: Any) -> bool:
    if any(user.id == me.id for user in message.mentions):
        return True
    role = message.guild.self_role if message.guild is not None else None
    if role is not None and role.mention in message.content:
        return True
    answered = message.reference.resolved if message.reference else None
    return isinstance(answered, discord.Message) and answered.author.id == me.id
