"""What people type behind a command, brought into the one form that the commands take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import discord
from discord.ext import commands

from bot.errors import UserError
from bot.generation.request import MIN_TEMPERATURE
from bot.text.durations import joined_spans
from bot.text.typed_options import Option, Takes, parse

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

# What shows an option best, where its range does not say it.
EXAMPLES = {"n": "3", "temperature": "0.9", "length": "100", "top_k": "20", "top_p": "0.9"}
EXAMPLES |= {"seed": "7", "model": "memes", "as": "@ann", "last": "30d", "max": "1000"}
EXAMPLES |= {"column": "text", "format": "whatsapp", "except": "#news"}
# Where a flag's own range begins lower, because its default stands for "not set".
LEAST = {"temperature": MIN_TEMPERATURE}
_SPANS = frozenset({"last"})
_LISTS = frozenset({"except"})
_SPOKEN = frozenset({"span", "rate"})  # parameters in which "6 hours" is one word
_NAMED_CHANNEL = re.compile(r"(?<![<\w])[#＃]([^\s#<>@,]{1,100})")
_CHANNEL_LINK = re.compile(
    r"<?https://(?:[a-z]{1,10}\.)?discord(?:app)?\.com/channels/\d{1,20}/(\d{1,20})(?:/\d{1,20})?>?"
)
# Several channels are named with commas between them, or with nothing.
_BEHIND_CHANNEL = re.compile(r"(<#\d{1,20}>)(?:\s{0,3}(?:[,;&+.]|and\b)){0,2}(?=\s|<#|$)\s{0,3}")
_ENDS_SENTENCE = ".;:!?)"
_NAMES_CHANNELS = frozenset({"settings", "all"})


class OptionError(commands.UserInputError):
    """An option that a command does not have, or not with that value.

    Attributes:
        said: the sentence, as of the refusal.
    """

    def __init__(self, refusal: UserError) -> None:
        super().__init__(str(refusal))
        self.said = refusal.said


async def tidy(ctx: commands.Context[TextgenBot]) -> bool:
    """Bring what was typed behind a command into one form, before its arguments are read.

    A check that is asked once a command; it lets everything pass that it understands.

    Raises:
        OptionError: there is no such option, or its value is none.
    """
    if ctx.interaction is not None or ctx.command is None:
        return True
    view = ctx.view
    command, start = innermost(ctx.command, view.buffer, view.index)
    typed = view.buffer[start:]
    try:
        text = typed_form(command, typed, ctx.guild)
    except UserError as error:
        raise OptionError(error) from None
    view.buffer = f"{view.buffer[:start]} {text}" if text else view.buffer[:start]
    view.end = len(view.buffer)
    return True


def typed_form(command: commands.Command[Any, ..., Any], typed: str, guild: Any = None) -> str:
    """Return what was typed behind a command in its one form.

    Args:
        guild: where channels of a name are looked for.

    Raises:
        UserError: there is no such option, or its value is none.
    """
    parsed = parse(typed, options_of(command), command=command.qualified_name)
    text = parsed.canonical().strip()
    if guild is not None and _takes_channels(command):
        text = _CHANNEL_LINK.sub(r"<#\1>", text)
        text = _NAMED_CHANNEL.sub(lambda match: _channel(guild, match), text)
        text = _BEHIND_CHANNEL.sub(r"\1 ", text).strip()
    if not _SPOKEN.isdisjoint(command.params):
        text = joined_spans(text)
    return text


def options_of(command: commands.Command[Any, ..., Any]) -> list[Option]:
    """Return the options of a command."""
    for parameter in command.params.values():
        flags = parameter.annotation
        if isinstance(flags, type) and issubclass(flags, commands.FlagConverter):
            return [_option(flag) for flag in flags.get_flags().values() if not flag.positional]
    return []


def _option(flag: commands.Flag) -> Option:
    kind: Any = flag.annotation
    aliases = tuple(flag.aliases)
    example = EXAMPLES.get(flag.name, "")
    if kind is bool:
        return Option(flag.name, Takes.NOTHING, aliases)
    if flag.name in _SPANS | _LISTS:
        takes = Takes.SPAN if flag.name in _SPANS else Takes.WORDS
        return Option(flag.name, takes, aliases, example=example)
    if get_origin(kind) is Literal:
        return Option(flag.name, aliases=aliases, choices=get_args(kind), example=example)
    inner, least, most = (getattr(kind, name, None) for name in ("annotation", "min", "max"))
    least = LEAST.get(flag.name, least)
    if inner in (int, float):
        takes = Takes.WHOLE if inner is int else Takes.NUMBER
        return Option(flag.name, takes, aliases, least, most, example=example or f"{least:g}")
    return Option(flag.name, aliases=aliases, example=example)


def innermost(
    command: commands.Command[Any, ..., Any], typed: str, place: int
) -> tuple[commands.Command[Any, ..., Any], int]:
    """Return the command of a group that was typed, and where its name ends."""
    while isinstance(command, commands.Group):
        name = next(iter(typed[place:].split(maxsplit=1)), "")
        inner = command.all_commands.get(name)
        if inner is None:
            break
        command, place = inner, typed.index(name, place) + len(name)
    return command, place


def _takes_channels(command: commands.Command[Any, ..., Any]) -> bool:
    if command.name in _NAMES_CHANNELS:
        return True
    kinds = [parameter.annotation for parameter in command.params.values()]
    return any("Channel" in str(kind) for kind in kinds)


def _channel(guild: discord.Guild, match: re.Match[str]) -> str:
    """Return the mention of the channel that a name means, the name itself where there is none."""
    name = match[1].casefold()
    channels = [*guild.channels, *guild.threads]
    for wanted in (name, name.rstrip(_ENDS_SENTENCE)):
        for channel in channels:
            if channel.name.casefold() == wanted and not isinstance(
                channel, discord.CategoryChannel
            ):
                return channel.mention
    return match[0]
