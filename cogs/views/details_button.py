"""The button under a finished training that shows its figures and its curve."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any, Self

import discord

from bot.errors import UserError
from bot.locales.messages import N_, _
from bot.presentation.training import curve_in_words, figures
from cogs.views.persistent_items import PersistentButton, lasting

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

NO_MORE = N_("I no longer have the figures of that training.")


class DetailsButton(PersistentButton, template=r"train:details:(?P<job>\d{1,18})"):
    """Shows a training's figures to whoever presses it, and to nobody else."""

    def __init__(self, train_job_id: int) -> None:
        super().__init__(_("Details"), f"train:details:{train_job_id}")
        self._train_job_id = train_job_id

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Return the button of an id."""
        return cls(int(match["job"]))

    async def pressed(self, interaction: discord.Interaction[TextgenBot]) -> None:
        """Look the training up, and draw its curve."""
        bot, guild_id = interaction.client, interaction.guild_id
        if guild_id is None:
            raise UserError(NO_MORE)
        bot.services.cooldowns.use(
            guild_id, interaction.user.id
        )  # a picture takes a process of its own
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await bot.services.trainings.details(self._train_job_id, guild_id)
        if found is None:
            raise UserError(NO_MORE)
        more: dict[str, Any] = {}
        if found.picture is not None and found.epochs is not None:
            words = curve_in_words(found.metrics, found.epochs)
            more["file"] = discord.File(io.BytesIO(found.picture), "curve.png", description=words)
        text = figures(
            found.job, found.outcome.version, found.metrics, found.epochs, found.outcome.recipe
        )
        await interaction.followup.send(text, ephemeral=True, **more)


def details_button(train_job_id: int) -> discord.ui.View:
    """Return the button under the message of a training that has made a version."""
    return lasting([DetailsButton(train_job_id)])
