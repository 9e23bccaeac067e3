"""Spans of time and shares, as people write them."""

from __future__ import annotations

import re
import unicodedata
from functools import partial

from bot.errors import UserError
from bot.text.formatting import duration

# Units in English, and as people name them who type in German, Spanish, French or Dutch.
_UNITS = (
    (1, "s sec secs second seconds sek sekunde sekunden segundo segundos seconde secondes"),
    (60, "m min mins minute minutes minuten minuto minutos minuut"),
    (3600, "h hr hrs hour hours std stunde stunden hora horas heure heures uur uren"),
    (86_400, "d day days tag tage tagen dia dias día días jour jours dag dagen"),
    (604_800, "w wk wks week weeks woche wochen semana semanas semaine semaines weken"),
    # Of 30 and of 365 days.
    (2_592_000, "mo mos month months monat monate monaten mes meses mois maand maanden"),
    (31_536_000, "y yr yrs year years jahr jahre jahren año años an ans jaar"),
)
_SECONDS = {word: seconds for seconds, words in _UNITS for word in words.split()}
_NUMBER = r"\d{1,6}(?:[.,]\d{1,3})?"
_WORD = r"[^\W\d_]{1,9}"
_AND = r"(?:(?:and|und|y|et|en|&|\+)\s{1,3})?"
# What a span of several words looks like, for patterns that look for one.
SPAN = rf"(?:(?:{_NUMBER}\s{{0,3}}|(?:half )?an? ){_WORD}[\s,]{{0,3}}{_AND})+"
_PART = re.compile(
    rf"(?<!\w)(?P<count>{_NUMBER}|(?:half )?an?|ein(?:e[nr]?)?|un[ae]?)\s{{0,9}}(?P<unit>{_WORD})"
    rf"\.?[\s,]{{0,9}}{_AND}",
    re.IGNORECASE,
)
_JOINED = re.compile(rf"(?P<digit>\d)\s{{1,9}}(?P<unit>{_WORD}|%)(?!\w)")
_MORE = re.compile(r"(\d[^\W\d]+)(?:,|\s)\s*(?:and\s+)?(?=\d+[^\W\d]+)", re.IGNORECASE)
_OF_100 = frozenset({"%", "percent", "prozent"})
_HALF = "half"
_PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d{1,4})?)\s*(?:%|percent|prozent)?", re.IGNORECASE)
OFF = frozenset({"off", "no", "never", "none", "0", "0%"})


def is_off(text: str) -> bool:
    """Say whether a person means "not at all"."""
    return text.strip().casefold() in OFF


def span_s(text: str, *, least_s: int, most_s: int) -> int:
    """Return the seconds of "90m", "1.5h", "1h30m", "a week", "6 Stunden" or "1 day and 6 hours".

    Raises:
        UserError: it is none, or not within the limits.
    """
    rest = text.strip(" \t\n,.")
    total = 0.0
    while rest:
        part = _PART.match(rest)
        unit_s = _SECONDS.get(part["unit"].casefold()) if part is not None else None
        if part is None or unit_s is None:
            raise UserError(
                "I couldn't read “{text:.30}” as a duration. Try `30m`, `6h`, `1h30m` or "
                "`30 days`.",
                text=text,
            )
        total += _counted(part["count"]) * unit_s
        rest = rest[part.end() :]
    if not least_s <= total <= most_s:
        raise UserError(
            "“{text:.30}” is outside the range: choose from {least} to {most}, such as `6h`.",
            text=text,
            least=partial(duration, least_s),
            most=partial(duration, most_s),
        )
    return round(total)


def _counted(count: str) -> float:
    """Return the number of "1,5", "half an" or "a"."""
    if count[0].isdecimal():
        return float(count.replace(",", "."))
    return 0.5 if count.casefold().startswith(_HALF) else 1.0


def joined_spans(text: str) -> str:
    """Return a text in which "6 hours" and "5 %" are one word, for commands that take words."""
    return _MORE.sub(r"\1", _JOINED.sub(_as_one_word, text))


def _as_one_word(match: re.Match[str]) -> str:
    is_unit = match["unit"].casefold() in _SECONDS.keys() | _OF_100
    return match["digit"] + match["unit"] if is_unit else match[0]


def id_before(snowflake: int, seconds: float) -> int:
    """Return the greatest of Discord's ids from before the moment so long before another id's."""
    ms = (snowflake >> 22) - int(seconds * 1000)
    return max(0, (ms << 22) - 1)


def share(text: str) -> float:
    """Return the share of "2%", "0.5 %" or "off", from 0 to 1.

    Raises:
        UserError: it is none.
    """
    if is_off(text):
        return 0.0
    match = _PERCENT.fullmatch(unicodedata.normalize("NFKC", text).strip())
    percent = float(match[1].replace(",", ".")) if match else -1.0
    if not 0 <= percent <= 100:
        raise UserError(
            "I couldn't read “{text:.30}” as a share. Try `2%`; it can be 0% to 100%.", text=text
        )
    return percent / 100
