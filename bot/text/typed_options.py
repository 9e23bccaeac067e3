"""Options as people type them: ``--n 3``, ``--n=3``, ``—n 3`` of phones, ``-n 3``.

One parser for all commands. It takes the options out of what was typed, checks each
against what a command has, and says in one sentence which one is wrong and what it takes.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.errors import UserError
from bot.locales.messages import N_, Message
from bot.text.durations import SPAN

CLOSE = 0.6  # how alike two words are (difflib's ratio) for one to be meant by the other

# What phones and word processors make of --, and what keyboards of other scripts have for it.
_DASHES = (
    "\N{EM DASH}\N{EN DASH}\N{HORIZONTAL BAR}\N{MINUS SIGN}\N{HYPHEN}\N{NON-BREAKING HYPHEN}"
    "\N{FULLWIDTH HYPHEN-MINUS}\N{SMALL EM DASH}\N{SMALL HYPHEN-MINUS}\N{TWO-EM DASH}"
)
_OPTION = re.compile(
    rf"(?<!\S)(?P<dash>--+\s?|[{_DASHES}]{{1,2}}|-)(?P<name>[A-Za-z][\w-]*)(?:\s{{0,2}}[=:＝：])?"
)
_COUNTED = re.compile(r"(?<![\w-])(?P<name>[A-Za-z_-]{1,20})(?P<count>\d{1,9})")  # -n3
# What an option takes begins right behind it: nothing is looked for from within white space.
_WORD = re.compile(
    r"(?<!\s)\s*(?:[\"“„”«](?P<quoted>[^\"“”„«»]*)[\"”“»]|['‘](?P<single>[^'‘’]*)['’](?!\w)"
    r"|(?P<word>\S+))"
)
_SPAN = re.compile(
    rf"(?<!\s)\s*(?:[\"“„'‘](?P<quoted>[^\"“”„'‘’]*)[\"”“'’]|(?P<span>{SPAN}|\S+))", re.IGNORECASE
)
_WORDS = re.compile(rf"(?<!\s)\s*(?P<words>\S+(?:\s+(?!--|[{_DASHES}])\S+)*)")
_SPACES = re.compile(" {2,}")
_JOINS = "=:＝："
# 10,000 and 10.000 and 10 000; 10k
_GROUPED = re.compile(r"\d{1,3}(?:[.,'’_\u00a0\u202f]\d{3})+")
_THOUSANDS = re.compile(
    r"(?<!\d)(?P<number>\d{1,9}(?:[.,]\d{1,3})?)\s?(?P<unit>[km])", re.IGNORECASE
)
_YES = frozenset({"yes", "on", "true", "1"})
_NO = frozenset({"no", "off", "false", "0"})


class Takes(StrEnum):
    """What is written behind an option."""

    NOTHING = "nothing"  # or yes or no
    WHOLE = N_("a whole number")
    NUMBER = N_("a number")
    SPAN = N_("a duration")
    WORD = N_("a word")
    WORDS = N_("words")  # up to the next option


_COUNTS = frozenset({Takes.WHOLE, Takes.NUMBER, Takes.SPAN})
_PATTERNS = {Takes.SPAN: _SPAN, Takes.WORDS: _WORDS}


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a command.

    Attributes:
        least, most: the range of a number.
        choices: the words that can be written; empty: any.
        example: a value, as people write it.
    """

    name: str
    takes: Takes = Takes.WORD
    aliases: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    example: str = ""

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


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed: the text without options, and the options' values by their names."""

    text: str
    values: Mapping[str, str] = field(default_factory=dict)

    def canonical(self) -> str:
        """Return the same in one form: the text first, then ``--name value``."""
        return " ".join([self.text, *(f"--{name} {value}" for name, value in self.values.items())])


def parse(typed: str, options: Sequence[Option], *, command: str = "") -> Typed:
    """Take the options out of what was typed behind a command.

    Args:
        command: its name, for sentences.

    Raises:
        UserError: there is no such option, or its value is none; it names the option, what it
            takes and an example.
    """
    known = {_key(name): one for one in options for name in (one.name, *one.aliases)}
    values: dict[str, str] = {}
    text: list[str] = []
    place = 0
    while (found := _OPTION.search(typed, place)) is not None:
        text.append(typed[place : found.start()])
        option, end = _known(found, known)
        if option is None:
            if found["dash"].strip("-") == "" != found["dash"][1:] or _is_slip(found, known):
                raise _no_such(found["name"], known, command)
            text.append(found[0])
            place = found.end()
            continue
        if option.name in values:
            raise UserError("You wrote `--{name}` twice. Leave one of them out.", name=option.name)
        values[option.name], place = _value(option, typed, end, found[0][-1] in _JOINS)
        place += typed.startswith((",", ";"), place)  # as in a list
    text.append(typed[place:])
    rest = _SPACES.sub(" ", "".join(text)).strip() if values else typed
    return Typed(rest, values)


