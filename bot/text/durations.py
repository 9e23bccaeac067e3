"""Spans of time, shares and numbers, as people write them."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
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
_NUMBER = r"\d{1,9}(?:[.,]\d{1,3})?"
_WORD = r"[^\W\d_]{1,9}"
_WORDS = "one two three four five six seven eight nine ten eleven twelve"
_COUNTS = {word: number for number, word in enumerate(_WORDS.split(" "), 1)}
_COUNT = rf"(?:half )?an?|{'|'.join(_COUNTS)}"
_AND = r"(?:(?:and|und|y|et|en|&|\+)\s{1,3})?"
# What a span of several words looks like, for patterns that look for one.
SPAN = rf"(?:(?:{_NUMBER}\s{{0,3}}|(?:{_COUNT}) ){_WORD}[\s,]{{0,3}}{_AND})+(?:\d{{1,2}}(?!\S))?"
_MINUTES = re.compile(r"(?<=[hH])\s?(?P<minutes>[0-5]\d)\Z")  # 1h30, as in French
_AROUND = re.compile(
    r"\A(?:for|the|last|past|in|every|each)\s{1,3}|\s{1,3}(?:ago|please|pls|long)\Z", re.IGNORECASE
)
_PART = re.compile(
    rf"(?<!\w)(?P<count>{_NUMBER}|{_COUNT}|ein(?:e[nr]?)?|un[ae]?)\s{{0,9}}(?P<unit>{_WORD})"
    rf"\.?[\s,]{{0,9}}{_AND}",
    re.IGNORECASE,
)
_JOINED = re.compile(rf"(?P<digit>\d)\s{{1,9}}(?P<unit>{_WORD}|%)(?!\w)")
_MORE = re.compile(r"(\d[^\W\d]+)(?:,|\s)\s*(?:and\s+)?(?=\d+[^\W\d]+)", re.IGNORECASE)
_AROUND_NUMBER = "<>()[]#`*|\"'“”"
# 10,000 and 10.000 and 10 000; 10k
_GROUPED = re.compile(r"\d{1,3}(?:[.,'’_\u00a0\u202f]\d{3})+")
_THOUSANDS = re.compile(
    r"(?<!\d)(?P<number>\d{1,9}(?:[.,]\d{1,3})?)\s?(?P<unit>[km])", re.IGNORECASE
)
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
    rest = text.strip(" \t\n,.!?")
    while _AROUND.search(rest) is not None:
        rest = _AROUND.sub("", rest)
    rest = _MINUTES.sub(r"\g<minutes>m", rest)
    rest = f"1 {rest}" if rest.casefold() in _SECONDS else rest  # "every hour"
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
    if count.casefold().startswith(_HALF):
        return 0.5
    return float(_COUNTS.get(count.casefold(), 1))


def age_s(text: str, now: datetime, *, least_s: int, most_s: int) -> int:
    """Return how long ago something was, in seconds: a duration, a date, "yesterday" or "today".

    Days begin at midnight in UTC.

    Raises:
        UserError: it is none, or not within the limits.
    """
    word = text.strip(" \t\n,.!?").casefold()
    days = {"today": 0, "yesterday": 1}.get(word)
    try:
        day = date.fromisoformat(word) if days is None else now.date() - timedelta(days=days)
    except ValueError:
        return span_s(text, least_s=least_s, most_s=most_s)
    seconds = (now - datetime.combine(day, time(), now.tzinfo)).total_seconds()
    return span_s(f"{max(0, round(seconds / 60))} min", least_s=least_s, most_s=most_s)


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


def read_number(value: str, *, is_whole: bool = False) -> float:
    """Return the number that was typed; of whole ones with marks between the thousands, or 10k.

    Others may be shares, as in 70%.

    Raises:
        ValueError: it is none.
    """
    value = value.strip(_AROUND_NUMBER).rstrip(".,;:!?")
    if is_whole and _GROUPED.fullmatch(value):
        return float("".join(filter(str.isdecimal, value)))
    thousands = _THOUSANDS.fullmatch(value)
    if is_whole and thousands is not None:
        factor = 1_000 if thousands["unit"] in "kK" else 1_000_000
        return round(float(thousands["number"].replace(",", ".")) * factor, 3)
    if not is_whole and value.endswith(("%", "％")):
        return round(float(value[:-1].replace(",", ".")) / 100, 6)
    return float(value.replace(",", "."))
