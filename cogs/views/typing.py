"""What people type behind a command, brought into the one form that the commands take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

import discord
from discord.ext import commands

from bot.errors import UserError
from bot.generation.request import MIN_TEMPERATURE
from bot.text.durations import joined_spans
from bot.text.options import Option, Takes
from bot.text.typed_arguments import (
    channel_words,
    channels_last,
    on_or_off,
    version_words,
    without_polite_words,
)
from bot.text.typed_names import plain, without_unseen
from bot.text.typed_options import Typed, parse

if TYPE_CHECKING:
    from bot.app.client import TextgenBot

# What shows an option best, where its range does not say it.
EXAMPLES = {"n": "3", "temperature": "0.9", "length": "100", "top_k": "20", "top_p": "0.9"}
EXAMPLES |= {"seed": "7", "model": "memes", "as": "@ann", "last": "30d", "max": "1000"}
EXAMPLES |= {"column": "text", "format": "whatsapp", "except": "#news"}
# Where a flag's own range begins lower, because its default stands for "not set".
LEAST = {"temperature": MIN_TEMPERATURE}
UNITS = {"n": ("x",), "max": ("messages", "message", "msgs", "msg")}
UNITS |= {"length": ("chars", "char", "characters", "character", "letters")}
_SPANS = frozenset({"last"})
_LISTS = frozenset({"except"})
_SPOKEN = frozenset({"span", "rate"})  # parameters in which "6 hours" is one word
_NAMED_CHANNEL = re.compile(r"(?<![<\w])[#＃]([^\s#<>@,]{1,100})")
_CHANNEL_LINK = re.compile(
    r"<?https://(?:[a-z]{1,10}\.)?discord(?:app)?\.com/channels/\d{1,20}/(\d{1,20})(?:/\d{1,20})?>?"
)
# Several channels are named with commas between them, or with nothing.
_BEHIND_CHANNEL = re.compile(r"(<#\d{1,20}>)(?:\s{0,3}(?:[,;&+.]|and\b)){0,2}(?=\s|<#|$)\s{0,3}")
_ENDS_SENTENCE = ".;:!?)]}\"'”’`*|"
# Words for commands of a group that are safe to be taken for them: opting out undoes itself.
_SAME = {"privacy": {"opt-out": "out", "optout": "out", "opt-in": "in", "optin": "in"}}
_OPT = re.compile(r"\Aopt (?=out|in)", re.IGNORECASE)
_SETTINGS = "settings"
_OF_CHANNELS = re.compile(r"(?:channels|announce)[\s=:]", re.IGNORECASE)
_LEADING_DASHES = re.compile(r"\A\s{0,9}[-—–]{1,2}\s?(?=\w)")
_NAMES_CHANNELS = frozenset({_SETTINGS, "all"})
_VERSIONS = frozenset({"version", "first"})
_SMALL_WORDS = frozenset({"from", "in", "not"})  # which stand before a channel as well


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
    typed = without_unseen(view.buffer[view.index :])
    command, start = innermost(ctx.command, typed, 0)
    try:
        text = typed_form(command, typed[start:], ctx.guild, ctx.channel)
    except UserError as error:
        raise OptionError(error) from None
    name = command.qualified_name.removeprefix(ctx.command.qualified_name)
    view.buffer = f"{view.buffer[: view.index]}{name} {text}".rstrip()
    view.end = len(view.buffer)
    return True


def typed_form(
    command: commands.Command[Any, ..., Any], typed: str, guild: Any = None, here: Any = None
) -> str:
    """Return what was typed behind a command in its one form.

    Args:
        guild: where channels of a name are looked for.
        here: the channel in which it was typed.

    Raises:
        UserError: there is no such option, or its value is none.
    """
    if command.name == _SETTINGS:  # its names are no options, though people write them so
        typed = _LEADING_DASHES.sub(" ", typed)
    takes_channels, options = _takes_channels(command), options_of(command)
    bare = _bare(options, guild) if takes_channels else ()
    parsed = parse(typed, options, command=command.qualified_name, bare=bare)
    text, values = parsed.text.strip(), parsed.values
    if takes_channels and guild is not None:
        text = _with_channels(command, text, guild, here)
        values = {name: _mentions(guild, value) for name, value in values.items()}
    if not _takes_text(command):
        needed = [one for one in command.clean_params.values() if one.required]
        text = without_polite_words(text, whole=all(map(_has_flags, needed)))
    if not _VERSIONS.isdisjoint(command.params):
        text = version_words(text, two="second" in command.params)
    if _is_switch(command):
        first, _, rest = text.partition(" ")
        text = f"{on_or_off(first)} {rest}".strip()
    text = Typed(text, values).canonical().strip()
    return joined_spans(text) if not _SPOKEN.isdisjoint(command.params) else text


def _bare(options: Sequence[Option], guild: Any) -> list[str]:
    """Return the options that are meant without dashes too: those that are no channel's name."""
    taken = {channel.name.casefold() for channel in guild.channels} if guild is not None else ()
    names = [name for one in options for name in (one.name, *one.aliases)]
    return [name for name in names if name not in taken and name not in _SMALL_WORDS]