def _key(name: str) -> str:
    """Return a name as it is compared: top_k, top-k and TopK are one."""
    return name.casefold().replace("_", "").replace("-", "")


def _known(found: re.Match[str], known: Mapping[str, Option]) -> tuple[Option | None, int]:
    """Return the option that is meant, and where what it takes begins: in -n3 behind the n."""
    option = known.get(_key(found["name"]))
    counted = _COUNTED.fullmatch(found["name"])
    if option is None and counted is not None:
        option = known.get(_key(counted["name"]))
        if option is not None and option.takes in _COUNTS:
            return option, found.start("name") + len(counted["name"])
        return None, found.end()
    return option, found.end()


def _is_slip(found: re.Match[str], known: Mapping[str, Option]) -> bool:
    """Say whether a word behind a long dash is an option that was misspelled.

    Such dashes stand in ordinary texts as well, as does a short one.
    """
    if found["dash"] == "-" or len(found["name"]) < 3:
        return False
    return bool(_close(found["name"], known, 0.75))


def _close(name: str, known: Iterable[str], cutoff: float = CLOSE) -> list[str]:
    return difflib.get_close_matches(_key(name), list(known), n=1, cutoff=cutoff)


def _no_such(name: str, known: Mapping[str, Option], command: str) -> UserError:
    wrong = f"`--{name[:40]}`"
    if command:
        known_as = {"option": wrong, "command": command}
        option = Message(N_("{option} for `!{command}`"), known_as)
    else:
        option = Message("{option}", {"option": wrong})
    close = _close(name, known)
    if close:
        meant = known[close[0]]
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
    names = ", ".join(f"`--{one}`" for one in dict.fromkeys(o.name for o in known.values()))
    return UserError("There is no option {option}; it has {names}.", names=names, option=option)


def _value(option: Option, typed: str, place: int, is_joined: bool) -> tuple[str, int]:
    """Return an option's value in its one form, and where it ends."""
    if option.takes is Takes.NOTHING:
        return _switch(option, typed, place, is_joined)
    pattern = _PATTERNS.get(option.takes, _WORD)
    found = pattern.match(typed, place)
    if found is None or _OPTION.match(found[0].lstrip()):
        raise UserError(
            "`--{name}` needs a value: {allowed}, as in {shown}.",
            name=option.name,
            allowed=option.allowed,
            shown=option.shown,
        )
    groups = found.groupdict()
    value = next(text for text in groups.values() if text is not None)
    return _checked(option, value.strip(" ,")), found.end()


def _switch(option: Option, typed: str, place: int, is_joined: bool) -> tuple[str, int]:
    found = _WORD.match(typed, place)
    word = (found["word"] or "").casefold() if found is not None else ""
    if found is not None and word in _YES | _NO:
        return ("yes" if word in _YES else "no"), found.end()
    if is_joined:
        raise UserError(
            "`--{name}` takes {allowed}, as in {shown}.",
            name=option.name,
            allowed=option.allowed,
            shown=option.shown,
        )
    return "yes", place


def _checked(option: Option, value: str) -> str:
    wrong = UserError(
        "`--{name}` takes {allowed}, as in {shown}; I got “{value}”.",
        name=option.name,
        allowed=option.allowed,
        shown=option.shown,
        value=value[:40],
    )
    if option.choices:
        found = [choice for choice in option.choices if choice.casefold() == value.casefold()]
        if not found:
            raise wrong
        return found[0]
    if option.takes not in (Takes.WHOLE, Takes.NUMBER):
        return value
    try:
        number = _read_number(value, is_whole=option.takes is Takes.WHOLE)
    except ValueError:
        raise wrong from None
    is_whole = number.is_integer() if option.takes is Takes.WHOLE else True
    least, most = option.least, option.most
    if not is_whole or least is None or most is None or not least <= number <= most:
        raise wrong
    return f"{int(number)}" if option.takes is Takes.WHOLE else f"{number!r}"


def _read_number(value: str, *, is_whole: bool) -> float:
    """Return the number that was typed; of whole ones with marks between the thousands, or 10k.

    Raises:
        ValueError: it is none.
    """
    if is_whole and _GROUPED.fullmatch(value):
        return float("".join(filter(str.isdecimal, value)))
    thousands = _THOUSANDS.fullmatch(value)
    if is_whole and thousands is not None:
        factor = 1_000 if thousands["unit"] in "kK" else 1_000_000
        return round(float(thousands["number"].replace(",", ".")) * factor, 3)
    return float(value.replace(",", "."))
