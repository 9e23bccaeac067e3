"""A moderator is asked, unseen by others, whether a phrase shall never be written again."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Self

import discord

from bot.locales.messages import N_, _
from bot.storage.guilds import MAX_PHRASE_CHARS
from bot.text.discord_markup import cut, quoted, restore, with_prefix
from cogs.views.persistent_items import Form, PersistentButton, check_moderates, lasting

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

QUESTION = N_("Should I never write this in this server again?")
MAY_NOT_BAN = N_("You need the permission Manage Messages here to ban a phrase.")
BUTTONS = {
    "yes": (N_("Never again"), discord.ButtonStyle.danger),
    "edit": (N_("Other words…"), discord.ButtonStyle.secondary),
    "no": (N_("Leave it"), discord.ButtonStyle.secondary),
}


class BanButton(PersistentButton, template=r"ban:(?P<act>yes|edit|no):(?P<message>\d{1,20})"):
    """One of `BUTTONS`; the phrase is quoted in the message above."""

    def __init__(self, act: str, message_id: int) -> None:
        label, style = BUTTONS[act]
        super().__init__(_(label), f"ban:{act}:{message_id}", style)
        self._act = act
        self._message_id = message_id

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Return the button of an id."""
        return cls(match["act"], int(match["message"]))

    async def pressed(self, interaction: discord.Interaction[TextgenBot]) -> None:
        """Ban the phrase, ask for another, or leave it at that."""
        assert interaction.message is not None
        phrase = phrase_in(interaction.message.content)
        check_moderates(interaction, MAY_NOT_BAN)
        if self._act == "edit":
            await interaction.response.send_modal(PhraseForm(phrase, self._message_id))
        elif self._act == "no":
            await interaction.response.edit_message(
                content=_("All right, nothing is banned."), view=None
            )
        else:
            await self._ban(interaction, phrase)

    async def _ban(self, interaction: discord.Interaction[TextgenBot], phrase: str) -> None:
        assert interaction.guild_id is not None
        await interaction.client.services.servers.ban(interaction.guild_id, phrase)
        told = _("I'll never write this here again. `!settings words` has the list.")
        text = f"{told}\n{quoted(phrase)}"
        text = with_prefix(text, await interaction.client.services.prefix(interaction.guild_id))
        await interaction.response.edit_message(content=text, view=None)
        channel = interaction.channel
        if isinstance(channel, discord.abc.Messageable) and hasattr(channel, "get_partial_message"):
            with suppress(discord.HTTPException):  # it may be gone, or never have been
                await channel.get_partial_message(self._message_id).delete()


class PhraseForm(Form):
    """Asks for the words to ban."""

    def __init__(self, phrase: str, message_id: int) -> None:
        super().__init__(title=_("What should I never write?"))
        self._message_id = message_id
        self.words: discord.ui.TextInput[PhraseForm] = discord.ui.TextInput(
            label=_("Words or a phrase"),
            custom_id="words",
            default=phrase,
            max_length=MAX_PHRASE_CHARS,
        )
        self.add_item(self.words)

    async def on_submit(self, interaction: discord.Interaction) -> None:
        """Ask again, about these words."""
        text = question_about(self.words.value)
        await interaction.response.edit_message(content=text, view=_buttons(self._message_id))


async def ask_for_a_ban(
    interaction: discord.Interaction[TextgenBot], text: str, message_id: int
) -> None:
    """Ask whether a text, or words of it, shall be banned.

    Args:
        message_id: the message with the text. Another one that was pressed asked what to do
            with it, and becomes the question.
    """
    assert interaction.message is not None
    question = question_about(cut(" ".join(text.split()), MAX_PHRASE_CHARS).removesuffix("…"))
    view = _buttons(message_id)
    if interaction.message.id == message_id:
        await interaction.response.send_message(question, view=view, ephemeral=True)
    else:
        await interaction.response.edit_message(content=question, view=view)


def question_about(phrase: str) -> str:
    """Return the question; `phrase_in` finds the phrase in it again."""
    return f"{_(QUESTION)}\n{quoted(phrase)}"


def phrase_in(question: str) -> str:
    """Return the phrase that a question is about."""
    return restore(question.partition("\n> ")[2])


def _buttons(message_id: int) -> discord.ui.View:
    return lasting(BanButton(act, message_id) for act in BUTTONS)
