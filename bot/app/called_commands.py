"""Which command a message is, where people type its name in ways that discord.py does not take."""

from __future__ import annotations

from typing import Any

import discord
from discord.ext import commands

from bot.text.typed_names import beginning, called, plain

AnyCommand = commands.Command[Any, ..., Any]


def mentions_of(guild: discord.Guild | None, user_id: int) -> tuple[str, ...]:
    """Return how a bot is mentioned: itself, or the role that bears its name.

    What Discord's picker inserts is as often that role.
    """
    role = guild.self_role if guild is not None else None
    return (f"<@{user_id}>", f"<@!{user_id}>", *([f"<@&{role.id}>"] if role is not None else []))


def prefix_in(message: discord.Message, prefix: str, user_id: int) -> str:
    """Return what a message has before a command's name; the prefix itself where it has none."""
    mentions = mentions_of(message.guild, user_id)
    return beginning(message.content, prefix, mentions) or prefix


def by_name(ctx: commands.Context[Any]) -> bool:
    """Say whether the bot was mentioned to be asked for something."""
    return ctx.prefix is not None and "<@" in ctx.prefix


def understand(ctx: commands.Context[Any]) -> None:
    """Set the command that a message is, where its name was typed in another way.

    A mention with words that begin like a command ("@bot talk to me") is no command: it is
    answered like any other.
    """
    if ctx.prefix is None:
        return
    view = ctx.view
    if ctx.command is None:
        known = {name: _names_in(command) for name, command in ctx.bot.all_commands.items()}
        found = called(view.buffer[len(ctx.prefix) :], known)
        if found is None:
            return
        ctx.command = ctx.bot.all_commands[found.name]
        ctx.invoked_with = found.name
        view.buffer = f"{ctx.prefix}{found.name}{found.rest}"
        view.index = len(ctx.prefix) + len(found.name)
        view.end = len(view.buffer)
    if by_name(ctx) and _is_talk(ctx.command, view.buffer[view.index :]):
        ctx.command = None


def _names_in(command: AnyCommand) -> frozenset[str]:
    if not isinstance(command, commands.Group):
        return frozenset()
    return frozenset(name.casefold() for name in command.all_commands)


def _is_talk(command: AnyCommand, rest: str) -> bool:
    """Say whether words stand behind a command that takes none."""
    words = plain(rest).split()
    if not words or command.clean_params:
        return False
    return words[0].strip(".,:;?!") not in _names_in(command)
