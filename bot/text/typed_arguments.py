"""What people put around the arguments of commands that take no free text: polite and small words.

"in #talk please", "off!", "3 vs 4" and "version 3" mean what "#talk", "off", "3 4" and "3" mean.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_ON = frozenset({"on", "yes", "y", "true", "1", "enable", "enabled", "an", "ja", "si", "sí", "oui"})
_OFF = frozenset({"off", "no", "n", "false", "0", "disable", "disabled", "aus", "nein", "non"})
_ENDS = " \t\n.,;:!?…"
_POLITE = re.compile(r"\s(?:please|pls|plz|me|now|thanks|thank you|thx|bitte)$", re.IGNORECASE)
_AROUND = re.compile(r"[\"“”„«»'‘’`()\[\]{}|*\\~]")
_QUOTED = re.compile(r"[\"“„«'‘](?P<name>[^\"“”„«»'‘’]{1,100})[\"”“»'’]")
_SMALL_WORDS = "in on from to at into for of and with also the channel channels kanal chat"
_SMALL = frozenset(_SMALL_WORDS.split(" "))
_HERE = re.compile(r"(?<![\w<#])(?:#?here|this(?: channel)?)(?!\w)", re.IGNORECASE)
_MENTION = re.compile(r"<#\d{1,20}>")
_CALLED_VERSION = r"(?:version|ver\.?|no\.|nr\.?|number|#)\s{0,3}(?=v?\d)"
_FIRST_VERSION = re.compile(rf"\A\s{{0,3}}{_CALLED_VERSION}", re.IGNORECASE)
_SECOND_VERSION = re.compile(
    rf"(?P<first>\A\s{{0,3}}\S{{1,40}}\s{{1,3}}){_CALLED_VERSION}", re.IGNORECASE
)
_BETWEEN = re.compile(
    r"(?P<first>\A\s{0,3}[^\s,]{1,40})(?:\s{0,3},\s{0,3}|\s{1,3}(?:vs\.?|versus|and|with|&|\+)\s{1,3})"
    r"(?=\S)",
    re.IGNORECASE,
)


def without_polite_words(text: str, *, whole: bool) -> str:
    """Return a text without what ends a request among people: "please", a full stop.

    Args:
        whole: whether nothing may be left of it.
    """
    shorter = f" {text.strip()}".rstrip(_ENDS) if whole else text.rstrip(_ENDS)
    while (found := _POLITE.search(shorter)) is not None:
        shorter = shorter[: found.start()].rstrip(_ENDS)
    return shorter.strip()


def on_or_off(word: str) -> str:
    """Return "on" or "off" for what people write for it, another word as it is."""
    said = word.strip(_ENDS).casefold()
    if said in _ON:
        return "on"
    return "off" if said in _OFF else word


def channel_words(text: str, find: Callable[[str], str | None], here: str | None) -> str:
    """Return a text of channels without small words and marks around them.

    Args:
        find: returns the mention of the channel that has a name.
        here: the mention of the channel in which it was typed.
    """
    text = _QUOTED.sub(lambda match: find(match["name"].lstrip("#")) or match[0], text)
    if here is not None:
        text = _HERE.sub(lambda match: find(match[0].lstrip("#")) or here, text)
    words = _AROUND.sub(" ", text).split()
    kept = [word for word in words if word.casefold().strip(_ENDS) not in _SMALL or find(word)]
    return " ".join(kept)


def channels_last(text: str) -> str:
    """Return a text with the channels behind all else, as in "2% #talk" for "#talk 2%"."""
    channels = _MENTION.findall(text)
    rest = " ".join(_MENTION.sub(" ", text).split())
    return " ".join([rest, *channels]) if rest else " ".join(channels)


def version_words(text: str, *, two: bool) -> str:
    """Return a text that begins with versions, each named by one word: "3 4" for "version 3 vs 4".

    What stands behind them is left as it is.

    Args:
        two: whether it begins with two of them.
    """
    text = _FIRST_VERSION.sub("", text)
    if not two:
        return text
    return _SECOND_VERSION.sub(r"\g<first>", _BETWEEN.sub(r"\g<first> ", text))
