"""The help, in words: what there is to do by task, one task, and one command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.text.discord_markup import cut
from bot.text.formatting import listed


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """What there is to know about one command.

    Attributes:
        name: as typed after the prefix, with its group.
        slash: its name as a slash command.
        brief: what it does, one sentence.
        options: names and meanings of what can be given, without empty meanings.
        examples: as typed after the prefix; the first shows it best.
        needs: permissions that it needs, in words; empty: none.
    """

    name: str
    slash: str
    brief: str
    options: tuple[tuple[str, str], ...] = ()
    examples: tuple[str, ...] = ()
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """Something that people want to do.

    Attributes:
        title: its name on buttons and in headings.
        commands: the first words of its commands.
        sentences: what it is about, by the command that a person must be allowed; each begins
            with an example of that command.
    """

    title: str
    commands: tuple[str, ...]
    sentences: tuple[tuple[str, str], ...]


TOPICS = {
    "talk": Topic(
        "Talk",
        ("generate", "mix", "guess", "similar", "talk"),
        (
            ("generate", "`!generate` makes me say something. I also answer when you mention me."),
            ("talk", "`!talk` decides when I chime in by myself."),
        ),
    ),
    "teach": Topic(
        "Teach",
        ("train",),
        (("train", "`!train #channel` lets me learn from a channel, `!train file` from a file."),),
    ),
    "versions": Topic(
        "Versions",
        ("model",),
        (
            ("model", "`!model` lists what I've learned so far."),
            ("model use", "`!model use 2` goes back to an older version."),
        ),
    ),
    "privacy": Topic(
        "Privacy",
        ("privacy",),
        (("privacy", "`!privacy` shows what I hold about you; `!privacy out` opts out."),),
    ),
    "settings": Topic(
        "Settings",
        ("settings", "about", "ping", "help"),
        (
            ("settings", "`!settings` changes how I behave here."),
            ("about", "`!about` tells what I've learned here."),
        ),
    ),
}


def topic_of(command: str) -> str:
    """Return the key of the topic that a command belongs to."""
    root = command.partition(" ")[0]
    return next(key for key, topic in TOPICS.items() if root in topic.commands)


def topics_for(commands: Sequence[CommandHelp]) -> list[str]:
    """Return the keys of the topics in which there is something for a person."""
    return [key for key in TOPICS if any(topic_of(one.name) == key for one in commands)]


def overview(commands: Sequence[CommandHelp], note: str = "") -> str:
    """Return what a person can do, a line for each topic.

    Args:
        commands: those that the person may use.
        note: stands at the end.
    """
    names = {command.name for command in commands}
    lines = ["**What you can ask me**"]
    for topic in TOPICS.values():
        if told := [sentence for name, sentence in topic.sentences if name in names]:
            lines.append(f"**{topic.title}** · {' '.join(told)}")
    first = TOPICS[topics_for(commands)[0]].title.casefold() if commands else "talk"
    lines.append(
        f"-# `!help {first}` lists that topic with examples, and every command has a slash "
        "version too."
    )
    return cut("\n".join([*lines, note] if note else lines))


def topic_page(key: str, commands: Sequence[CommandHelp]) -> str:
    """Return the commands of a topic that a person may use, an example of each."""
    mine = [command for command in commands if topic_of(command.name) == key]
    return _examples_page(TOPICS[key].title, mine)


def group_page(name: str, commands: Sequence[CommandHelp]) -> str:
    """Return a group's commands that a person may use, an example of each."""
    mine = [command for command in commands if f"{command.name} ".startswith(f"{name} ")]
    return _examples_page(f"!{name}", mine)


def _examples_page(title: str, commands: Sequence[CommandHelp]) -> str:
    lines = [f"**{title}**"]
    lines += [f"`!{command.examples[0]}` · {command.brief}" for command in commands]
    longest = max(commands, key=lambda command: len(command.options))
    lines.append(f"-# `!help {longest.name}` tells more about one of them.")
    return cut("\n".join(lines))


def details(command: CommandHelp) -> str:
    """Return everything about one command."""
    lines = [f"**!{command.name}** or `/{command.slash}`", command.brief]
    if command.needs:
        lines.append(f"You need the permission {command.needs}.")
    if command.examples:
        lines.append("Examples: " + ", ".join(f"`!{example}`" for example in command.examples))
    lines += [f"· `{name}` {meaning}" for name, meaning in command.options]
    return cut("\n".join(lines))


def unknown(wanted: str, meant: str = "") -> str:
    """Tell that there is no help on something, and what was probably meant."""
    if meant:
        return (
            f"I don't know a command “{wanted}” that you can use. Did you mean `!help {meant}`? "
            "`!help` shows what there is."
        )
    return f"I don't know a command “{wanted}” that you can use. `!help` shows what there is."


def direct_answer() -> str:
    """Return what to say to a direct message that is no command."""
    return (
        "I talk like the servers I'm in, so I can only talk there: mention me in a channel, or "
        "type `!generate`. Here I only answer `!help` and `!privacy`."
    )


def first_steps(missing: Sequence[str], note: str = "") -> str:
    """Return what to say on joining a server.

    Args:
        missing: permissions that the bot needs and lacks, by their names.
        note: what else is to be known.
    """
    lines = [
        "Hi! I learn how this server talks, and then talk like it. To get started:",
        "1. `!train #channel` lets me learn from a channel (you need Manage Server).",
        "2. `!generate` makes me say something. Or mention me, and I'll answer.",
        "3. `/settings` changes my settings. I don't post on my own until you turn that on with "
        "`!talk`.",
        "`!help` shows everything I can do, and `!privacy` what I keep.",
    ]
    if missing:
        lines.append(f"⚠️ I'm missing permissions in this server: {listed(missing)}.")
    if note:
        lines.append(f"⚠️ {note}")
    return cut("\n".join(lines))
