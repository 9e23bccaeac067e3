"""How commands are declared: typed decorators, a context that has a server, offered versions."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import discord
from discord import app_commands
from discord.ext import commands

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

MANAGES_SERVER = discord.Permissions(manage_guild=True)

CogT = TypeVar("CogT", bound=commands.Cog)
ContextT = TypeVar("ContextT", bound=commands.Context[Any])
ParametersT = ParamSpec("ParametersT")
ResultT = TypeVar("ResultT")
Callback = Callable[Concatenate[CogT, ContextT, ParametersT], Coroutine[Any, Any, ResultT]]
Choices = list[app_commands.Choice[str]]


class GuildContext(commands.Context["TextgenBot"]):
    """What a command knows of its use in a server; never made, only named as a type.

    The bot refuses every command in direct messages but those declared with ``anywhere=True``
    (`bot.app.client`), so the others may rely on this.
    """

    guild: discord.Guild
    author: discord.Member


# mypy cannot solve discord.py's own types of these three, whose callbacks are unions.
def command(
    *examples: str, **more: Any
) -> Callable[
    [Callback[CogT, ContextT, ParametersT, ResultT]],
    commands.HybridCommand[CogT, ParametersT, ResultT],
]:
    """Declare a command, typed and slash.

    Args:
        examples: how it is typed, for the help.
        more: `needs`, the permissions it asks for where its group asks for none; `anywhere`,
            True for direct messages too; `slash`, what is chosen instead of typing it; all
            else is discord.py's.
    """
    decorate: Any = commands.hybrid_command(**_options(examples, more))
    return decorate  # type: ignore[no-any-return]


def group(
    *examples: str, **more: Any
) -> Callable[
    [Callback[CogT, ContextT, ParametersT, ResultT]],
    commands.HybridGroup[CogT, ParametersT, ResultT],
]:
    """Declare a group of commands, which is a command itself when typed; see `command`."""
    decorate: Any = commands.hybrid_group(case_insensitive=True, **_options(examples, more))
    return decorate  # type: ignore[no-any-return]


def subcommand(
    parent: commands.HybridGroup[CogT, ..., Any], *examples: str, **more: Any
) -> Callable[
    [Callback[CogT, ContextT, ParametersT, ResultT]],
    commands.HybridCommand[CogT, ParametersT, ResultT],
]:
    """Declare a command of a group; see `command`."""
    decorate: Any = parent.command(**_options(examples, more))
    return decorate  # type: ignore[no-any-return]


def _options(examples: tuple[str, ...], more: dict[str, Any]) -> dict[str, Any]:
    """Return discord.py's options, with `extras` for the help and for the bot's own checks."""
    extras = {name: more.pop(name) for name in ("needs", "anywhere", "slash") if name in more}
    # What a command does not take is refused, so that nothing is done by halves.
    return {"extras": {"examples": examples, **extras}, "ignore_extra": False, **more}


async def offer_versions(interaction: discord.Interaction[TextgenBot], typed: str) -> Choices:
    """Return this server's versions that fit what is typed so far."""
    return await _offered(interaction, typed, with_base=False)


async def offer_with_base(interaction: discord.Interaction[TextgenBot], typed: str) -> Choices:
    """Return this server's versions that fit, and the base model."""
    return await _offered(interaction, typed, with_base=True)


async def _offered(
    interaction: discord.Interaction[TextgenBot], typed: str, *, with_base: bool
) -> Choices:
    versions = interaction.client.services.versions
    found = await versions.offered(interaction.guild_id, typed, with_base=with_base)
    return [app_commands.Choice(name=label, value=value) for label, value in found]
