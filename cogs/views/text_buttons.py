"""The buttons under a generated text.

A button's id holds who asked and all options but the prompt: that is the
beginning of the very text above it, so its length is enough. Nothing has to be
remembered, and no text is stored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import discord
from discord.ext import commands

from bot.errors import UserError
from bot.generation.request import (
    DEFAULT_TEMPERATURE,
    MAX_TEMPERATURE,
    MIN_TEMPERATURE,
    WARMER,
    TextRequest,
    request_of,
)
from bot.text.discord_markup import cut, mentioned_ids, named, render, reply_messages, restore
from cogs.views.ban_buttons import ask_for_a_ban
from cogs.views.persistent_items import PersistentButton, check_moderates, lasting
from cogs.views.responses import manner_for, place_of, send, shown_if_slow

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

MAX_CONTINUED_CHARS = 700  # of a long text, only its end is gone on from
# By its word in its id, each button's label and its row.
BUTTONS = {
    "again": ("Again", 0),
    "more": ("Continue", 0),
    "hot": ("Hotter", 0),
    "cold": ("Colder", 0),
    "del": ("Delete", 1),
    "ban": ("👎", 1),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the buttons under a text know: who asked, for what, after how long a prompt."""

    asker_id: int
    prompt_chars: int
    request: TextRequest

    def custom_id(self, act: str) -> str:
        """Return a button's id: at most 89 of the 100 characters that Discord allows."""
        return f"text:{act}:{self.asker_id}:{self.prompt_chars}:{self.request.code()}"


class TextButton(
    PersistentButton,
    template=rf"text:(?P<act>{'|'.join(BUTTONS)})"
    r":(?P<asker>[0-9]{1,20}):(?P<prompt>[0-9]{1,4}):(?P<code>[0-9]{1,4}\.[0-9]{0,4}"
    r"(?:\.[0-9]{1,4}){3}\.[0-9]{0,10}(?:\.[0-9]{0,10}(?:\.[0-9]{1,20})?)?)",
):
    """One of `BUTTONS`."""

    def __init__(self, act: str, shown: Shown) -> None:
        label, row = BUTTONS[act]
        now = shown.request.temperature or DEFAULT_TEMPERATURE
        limits = {"hot": now >= MAX_TEMPERATURE, "cold": now <= MIN_TEMPERATURE}
        super().__init__(label, shown.custom_id(act), disabled=limits.get(act, False), row=row)
        self._act = act
        self._shown = shown

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Return the button of an id."""
        request = request_of(match["code"])
        return cls(match["act"], Shown(int(match["asker"]), int(match["prompt"]), request))

    async def pressed(self, interaction: discord.Interaction[TextgenBot]) -> None:
        """Write another text, or see to the one above."""
        assert interaction.message is not None
        content = interaction.message.content
        if self._act == "del":
            await self._delete(interaction)
        elif self._act == "ban":
            check_moderates(interaction, "ban a phrase")
            await ask_for_a_ban(interaction, self._last_text(content))
        else:
            await write(interaction, self._next(content), goes_on=self._act == "more")

    def _next(self, content: str) -> TextRequest:
        request = self._shown.request
        if self._act == "more":
            return going_on(self._last_text(content), request)
        degrees = {"hot": WARMER, "cold": -WARMER}.get(self._act, 0.0)
        if degrees:
            request = request.warmed(degrees)
        return request.with_prompt(restore(content[: self._shown.prompt_chars]))

    def _last_text(self, content: str) -> str:
        """Return the text above, the last one of several."""
        shown = content if self._shown.request.n == 1 else content.rpartition("\n\n")[2]
        return restore(shown)

    async def _delete(self, interaction: discord.Interaction[TextgenBot]) -> None:
        if interaction.user.id != self._shown.asker_id:
            check_moderates(interaction, "delete what somebody else asked for")
        await interaction.response.defer()
        await interaction.delete_original_response()


def going_on(text: str, request: TextRequest) -> TextRequest:
    """Return the request for one text that goes on from another."""
    end = text[-MAX_CONTINUED_CHARS:]
    if len(end) < len(text):
        end = end.partition(" ")[2] or end
    return request.with_prompt(end, n=1)


def buttons(shown: Shown) -> discord.ui.View:
    """Return the buttons under a text."""
    return lasting(TextButton(act, shown) for act in BUTTONS)


async def check_is_member(bot: TextgenBot, guild: discord.Guild, user_id: int) -> None:
    """Refuse to write as somebody who has left, whose agreement ends with that.

    Discord tells the bot nothing of who leaves, without an intent that it does not have.

    Raises:
        UserError: they are not there any more.
    """
    try:
        await guild.fetch_member(user_id)
    except discord.NotFound:
        await bot.services.privacy.set_voice(guild.id, user_id, allowed=False)
        raise UserError("They are not in this server any more.") from None


def _names(
    asked: commands.Context[TextgenBot] | discord.Interaction[TextgenBot], prompt: str
) -> dict[int, str]:
    """Return the names, as the server shows them, of those whom a prompt mentions."""
    guild = asked.guild
    assert guild is not None
    message = asked.message
    told: list[Any] = [*message.mentions, *message.role_mentions] if message is not None else []
    known = {one.id: one for one in told}
    found = {
        one_id: known.get(one_id) or guild.get_member(one_id) or guild.get_role(one_id)
        for one_id in mentioned_ids(prompt)
    }
    return {one_id: getattr(one, "display_name", one.name) for one_id, one in found.items() if one}


async def write(
    asked: commands.Context[TextgenBot] | discord.Interaction[TextgenBot],
    request: TextRequest,
    *,
    goes_on: bool = False,
) -> None:
    """Answer with texts, and with buttons under the last of them.

    Args:
        goes_on: the texts must be longer than the prompt.
    """
    if isinstance(asked, commands.Context):
        bot, user = asked.bot, asked.author
        asked = asked.interaction or asked
    else:
        bot, user = asked.client, asked.user
    if asked.guild is None:
        raise UserError("That works only in a server.")
    writer = bot.services.writer
    bot.services.cooldowns.use(asked.guild.id, user.id)
    request.check()
    if request.as_id:
        await check_is_member(bot, asked.guild, request.as_id)
    request = replace(request, prompt=named(request.prompt, _names(asked, request.prompt)))
    place = place_of(asked.channel, asked.guild)
    work = writer.continue_text(place, request) if goes_on else writer.write(place, request)
    texts, request = await shown_if_slow(asked, work)
    manner = manner_for(asked.guild, user)
    *first, last = reply_messages(texts, **manner)
    for message in first:
        await send(asked, message)
    shown = Shown(user.id, len(cut(render(request.prompt, **manner))), request)
    await send(asked, last, buttons(shown))
