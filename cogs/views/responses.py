"""An answer to whoever asked: by a typed command, a slash command, a menu or a button."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import discord
from discord.ext import commands

from bot.discord_api.audience import is_nsfw
from bot.generation.writer import WriteLocation

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

PATIENCE_S = 0.3  # of a person who has not seen yet that something happens

ResultT = TypeVar("ResultT")


def place_of(channel: Any, guild: discord.Guild) -> WriteLocation:
    """Return where a message of a server stands."""
    return WriteLocation(
        guild_id=guild.id,
        channel_id=channel.id,
        parent_id=channel.parent_id if isinstance(channel, discord.Thread) else None,
        nsfw=is_nsfw(channel),
    )


def manner_for(guild: discord.Guild, user: discord.abc.User) -> dict[str, Any]:
    """Return whom generated texts speak to, and the server's emoji, for `reply_messages`."""
    emojis = {emoji.name: str(emoji) for emoji in guild.emojis}
    return {"addressee": user.display_name, "emojis": emojis}


async def shown_if_slow(
    asked: commands.Context[TextgenBot] | discord.Interaction[TextgenBot],
    work: Coroutine[Any, Any, ResultT],
) -> ResultT:
    """Return the result of `work`; once it takes long, show that it is under way.

    Discord allows 3 s for a first answer to a command or a button.
    """
    task = asyncio.create_task(work, name="an answer")
    try:
        await asyncio.wait({task}, timeout=PATIENCE_S)
        if not task.done():
            if isinstance(asked, discord.Interaction):
                await asked.response.defer(thinking=True)
            else:
                await asked.typing()  # once: ten seconds that are seen
        return await task
    finally:
        task.cancel()


async def send(
    asked: commands.Context[TextgenBot] | discord.Interaction[TextgenBot],
    text: str,
    view: discord.ui.View | None = None,
    *,
    ephemeral: bool = False,
) -> None:
    """Send one message to whoever asked."""
    more: dict[str, Any] = {"ephemeral": ephemeral}
    if view is not None:
        more["view"] = view
    if isinstance(asked, commands.Context):
        await asked.send(text, **more)
    elif asked.response.is_done():
        await asked.followup.send(text, **more)
    else:
        await asked.response.send_message(text, **more)
