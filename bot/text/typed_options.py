"""Options as people type them: ``--n 3``, ``--n=3``, ``—n 3`` of phones, ``-n 3``.

One parser for all commands. It takes the options out of what was typed, checks each
against what a command has, and says in one sentence which one is wrong and what it takes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from bot.errors import UserError
from bot.text.durations import SPAN, read_number
from bot.text.options import Option, Takes, close_names, key, no_such_option

MARK = "\x02--"  # what options begin with once they are read; nobody can type it

# What phones and word processors make of --, and what keyboards of other scripts have for it.
_DASHES = (
    "\N{EM DASH}\N{EN DASH}\N{HORIZONTAL BAR}\N{MINUS SIGN}\N{HYPHEN}\N{NON-BREAKING HYPHEN}"
    "\N{FULLWIDTH HYPHEN-MINUS}\N{SMALL EM DASH}\N{SMALL HYPHEN-MINUS}\N{TWO-EM DASH}"
)
_OPTION = re.compile(
    rf"(?<!\S)(?P<dash>--+\s?|[{_DASHES}]{{1,2}}|-)(?P<name>[A-Za-z][\w-]*)(?:\s{{0,2}}[=:＝：])?"
)
# What Discord draws in another way: **--n 3**, ||--n 3||, `--n 3`
_WRAPPED = re.compile(
    rf"(?<!\S)(?P<mark>\|\||\*\*?|```|``?|~~)\s?(?P<option>(?:--|[{_DASHES}])[^|*`~\n]{{1,100}})(?P=mark)"
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
_EQUALLED = re.compile(r"(?<!\S)(?P<name>[A-Za-z][\w-]{0,30})(?==[^\s=])")
_BARE = re.compile(
    r"(?<!\S)(?:(?:with|the|and|only)\s{1,3}){0,3}(?P<name>[A-Za-z]\w{0,30})(?![\w-])"
)
_UNIT = re.compile(r"\s?(?P<unit>[^\W\d_]{1,12})(?!\w)[.,;]?")
_ATTACHED = re.compile(r"(?P<number>[\d.,]{1,30})(?P<unit>[^\W\d_]{1,12})\W{0,3}")
_AMOUNT = re.compile(r"\s{0,2}[=:]?\s{0,2}[.,]?\d")  # what follows an option that is a number
_YES = frozenset({"yes", "on", "true", "1"})
_NO = frozenset({"no", "off", "false", "0"})


_COUNTS = frozenset({Takes.WHOLE, Takes.NUMBER, Takes.SPAN})
_PATTERNS = {Takes.SPAN: _SPAN, Takes.WORDS: _WORDS}


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed: the text without options, and the options' values by their names."""

    text: str
    values: Mapping[str, str] = field(default_factory=dict)

    def canonical(self) -> str:
        """Return the same in one form: the text first, then `MARK`, name and value of each."""
        options = (f"{MARK}{name} {value}" for name, value in self.values.items())
        return " ".join([self.text, *options])


def parse(
    typed: str, options: Sequence[Option], *, command: str = "", bare: Iterable[str] = ()
) -> Typed:
    """Take the options out of what was typed behind a command.

    Args:
        command: its name, for sentences.
        bare: options that are meant without dashes as well, as in "last 3 days".

    Raises:
        UserError: there is no such option, or its value is none; it names the option, what it
            takes and an example.
    """
    known = {key(name): one for one in options for name in (one.name, *one.aliases)}
    typed = _with_dashes(typed, options, bare)
    values: dict[str, str] = {}
    text: list[str] = []
    place = 0
    while (found := _OPTION.search(typed, place)) is not None:
        text.append(typed[place : found.start()])
        option, end = _known(found, known)
        if option is None:
            if _is_meant(found, known):
                raise no_such_option(found["name"], known, command)
            text.append(found[0])
            place = found.end()
            continue
        if option.name in values:
            raise UserError("You wrote `--{name}` twice. Leave one of them out.", name=option.name)
        if _is_negated(found["name"], option):
            values[option.name], place = "no", end
        else:
            values[option.name], place = _value(option, typed, end, found[0][-1] in _JOINS)
        place += typed.startswith((",", ";"), place)  # as in a list
    text.append(typed[place:])
    rest = _SPACES.sub(" ", "".join(text)).strip() if values else typed
    return Typed("" if not rest.strip("`*|~ \n") else rest, values)


def _with_dashes(typed: str, options: Sequence[Option], bare: Iterable[str]) -> str:
    """Return what was typed with two dashes before options that have none, and no marks around.

    A name with = right behind it is one, as in "n=3".
    """
    typed = _WRAPPED.sub(r"\g<option> ", typed)
    known = {name.casefold() for one in options for name in (one.name, *one.aliases)}
    spoken = {name.casefold() for name in bare}
    typed = _EQUALLED.sub(partial(_dashed, known), typed)
    return _BARE.sub(partial(_dashed, spoken), typed) if spoken else typed


def _dashed(names: Collection[str], match: re.Match[str]) -> str:
    return f"--{match['name']}" if match["name"].casefold() in names else match[0]


def _known(found: re.Match[str], known: Mapping[str, Option]) -> tuple[Option | None, int]:
    """Return the option that is meant, and where what it takes begins: in -n3 behind the n.

    Three letters or more that only one option begins with mean that one.
    """
    name = key(found["name"])
    option = known.get(name)
    counted = _COUNTED.fullmatch(found["name"])
    if option is None and counted is not None:
        option = known.get(key(counted["name"]))
        if option is not None and option.takes in _COUNTS:
            return option, found.start("name") + len(counted["name"])
        return None, found.end()
    if option is None and name.startswith("no"):
        option = known.get(name[2:])
        option = option if option is not None and option.takes is Takes.NOTHING else None
    if option is None and len(name) >= 3 and len(found["dash"]) > 1:
        begun = {one.name: one for spelled, one in known.items() if spelled.startswith(name)}
        option = next(iter(begun.values())) if len(begun) == 1 else None
    return option, found.end()


def _is_negated(name: str, option: Option) -> bool:
    return option.takes is Takes.NOTHING and key(name) == f"no{key(option.name)}"


def _is_meant(found: re.Match[str], known: Mapping[str, Option]) -> bool:
    """Say whether an unknown word behind dashes was meant as an option.

    Behind two it was. Long dashes and short ones stand in ordinary texts as well, so there it
    must look like an option of the command, or like a letter with its number.
    """
    dash, name = found["dash"], found["name"]
    if dash.strip("-") == "" != dash[1:]:
        return True
    if dash == "-" and len(name) <= 2:
        return bool(known) and _AMOUNT.match(found.string, found.end()) is not None
    return len(name) >= 3 + (dash == "-") and bool(close_names(name, known, 0.75))


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
    end = found.end()
    if option.units:
        attached, behind = _ATTACHED.fullmatch(value), _UNIT.match(typed, end)
        if attached is not None and attached["unit"].casefold() in option.units:
            value = attached["number"]
        elif behind is not None and behind["unit"].casefold() in option.units:
            end = behind.end()
    return _checked(option, value.strip(" ,")), end


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
        number = read_number(value, is_whole=option.takes is Takes.WHOLE)
    except ValueError:
        raise wrong from None
    is_whole = number.is_integer() if option.takes is Takes.WHOLE else True
    least, most = option.least, option.most
    if not is_whole or least is None or most is None or not least <= number <= most:
        raise wrong
    return f"{int(number)}" if option.takes is Takes.WHOLE else f"{number!r}"
