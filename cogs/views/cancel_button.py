"""The button that stops a training, under the message that shows its progress."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Self

import discord

from bot.errors import UserError
from bot.locales.messages import N_, _
from bot.presentation.training import stopping
from bot.storage.records import OPEN_STATUSES
from cogs.views.persistent_items import PersistentButton, lasting

if TYPE_CHECKING:
    from bot.app.client import TextgenBot
    from bot.storage.guilds import ServerStore
    from bot.storage.records import TrainJob

HAS_ENDED = N_("This training has already ended.")


class CancelButton(PersistentButton, template=r"train:cancel:(?P<job>\d{1,18})"):
    """Stops a job, for who started it and for those who may train."""

    def __init__(self, train_job_id: int, *, is_stopping: bool = False) -> None:
        label = _("Stopping…") if is_stopping else _("Stop training")
        custom_id = f"train:cancel:{train_job_id}"
        super().__init__(label, custom_id, discord.ButtonStyle.danger, disabled=is_stopping)
        self._train_job_id = train_job_id

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Return the button of an id."""
        return cls(int(match["job"]))

    async def pressed(self, interaction: discord.Interaction[TextgenBot]) -> None:
        """Answer at once, then stop the job; its message says when that is done."""
        bot = interaction.client
        try:
            job = await bot.services.jobs.get(self._train_job_id)
        except KeyError:
            raise UserError(HAS_ENDED) from None
        await _check(interaction, job)
        button = lasting([CancelButton(job.train_job_id, is_stopping=True)])
        tell = partial(interaction.response.edit_message, content=stopping(), view=button)
        if job.status not in OPEN_STATUSES or not await bot.services.reports.stopping(job, tell):
            raise UserError(HAS_ENDED)
        await bot.services.worker.cancel_job(job.train_job_id)


async def may_train(member: discord.Member, servers: ServerStore) -> bool:
    """Say whether a member may train: by managing the server, or by a role for it."""
    settings = await servers.of(member.guild.id)
    own = {role.id for role in member.roles}
    return member.guild_permissions.manage_guild or bool(own & settings.training_roles)


def cancel_button(train_job_id: int) -> discord.ui.View:
    """Return the button under a job's message."""
    return lasting([CancelButton(train_job_id)])


async def _check(interaction: discord.Interaction[TextgenBot], job: TrainJob) -> None:
    if job.guild_id != interaction.guild_id:
        raise UserError(HAS_ENDED)
    member = interaction.user
    if member.id == job.requested_by_id or (
        isinstance(member, discord.Member)
        and await may_train(member, interaction.client.services.servers)
    ):
        return
    raise UserError(
        "Only whoever started this training, or someone with Manage Server, can stop it."
    )
