"""The buttons under a generated text.

A button's id holds who asked and all options but the prompt: that is the
beginning of the very text above it, so its length is enough. Nothing has to be
remembered, and no text is stored.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import aiohttp
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
from bot.locales.messages import N_, _
from bot.text.discord_markup import cut, mentioned_ids, named, render, reply_messages, restore
from cogs.views.ban_buttons import MAY_NOT_BAN, ask_for_a_ban
from cogs.views.choices import Choice, Choices
from cogs.views.persistent_items import PersistentButton, check_moderates, lasting
from cogs.views.responses import manner_for, place_of, send, shown_if_slow

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

MAX_CONTINUED_CHARS = 700  # of a long text, only its end is gone on from
# By its word in its id, each button's label.
BUTTONS = {"again": N_("Another one"), "more": N_("Continue"), "menu": N_("More…")}
FORMER_BUTTONS = ("hot", "cold", "del", "ban")  # of messages of earlier releases
WHAT_ELSE = N_("What should I do with this text?")
MAY_NOT_DELETE = N_(
    "You need the permission Manage Messages here to delete what someone else asked for."
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the buttons under a text know: who asked, for what, after how long a prompt."""

    asker_id: int
    prompt_chars: int
    request: TextRequest

    def custom_id(self, act: str) -> str:
        """Return a button's id: at most 89 of the 100 characters that Discord allows."""
        return f"text:{act}:{self.asker_id}:{self.prompt_chars}:{self.request.code()}"

    def last_text(self, message: discord.Message) -> str:
        """Return the text of a message, the last one of several."""
        content = message.content
        return restore(content if self.request.n == 1 else content.rpartition("\n\n")[2])


class TextButton(
    PersistentButton,
    template=rf"text:(?P<act>{'|'.join((*BUTTONS, *FORMER_BUTTONS))})"
    r":(?P<asker>[0-9]{1,20}):(?P<prompt>[0-9]{1,4}):(?P<code>[0-9]{1,4}\.[0-9]{0,4}"
    r"(?:\.[0-9]{1,4}){3}\.[0-9]{0,10}(?:\.[0-9]{0,10}(?:\.[0-9]{1,20})?)?)",
):
    """One of `BUTTONS`."""

    def __init__(self, act: str, shown: Shown) -> None:
        super().__init__(_(BUTTONS.get(act, act)), shown.custom_id(act))
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
        if self._act == "menu":
            choices = _menu(interaction, self._shown)
            view = Choices(interaction.user.id, choices)
            await interaction.response.send_message(_(WHAT_ELSE), view=view, ephemeral=True)
            return
        act = _ACTS[self._act]
        await act(interaction, interaction.message, self._shown)


async def _again(
    interaction: discord.Interaction[TextgenBot],
    above: discord.Message,
    shown: Shown,
    degrees: float = 0.0,
) -> None:
    """Write another text with the same beginning, tamer or wilder by so much."""
    request = shown.request.warmed(degrees) if degrees else shown.request
    request = request.with_prompt(restore(above.content[: shown.prompt_chars]))
    await write(interaction, request)
    await _take_buttons(above)


async def _continue(
    interaction: discord.Interaction[TextgenBot], above: discord.Message, shown: Shown
) -> None:
    """Go on from the text above."""
    await write(interaction, going_on(shown.last_text(above), shown.request), goes_on=True)
    await _take_buttons(above)


async def _delete(
    interaction: discord.Interaction[TextgenBot], above: discord.Message, shown: Shown
) -> None:
    if interaction.user.id != shown.asker_id:
        check_moderates(interaction, MAY_NOT_DELETE)
    await interaction.response.defer()
    if interaction.message is not None and interaction.message.id == above.id:
        await interaction.delete_original_response()  # which needs no permission
        return
    with suppress(discord.NotFound):
        await above.delete()
    await interaction.delete_original_response()


async def _ban(
    interaction: discord.Interaction[TextgenBot], above: discord.Message, shown: Shown
) -> None:
    check_moderates(interaction, MAY_NOT_BAN)
    await ask_for_a_ban(interaction, shown.last_text(above), above.id)


_ACTS: Mapping[str, Callable[..., Awaitable[None]]] = {
    "again": _again,
    "more": _continue,
    "hot": partial(_again, degrees=WARMER),
    "cold": partial(_again, degrees=-WARMER),
    "del": _delete,
    "ban": _ban,
}


def _menu(origin: discord.Interaction[TextgenBot], shown: Shown) -> list[Choice]:
    """Return what else whoever pressed may do with the text above."""
    assert origin.message is not None
    above = origin.message

    def does(act: str) -> Callable[[discord.Interaction[Any]], Awaitable[None]]:
        async def do(interaction: discord.Interaction[Any]) -> None:
            await _ACTS[act](interaction, above, shown)
            if act in ("hot", "cold"):
                with suppress(discord.HTTPException):
                    await origin.delete_original_response()  # the question

        return do

    now = shown.request.temperature or DEFAULT_TEMPERATURE
    choices = [
        Choice(_("Wilder"), does("hot"), disabled=now >= MAX_TEMPERATURE),
        Choice(_("Calmer"), does("cold"), disabled=now <= MIN_TEMPERATURE),
    ]
    moderates = origin.permissions.manage_messages
    if moderates or origin.user.id == shown.asker_id:
        choices.append(Choice(_("Delete"), does("del"), discord.ButtonStyle.danger))
    if moderates:
        choices.append(Choice(_("Never say this"), does("ban"), discord.ButtonStyle.danger))
    return choices


async def _take_buttons(above: discord.Message) -> None:
    """Take the buttons from a text after which there is a newer one."""
    with suppress(discord.HTTPException, aiohttp.ClientError):  # the new text is there anyway
        await above.edit(view=None)


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
        raise UserError("That member is no longer in this server.") from None


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
        raise UserError("That only works in a server.")
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
