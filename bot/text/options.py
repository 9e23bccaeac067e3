"""The options of commands: what each is called, what it takes, and which was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import UserError
from bot.locales.messages import N_, Message

CLOSE = 0.6  # how alike two words are (difflib's ratio) for one to be meant by the other
# What people call options that are named otherwise here.
_OTHERWISE = {
    "n": "count num number amount times texts repeat",
    "temperature": "t heat creativity wildness randomness",
    "length": "l len size chars characters words max maxlength",
    "top_k": "k", "top_p": "p nucleus",
    "model": "version v m voice",
    "as": "style like user author member who",
    "last": "days since from after past newer",
    "max": "limit count number num messages n",
    "except": "exclude without skip not ignore",
    "column": "col field key", "format": "type fmt as", "full": "fresh reset all",
    "threads": "thread",
}  # fmt: skip


class Takes(StrEnum):
    """What is written behind an option."""

    NOTHING = "nothing"  # or yes or no
    WHOLE = N_("a whole number")
    NUMBER = N_("a number")
    SPAN = N_("a duration")
    WORD = N_("a word")
    WORDS = N_("words")  # up to the next option


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command.

    Attributes:
        least, most: the range of a number.
        choices: the words that can be written; empty: any.
        example: a value, as people write it.
        units: words that may follow a number, such as "chars".
    """

    name: str
    takes: Takes = Takes.WORD
    aliases: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    example: str = ""
    units: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The option with a value, as it can be typed."""
        return f"`--{self.name} {self.example}`" if self.example else f"`--{self.name}`"

    @property
    def allowed(self) -> Message:
        """What it takes, in words."""
        if self.choices:
            return Message(N_("one of {choices}"), {"choices": ", ".join(self.choices)})
        if self.takes is Takes.NOTHING:
            return Message(N_("nothing, or yes or no"))
        if self.least is None or self.most is None:
            return Message(self.takes.value)
        limits = {"least": _number(self.least), "most": _number(self.most)}
        if self.takes is Takes.WHOLE:
            return Message(N_("a whole number from {least} to {most}"), limits)
        return Message(N_("a number from {least} to {most}"), limits)


def _number(value: float) -> Message:
    if float(value).is_integer():
        return Message("{number:,}", {"number": int(value)})
    return Message("{number:g}", {"number": value})


def key(name: str) -> str:
    """Return a name as it is compared: top_k, top-k and TopK are one."""
    return name.casefold().replace("_", "").replace("-", "")


def close_names(name: str, known: Iterable[str], cutoff: float = CLOSE) -> list[str]:
    """Return the known name that is most like another, if one is like it."""
    return difflib.get_close_matches(key(name), list(known), n=1, cutoff=cutoff)


def _meant_by(name: str, known: Mapping[str, Option]) -> Option | None:
    """Return the option that a name was meant for: one that is called so, or spelled nearly so."""
    for option in known.values():
        if key(name) in _OTHERWISE.get(option.name, "").split():
            return option
    close = close_names(name, known)
    return known[close[0]] if close else None


def no_such_option(name: str, known: Mapping[str, Option], command: str) -> UserError:
    """Return what to say of an option that a command does not have.

    Args:
        known: those that it has, by their keys.
    """
    wrong = f"`--{name[:40]}`"
    if command:
        values = {"option": wrong, "command": command}
        option = Message(N_("{option} for `!{command}`"), values)
    else:
        option = Message("{option}", {"option": wrong})
    meant = _meant_by(name, known)
    if meant is not None:
        return UserError(
            "There is no option {option}; did you mean `--{meant}`? It takes {allowed}, as in "
            "{shown}.",
            meant=meant.name,
            allowed=meant.allowed,
            shown=meant.shown,
            option=option,
        )
    if not known:
        return UserError("There is no option {option}; it takes none.", option=option)
    names = ", ".join(dict.fromkeys(one.shown for one in known.values()))
    return UserError("There is no option {option}; it has {names}.", names=names, option=option)
