"""The help as it follows from the commands themselves, for one person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

import discord
from discord.ext import commands

from bot.discord_api.permission_names import permission_names
from bot.errors import NO_CONTENT
from bot.locales.messages import _, pgettext
from bot.presentation.help import TOPICS, CommandHelp, overview, topic_page, topics_for
from bot.text.discord_markup import with_prefix
from cogs.views.persistent_items import PersistentButton, lasting

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

AnyCommand = commands.Command[Any, ..., Any]


@runtime_checkable
class Guarded(Protocol):
    """A cog that itself says whom its commands are for."""

    async def may_use(self, member: discord.Member) -> bool:
        """Say whether a member may use its commands."""
        ...


class TopicButton(PersistentButton, template=r"help:(?P<topic>\w+)(?::(?:back|next))?"):
    """Shows a topic of the help to whoever presses it.

    Buttons of a former release turned pages, whose numbers are no topics: they show all topics.
    """

    def __init__(self, topic: str, *, is_shown: bool = False) -> None:
        style = discord.ButtonStyle.primary if is_shown else discord.ButtonStyle.secondary
        title = _(TOPICS[topic].title) if topic in TOPICS else _("Help")
        super().__init__(title, f"help:{topic}", style)
        self._topic = topic

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Return the button of an id."""
        return cls(match["topic"])

    async def pressed(self, interaction: discord.Interaction[TextgenBot]) -> None:
        """Show the topic."""
        member = interaction.user if isinstance(interaction.user, discord.Member) else None
        text, view = await help_page(interaction.client, member, self._topic)
        prefix = await interaction.client.services.prefix(interaction.guild_id)
        await interaction.response.edit_message(content=with_prefix(text, prefix), view=view)


async def help_page(
    bot: TextgenBot, member: discord.Member | None, topic: str = ""
) -> tuple[str, discord.ui.View]:
    """Return a topic of the help, or all topics, and the buttons below it."""
    found = [help_of(command) for command in await usable(bot, member)]
    topics = topics_for(found)
    if topic in topics:
        text = topic_page(topic, found)
    else:
        text = overview(found, "" if bot.intents.message_content else _(NO_CONTENT))
    return text, lasting(TopicButton(one, is_shown=one == topic) for one in topics)


async def usable(bot: TextgenBot, member: discord.Member | None) -> list[AnyCommand]:
    """Return the commands that a person may use, those of a topic together."""
    order = [root for topic in TOPICS.values() for root in topic.commands]
    found = []
    for command in bot.walk_commands():
        if not command.hidden and await _may_use(command, member):
            found.append(command)
    return sorted(found, key=lambda one: (order.index((one.root_parent or one).name), _place(one)))


def _place(command: AnyCommand) -> int:
    """Return where a command stands in its cog's source; groups themselves keep no order."""
    written: Sequence[AnyCommand] = getattr(command.cog, "__cog_commands__", ())
    names = [one.qualified_name for one in written]
    return names.index(command.qualified_name) if command.qualified_name in names else 0


async def _may_use(command: AnyCommand, member: discord.Member | None) -> bool:
    if member is None and not (command.root_parent or command).extras.get("anywhere"):
        return False
    if isinstance(command.cog, Guarded):
        return member is not None and await command.cog.may_use(member)
    needed = _needed(command)
    return needed is None or (member is not None and member.guild_permissions >= needed)


def _needed(command: AnyCommand) -> discord.Permissions | None:
    root: Any = command.root_parent or command
    needed: discord.Permissions | None = root.app_command.default_permissions
    own: discord.Permissions | None = command.extras.get("needs")
    return own or needed


def help_of(command: AnyCommand) -> CommandHelp:
    """Return what a command itself says about its use."""
    app: Any = getattr(command, "app_command", None)
    fallback = getattr(command, "fallback", None)
    described = app.get_command(fallback) if fallback else app
    return CommandHelp(
        name=command.qualified_name,
        slash=_slash(command, fallback),
        brief=_(command.short_doc),
        options=tuple(
            (_shown_name(command, parameter.display_name), _(str(parameter.description)))
            for parameter in getattr(described, "parameters", ())  # a group has none
            if str(parameter.description) != "…"
        ),
        examples=tuple(command.extras.get("examples", ())),
        needs=", ".join(_names(_needed(command))),
    )


def _slash(command: AnyCommand, fallback: str | None) -> str:
    """Return what to choose instead of typing a command; a group itself cannot be chosen."""
    chosen: str = command.extras.get("slash", command.qualified_name)
    words = f"{chosen} {fallback}".split() if fallback else chosen.split()
    return " ".join(pgettext("command", word) for word in words)


def _names(permissions: discord.Permissions | None) -> list[str]:
    return permission_names(name for name, wanted in permissions or () if wanted)


def _shown_name(command: AnyCommand, name: str) -> str:
    """Return an option as it is typed."""
    for parameter in command.clean_params.values():
        kind = parameter.converter
        if isinstance(kind, type) and issubclass(kind, commands.FlagConverter):
            flag = kind.get_flags().get(name)
            return f"--{name}" if flag is not None and not flag.positional else name
    return name
