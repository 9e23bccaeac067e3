"""The commands that are typed in messages, as a page can offer them while one is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from discord.ext import commands

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

Payload = dict[str, Any]
AnyCommand = commands.Command[Any, ..., Any]


async def typed_commands(bot: TextgenBot, guild_id: int) -> Payload:
    """Return what a server's commands begin with, and the commands, shortest names first.

    Each has `name`, `usage` (its arguments), `description`, `slash` (the slash command that
    completes its arguments), `arguments` (their names) and `options` (`--name`, with what they
    are for).
    """
    found = [command for command in bot.walk_commands() if not command.hidden]
    return {
        "prefix": await bot.services.prefix(guild_id),
        "commands": [_described(one) for one in sorted(found, key=lambda one: one.qualified_name)],
    }


def _described(command: AnyCommand) -> Payload:
    arguments: list[tuple[str, bool]] = []
    options: list[Payload] = []
    for name, parameter in command.clean_params.items():
        flags = parameter.converter
        if not (isinstance(flags, type) and issubclass(flags, commands.FlagConverter)):
            arguments.append((parameter.displayed_name or name, parameter.required))
            continue
        for flag in flags.get_flags().values():
            if flag.positional:
                arguments.append((flag.name, flag.required))
            else:
                options.append({"name": flag.name, "description": flag.description or ""})
    fallback = getattr(command, "fallback", None)
    slash = command.extras.get("slash", command.qualified_name)
    return {
        "name": command.qualified_name,
        "usage": " ".join(f"<{name}>" if needed else f"[{name}]" for name, needed in arguments),
        "description": command.short_doc,
        "slash": f"{slash} {fallback}" if fallback else slash,
        "arguments": [name for name, _ in arguments],
        "options": options,
    }
