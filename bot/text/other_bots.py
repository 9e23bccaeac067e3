"""What was written to other bots, or by them for members: known by how it begins, and by whom."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import re2

from bot.text.linear import WORD, LinearPattern

# What most bots' commands begin with. No * and > and # and ~: those begin ordinary texts.
USUAL_PREFIXES = (
    *("!", "?", "/", "$", ".", ",", "-", "+", "=", "&", "%", ";;", ">>", "pk;", "pk!", "tul!"),
    *("a!", "b!", "c!", "d!", "g!", "h!", "k!", "m!", "o!", "p!", "r!", "s!", "t!", "u!", "w!"),
)
_SPACE = r"[\s\p{Z}]"
# The applications by which members write under other names, by their ids at Discord.
PROXIES = {"pluralkit": "466378653216014359", "tupperbox": "431544605209788416"}


@lru_cache(maxsize=256)
def command_pattern(prefixes: Sequence[str] | None) -> LinearPattern | None:
    """Return what a command to another bot looks like; None where there are no such prefixes.

    It is a prefix and a word right behind it, of two letters or more: "!8ball will it rain",
    "pk;help", "/imagine a cat", but not "!!", "...", "/s" or "$5".

    Args:
        prefixes: None: the usual ones.
    """
    known = USUAL_PREFIXES if prefixes is None else prefixes
    if not known:
        return None
    beginnings = "|".join(re2.escape(prefix) for prefix in sorted(known, key=len, reverse=True))
    return LinearPattern(
        rf"(?:{beginnings})\p{{Nd}}?\p{{L}}[{WORD}\-]+",
        before=rf"^{_SPACE}{{0,3}}",
        after=rf"(?:{_SPACE}|$)",
        ignore_case=True,
    )


def proxy_ids(names: frozenset[str]) -> frozenset[str]:
    """Return the ids that an admin's words mean; "all" stays."""
    return frozenset(PROXIES.get(name, name) for name in names)
