"""The help as it follows from the commands themselves, for one person."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

import discord
from discord.ext import commands

from bot.errors import NO_CONTENT
from bot.presentation.help import CommandHelp, pages
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


class PageButton(PersistentButton, template=r"help:(?P<page>\d{1,3}):(?P<way>back|next)"):
    """Turns to another page of the help, for whoever presses it."""

    def __init__(self, page: int, way: str, *, disabled: bool = False) -> None:
        label = "◀ Back" if way == "back" else "Next ▶"
        super().__init__(label, f"help:{page}:{way}", disabled=disabled)
        self._page = page

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Return the button of an id."""
        return cls(int(match["page"]), match["way"])

    async def pressed(self, interaction: discord.Interaction[TextgenBot]) -> None:
        """Show the page."""
        member = interaction.user if isinstance(interaction.user, discord.Member) else None
        found = await help_pages(interaction.client, member)
        page = min(self._page, len(found) - 1)
        await interaction.response.edit_message(content=found[page], view=turning(page, len(found)))


def turning(page: int, count: int) -> discord.ui.View | None:
    """Return the buttons under a page, None where there is only one."""
    if count < 2:
        return None
    back = PageButton(max(0, page - 1), "back", disabled=page == 0)
    return lasting([back, PageButton(page + 1, "next", disabled=page == count - 1)])


async def help_pages(bot: TextgenBot, member: discord.Member | None) -> list[str]:
    """Return the list of what a person may do."""
    prefix = await bot.services.prefix(member.guild.id if member else None)
    found = [help_of(command) for command in await usable(bot, member)]
    note = "" if bot.intents.message_content else NO_CONTENT
    return pages(found, prefix, note)


async def usable(bot: TextgenBot, member: discord.Member | None) -> list[AnyCommand]:
    """Return the commands that a person may use, those of a cog together."""
    found = []
    for command in bot.walk_commands():
        if not command.hidden and await _may_use(command, member):
            found.append(command)
    return sorted(found, key=lambda command: (command.cog_name or "", command.qualified_name))


async def _may_use(command: AnyCommand, member: discord.Member | None) -> bool:
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
        group=command.cog_name or "",
        usage=" ".join((command.qualified_name, *_arguments(command))),
        slash=_slash(command, fallback),
        brief=command.short_doc,
        options=tuple(
            (_shown_name(command, parameter.display_name), str(parameter.description))
            for parameter in getattr(described, "parameters", ())  # a group has none
            if str(parameter.description) != "…"
        ),
        examples=tuple(command.extras.get("examples", ())),
        needs=", ".join(name for name in _names(_needed(command))),
    )


def _slash(command: AnyCommand, fallback: str | None) -> str:
    """Return what to choose instead of typing a command; a group itself cannot be chosen."""
    chosen: str = command.extras.get("slash", command.qualified_name)
    return f"{chosen} {fallback}" if fallback else chosen


def _names(permissions: discord.Permissions | None) -> list[str]:
    named = [name for name, wanted in permissions or () if wanted]
    return [name.replace("_", " ").replace("guild", "server").title() for name in named]


def _flags(command: AnyCommand) -> dict[str, commands.Flag]:
    for parameter in command.clean_params.values():
        if isinstance(parameter.converter, type) and issubclass(
            parameter.converter, commands.FlagConverter
        ):
            return parameter.converter.get_flags()
    return {}


def _shown_name(command: AnyCommand, name: str) -> str:
    flag = _flags(command).get(name)
    return f"--{name}" if flag is not None and not flag.positional else name


def _arguments(command: AnyCommand) -> list[str]:
    """Return the arguments as help shows them: <needed>, [optional], [several…]."""
    flags = _flags(command)
    shown: list[str] = []
    for name, parameter in command.clean_params.items():
        if flags and parameter is list(command.clean_params.values())[-1]:
            positional = [f"[{name}]" for name, flag in flags.items() if flag.positional]
            return [*shown, *positional, "[--option …]"]
        several = "…" if isinstance(parameter.converter, commands.Greedy) else ""
        shown.append(f"<{name}>" if parameter.required and not several else f"[{name}{several}]")
    return shown