def _with_channels(
    command: commands.Command[Any, ..., Any], text: str, guild: discord.Guild, here: Any
) -> str:
    text = _mentions(guild, text)
    if command.name == _SETTINGS:
        return text if _OF_CHANNELS.match(text) is None else _bare_names(guild, text)
    where = here.mention if isinstance(here, discord.abc.GuildChannel | discord.Thread) else None
    text = channel_words(text, partial(_named, guild), where)
    first = next(iter(command.clean_params), "")
    return channels_last(text) if first in _SPOKEN else text


def _mentions(guild: discord.Guild, text: str) -> str:
    """Return a text with mentions of the channels that are named or linked in it."""
    text = _CHANNEL_LINK.sub(r"<#\1>", text)
    text = _NAMED_CHANNEL.sub(lambda match: _channel(guild, match), text)
    return _BEHIND_CHANNEL.sub(r"\1 ", text).strip()


def _bare_names(guild: discord.Guild, text: str) -> str:
    """Return a setting whose value is channels with mentions for their bare names."""
    name, *words = text.split()
    return " ".join([name, *(_named(guild, word.strip(",")) or word for word in words)])


def _named(guild: discord.Guild, name: str) -> str | None:
    """Return the mention of the channel that has a name, None where there is none."""
    found = _channel_of(guild, name)
    return None if found is None else found.mention


def _has_flags(parameter: commands.Parameter) -> bool:
    """Say whether a parameter is the options of a command, all of which may be left out."""
    flags = parameter.annotation
    return isinstance(flags, type) and issubclass(flags, commands.FlagConverter)


def _takes_text(command: commands.Command[Any, ..., Any]) -> bool:
    """Say whether a command takes words of any kind."""
    for parameter in command.params.values():
        if _has_flags(parameter):
            return any(flag.positional for flag in parameter.annotation.get_flags().values())
        if parameter.kind is parameter.KEYWORD_ONLY:
            return True
    return False


def _is_switch(command: commands.Command[Any, ..., Any]) -> bool:
    """Say whether a command takes on or off."""
    first = next(iter(command.clean_params.values()), None)
    if first is None:
        return False
    return first.annotation is bool or get_args(first.annotation) == ("on", "off")


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
        example = example or f"{least:g}"
        units = UNITS.get(flag.name, ())
        return Option(flag.name, takes, aliases, least, most, example=example, units=units)
    return Option(flag.name, aliases=aliases, example=example)


def innermost(
    command: commands.Command[Any, ..., Any], typed: str, place: int
) -> tuple[commands.Command[Any, ..., Any], int]:
    """Return the command of a group that was typed, and where its name ends."""
    while isinstance(command, commands.Group):
        rest = typed[place:].lstrip()
        word = next(iter(rest.split(maxsplit=1)), "")
        name = plain(word).strip(".,:;?!")
        if opt := _OPT.match(rest):
            word = rest[: opt.end()] + rest[opt.end() :].split(maxsplit=1)[0]
            name = plain(word).replace(" ", "").strip(".,:;?!")
        name = _SAME.get(command.qualified_name, {}).get(name, name)
        inner = command.all_commands.get(name)
        if inner is None:
            break
        command, place = inner, typed.index(word, place) + len(word)
    return command, place


def _takes_channels(command: commands.Command[Any, ..., Any]) -> bool:
    if command.name in _NAMES_CHANNELS:
        return True
    kinds = [parameter.annotation for parameter in command.params.values()]
    return any("Channel" in str(kind) for kind in kinds)


def _channel(guild: discord.Guild, match: re.Match[str]) -> str:
    """Return the mention of the channel that a name means, the name itself where there is none."""
    found = _channel_of(guild, match[1]) or _channel_of(guild, match[1].rstrip(_ENDS_SENTENCE))
    return match[0] if found is None else found.mention


def _channel_of(guild: discord.Guild, name: str) -> Any:
    """Return the channel or thread that has a name, None where there is none."""
    wanted = name.casefold()
    for channel in (*guild.channels, *guild.threads):
        if channel.name.casefold() == wanted and not isinstance(channel, discord.CategoryChannel):
            return channel
    return None
