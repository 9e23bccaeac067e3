"""The options of commands: what each is called, what it takes, and which was meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

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
    WHOLE = "a whole number"
    NUMBER = "a number"
    SPAN = "a duration"
    WORD = "a word"
    WORDS = "words"  # up to the next option


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
    def allowed(self) -> str:
        """What it takes, in words."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.takes is Takes.NOTHING:
            return "nothing, or yes or no"
        if self.least is None or self.most is None:
            return self.takes.value
        return f"{self.takes.value} from {_number(self.least)} to {_number(self.most)}"


def _number(value: float) -> str:
    return f"{int(value):,}" if float(value).is_integer() else f"{value:g}"


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


def no_such_option(name: str, known: Mapping[str, Option], command: str) -> str:
    """Return what to say of an option that a command does not have.

    Args:
        known: those that it has, by their keys.
    """
    of = f" for `!{command}`" if command else ""
    meant = _meant_by(name, known)
    if meant is not None:
        return (
            f"There is no option `--{name[:40]}`{of}; did you mean `--{meant.name}`? It takes "
            f"{meant.allowed}, as in {meant.shown}."
        )
    if not known:
        return f"There is no option `--{name[:40]}`{of}; it takes none."
    names = ", ".join(dict.fromkeys(option.shown for option in known.values()))
    return f"There is no option `--{name[:40]}`{of}; it has {names}."
