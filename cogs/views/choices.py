"""A question to one person with a button for each answer, for some minutes.

Unlike persistent_items.py it remembers what it is about, so it ends with the bot.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import discord

from cogs.views.error_messages import tell_error

ANSWER_S = 600.0


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer, and what is done then."""

    label: str
    act: Callable[[discord.Interaction[Any]], Awaitable[None]]
    style: discord.ButtonStyle = discord.ButtonStyle.secondary
    disabled: bool = False


class Choices(discord.ui.View):
    """The buttons; the first press that succeeds ends the question.

    Args:
        asked_id: the only person who may answer.
    """

    def __init__(self, asked_id: int, choices: Iterable[Choice]) -> None:
        super().__init__(timeout=ANSWER_S)
        self._asked_id = asked_id
        for choice in choices:
            button: discord.ui.Button[Choices] = discord.ui.Button(
                label=choice.label, style=choice.style, disabled=choice.disabled
            )
            button.callback = partial(self._chosen, choice)  # type: ignore[method-assign]
            self.add_item(button)

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Let nobody else answer."""
        await interaction.client.services.languages.heed(interaction)
        return interaction.user.id == self._asked_id

    async def on_error(self, interaction: Any, error: Exception, item: Any) -> None:
        """Tell what went wrong."""
        await tell_error(interaction, error)

    async def _chosen(self, choice: Choice, interaction: discord.Interaction) -> None:
        await choice.act(interaction)
        self.stop()
