"""The help, in words: a list in pages, and one command with everything about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.text.discord_markup import cut

PAGE_CHARS = 700


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """What there is to know about one command.

    Attributes:
        group: which commands it belongs with.
        usage: the command with its arguments, as typed after the prefix.
        slash: its name as a slash command.
        brief: what it does, one sentence.
        options: names and meanings of what can be given, without empty meanings.
        examples: as typed after the prefix.
        needs: permissions that it needs, in words; empty: none.
    """

    name: str
    group: str
    usage: str
    slash: str
    brief: str
    options: tuple[tuple[str, str], ...] = ()
    examples: tuple[str, ...] = ()
    needs: str = ""


def pages(commands: Sequence[CommandHelp], prefix: str, note: str = "") -> list[str]:
    """Return the list of commands in pages, each a message.

    Args:
        note: stands at the end of the first page.
    """
    parts = [""]
    group = ""
    for command in commands:
        head = f"\n**{command.group}**\n" if command.group != group else ""
        line = f"`{prefix}{command.usage}` – {command.brief}\n"
        if parts[-1] and len(parts[-1]) + len(head + line) > PAGE_CHARS:
            parts.append("")
            head = f"\n**{command.group}**\n"
        parts[-1] += head + line
        group = command.group
    end = f"`{prefix}help generate` tells more of one; each is a slash command as well."
    made = []
    for number, part in enumerate(parts, 1):
        which = f" · page {number} of {len(parts)}" if len(parts) > 1 else ""
        first = f"\n{note}" if note and number == 1 else ""
        made.append(cut(f"What you can ask of me{which}\n{part}\n{end}{first}"))
    return made


def details(command: CommandHelp, prefix: str) -> str:
    """Return everything about one command."""
    lines = [f"`{prefix}{command.usage}` or `/{command.slash}`", command.brief]
    if command.needs:
        lines.append(f"For those with the permission {command.needs}.")
    lines += [f"· `{name}` {meaning}" for name, meaning in command.options]
    if command.examples:
        lines.append("For example:")
        lines += [f"`{prefix}{example}`" for example in command.examples]
    return cut("\n".join(lines))


def direct_answer(prefix: str) -> str:
    """Return what to say to a direct message that is no command."""
    return (
        "I talk like the server that I am in, so I can only talk there: mention me in one of its "
        f"channels, or type `{prefix}generate`. Here I answer `{prefix}help` and `{prefix}privacy`."
    )


def first_steps(prefix: str, missing: Sequence[str], note: str = "") -> str:
    """Return what to say on joining a server.

    Args:
        missing: permissions that the bot needs and lacks, by their names.
        note: what else is to be known.
    """
    lines = [
        "Hello! I learn how this server talks, and then talk like it. First steps:",
        f"1. `{prefix}train #channel` lets me learn from a channel's history (Manage Server).",
        f"2. `{prefix}generate` makes me say something; mention me, and I answer.",
        f"3. `/settings` shows what can be set, `{prefix}talk` when I speak unasked: not yet.",
        f"`{prefix}help` has all commands, `{prefix}about` tells what I keep of what I read.",
    ]
    if missing:
        lines.append(f"⚠️ I lack {' and '.join(missing)} in this server: please give me that.")
    if note:
        lines.append(f"⚠️ {note}")
    return cut("\n".join(lines))
