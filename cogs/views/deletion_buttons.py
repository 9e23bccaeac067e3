"""What cannot be undone is asked again, with the names of what goes, and told to the server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

import discord

from bot.errors import UserError
from bot.locales.messages import N_, _
from bot.presentation.privacy import (
    NO_REBUILD,
    REBUILD_REFUSED,
    REBUILD_WAITS,
    erased,
    rebuild_notice,
    rebuild_question,
    rebuild_queued,
)
from bot.presentation.versions import deleted, deletion_notice, deletion_question, labels
from bot.privacy.member_data import MemberErasure, Rebuild
from bot.text.discord_markup import with_prefix
from cogs.views.persistent_items import PersistentButton, lasting, managed_guild

if TYPE_CHECKING:
    from bot.app.client import TextgenBot
    from bot.storage.records import ModelRecord

KEPT = N_("All right, nothing is deleted.")
NEEDS_MANAGER = N_("You need the permission Manage Server to delete a version.")


class DeleteButton(PersistentButton, template=r"delete:(?P<act>yes|no):(?P<version>\d{1,10})"):
    """Deletes a version, or leaves it; numbers of versions are never given twice."""

    def __init__(self, act: str, version: int) -> None:
        delete = _("Delete version {version}", version=version)
        label = delete if act == "yes" else _("Keep it")
        danger, calm = discord.ButtonStyle.danger, discord.ButtonStyle.secondary
        super().__init__(label, f"delete:{act}:{version}", danger if act == "yes" else calm)
        self._act = act
        self._version = version

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Return the button of an id."""
        return cls(match["act"], int(match["version"]))

    async def pressed(self, interaction: discord.Interaction[TextgenBot]) -> None:
        """Do it, if the person may manage the server now."""
        guild_id = managed_guild(interaction, NEEDS_MANAGER)
        if self._act == "no":
            await interaction.response.edit_message(content=_(KEPT), view=None)
            return
        parts = interaction.client.services
        record = await parts.versions.deletable(guild_id, str(self._version))
        await parts.versions.delete(record)
        await interaction.response.edit_message(content=deleted(record), view=None)
        notice = deletion_notice(record, interaction.user.id)
        await parts.reports.notice(guild_id, notice, interaction.channel_id)


class EraseButton(PersistentButton, template=r"erase:(?P<act>yes|no):(?P<user>\d{1,20})"):
    """Has a model made without the member who pressed, which replaces every version."""

    def __init__(self, act: str, user_id: int) -> None:
        label = _("Make a model without me") if act == "yes" else _("Keep the versions")
        danger, calm = discord.ButtonStyle.danger, discord.ButtonStyle.secondary
        super().__init__(label, f"erase:{act}:{user_id}", danger if act == "yes" else calm)
        self._act = act
        self._user_id = user_id

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Return the button of an id."""
        return cls(match["act"], int(match["user"]))

    async def pressed(self, interaction: discord.Interaction[TextgenBot]) -> None:
        """Begin, if it is the member's own question."""
        if interaction.guild_id is None or interaction.user.id != self._user_id:
            raise UserError(
                "Only the member who asked can decide that. For yourself, type `!privacy erase`."
            )
        if self._act == "no":
            await interaction.response.edit_message(content=_(KEPT), view=None)
            return
        parts = interaction.client.services
        done = await parts.privacy.rebuild(
            interaction.guild_id, self._user_id, before_id=interaction.id
        )
        prefix = await parts.prefix(interaction.guild_id)
        text = with_prefix(rebuild_text(done), prefix)
        await interaction.response.edit_message(content=text, view=None)
        if done.rebuild is Rebuild.QUEUED:
            notice = rebuild_notice(labels(done.versions))
            await parts.reports.notice(interaction.guild_id, notice, interaction.channel_id)


def deletion_asked(record: ModelRecord) -> tuple[str, discord.ui.View]:
    """Return the question whether a version shall be deleted, and its buttons."""
    buttons = [DeleteButton(act, record.version) for act in ("yes", "no")]
    return deletion_question(record), lasting(buttons)


def erasure_buttons(user_id: int) -> discord.ui.View:
    """Return the buttons under the question whether the versions shall be replaced."""
    return lasting([EraseButton(act, user_id) for act in ("yes", "no")])


def erasure_text(done: MemberErasure) -> str:
    """Tell what an erasure has done, and what becomes of the model or is asked about it."""
    if done.rebuild is Rebuild.NOT_NEEDED:
        return erased()
    versions = labels(done.versions)
    if done.rebuild is Rebuild.ASKED:
        return erased(rebuild_question(versions))
    which = _("That may be {versions}.", versions=versions)
    return erased(f"{which} {rebuild_text(done)}")


def rebuild_text(done: MemberErasure) -> str:
    """Tell what becomes of a model that may know a member."""
    if done.rebuild is Rebuild.QUEUED:
        return rebuild_queued(done.place)
    sentences = {
        Rebuild.WAITS: REBUILD_WAITS,
        Rebuild.IMPOSSIBLE: NO_REBUILD,
        Rebuild.REFUSED: REBUILD_REFUSED,
    }
    return _(sentences[done.rebuild])
