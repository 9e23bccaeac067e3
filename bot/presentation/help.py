"""The help, in words: what there is to do by task, one task, and one command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.locales.messages import N_, Message, _, listed
from bot.text.discord_markup import cut


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
        N_("Talk"),
        ("generate", "mix", "guess", "similar", "talk"),
        (
            (
                "generate",
                N_("`!generate` makes me say something. I also answer when you mention me."),
            ),
            ("talk", N_("`!talk` decides when I chime in by myself.")),
        ),
    ),
    "teach": Topic(
        N_("Teach"),
        ("train",),
        (
            (
                "train",
                N_("`!train #channel` lets me learn from a channel, `!train file` from a file."),
            ),
        ),
    ),
    "versions": Topic(
        N_("Versions"),
        ("model",),
        (
            ("model", N_("`!model` lists what I've learned so far.")),
            ("model use", N_("`!model use 2` goes back to an older version.")),
        ),
    ),
    "privacy": Topic(
        N_("Privacy"),
        ("privacy",),
        (("privacy", N_("`!privacy` shows what I hold about you; `!privacy out` opts out.")),),
    ),
    "settings": Topic(
        N_("Settings"),
        ("settings", "about", "ping", "help"),
        (
            ("settings", N_("`!settings` changes how I behave here.")),
            ("about", N_("`!about` tells what I've learned here.")),
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
    lines = [_("**What you can ask me**")]
    for topic in TOPICS.values():
        if told := [_(sentence) for name, sentence in topic.sentences if name in names]:
            lines.append(f"**{_(topic.title)}** · {' '.join(told)}")
    first = topics_for(commands)[0] if commands else "talk"
    lines.append(
        _(
            "-# `!help {topic}` lists that topic with examples, and every command has a slash "
            "version too.",
            topic=first,
        )
    )
    return cut("\n".join([*lines, note] if note else lines))


def topic_page(key: str, commands: Sequence[CommandHelp]) -> str:
    """Return the commands of a topic that a person may use, an example of each."""
    mine = [command for command in commands if topic_of(command.name) == key]
    return _examples_page(_(TOPICS[key].title), mine)


def group_page(name: str, commands: Sequence[CommandHelp]) -> str:
    """Return a group's commands that a person may use, an example of each."""
    mine = [command for command in commands if f"{command.name} ".startswith(f"{name} ")]
    return _examples_page(f"!{name}", mine)


def _examples_page(title: str, commands: Sequence[CommandHelp]) -> str:
    lines = [f"**{title}**"]
    lines += [f"`!{command.examples[0]}` · {command.brief}" for command in commands]
    longest = max(commands, key=lambda command: len(command.options))
    lines.append(_("-# `!help {command}` tells more about one of them.", command=longest.name))
    return cut("\n".join(lines))


def details(command: CommandHelp) -> str:
    """Return everything about one command."""
    names = {"typed": command.name, "slash": command.slash}
    lines = [_("**!{typed}** or `/{slash}`", **names), command.brief]
    if command.needs:
        lines.append(_("You need the permission {permission}.", permission=command.needs))
    if command.examples:
        examples = ", ".join(f"`!{example}`" for example in command.examples)
        lines.append(_("Examples: {examples}", examples=examples))
    lines += [f"· `{name}` {meaning}" for name, meaning in command.options]
    return cut("\n".join(lines))


def unknown(wanted: str, meant: str = "") -> Message:
    """Tell that there is no help on something, and what was probably meant."""
    if meant:
        return Message(
            N_(
                "I don't know a command “{wanted}” that you can use. Did you mean "
                "`!help {meant}`? `!help` shows what there is."
            ),
            {"wanted": wanted, "meant": meant},
        )
    return Message(
        N_("I don't know a command “{wanted}” that you can use. `!help` shows what there is."),
        {"wanted": wanted},
    )


def direct_answer() -> str:
    """Return what to say to a direct message that is no command."""
    return _(
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
        _("Hi! I learn how this server talks, and then talk like it. To get started:"),
        _("1. `!train #channel` lets me learn from a channel (you need Manage Server)."),
        _("2. `!generate` makes me say something. Or mention me, and I'll answer."),
        _(
            "3. `/settings` changes my settings. I don't post on my own until you turn that on "
            "with `!talk`."
        ),
        _("`!help` shows everything I can do, and `!privacy` what I keep."),
    ]
    if missing:
        names = listed(missing)
        lines.append(
            _("⚠️ I'm missing permissions in this server: {permissions}.", permissions=names)
        )
    if note:
        lines.append(f"⚠️ {note}")
    return cut("\n".join(lines))
