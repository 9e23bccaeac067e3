"""What a person wrote for a setting, read and stored.

Each function raises ValueError for what is not allowed; `settings_form` says what is.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from bot.generation.request import MAX_TEMPERATURE, MIN_TEMPERATURE
from bot.locales.languages import named as language_named
from bot.storage.guild_settings import Learns
from bot.storage.guilds import ServerStore
from bot.text.discord_markup import ALL_WEBHOOKS
from bot.text.durations import OFF, read_number
from bot.text.other_bots import PROXIES

DEFAULTS = frozenset({"default", "reset"})
AUTO = "auto"
MAX_LISTED = 25
_YES = frozenset({"on", "yes", "true", "1"})
_BETWEEN_NAMES = re.compile(r"[\s,]+")
_ID = re.compile(r"\d{15,20}")
_CHANNEL = re.compile(r"<#(\d{1,20})>")
_MEMBER = re.compile(r"<@!?(\d{1,20})>|(?<![\d&])(\d{15,20})(?!\d)")
_NAMED_ROLE = re.compile(r"<@&(\d{1,20})>")
_NOT_IN_PREFIX = re.compile(r"[\s`\x00-\x1f]|\A[/@#<\\]")  # what Discord reads itself
_BETWEEN_WORDS = re.compile(r"[,\n]")
_ROLE = re.compile(r"<@&(\d{1,20})>|(?<!\d)(\d{15,20})(?!\d)")

Write = Callable[[ServerStore, int, str], Awaitable[None]]


def _wants_default(text: str) -> bool:
    return text.casefold() in DEFAULTS


async def write_language(store: ServerStore, guild_id: int, text: str) -> None:
    """Store a language by any of its names."""
    if _wants_default(text) or text.casefold() == AUTO:
        return await store.change(guild_id, language=None)
    code = language_named(text)
    if code is None:
        raise ValueError(text)
    await store.change(guild_id, language=code)


async def write_prefix(store: ServerStore, guild_id: int, text: str) -> None:
    """Store what commands begin with."""
    if _wants_default(text):
        return await store.change(guild_id, prefix=None)
    if not 1 <= len(text) <= 5 or _NOT_IN_PREFIX.search(text):
        raise ValueError(text)
    await store.change(guild_id, prefix=text)


async def write_temperature(store: ServerStore, guild_id: int, text: str) -> None:
    """Store a temperature."""
    if _wants_default(text):
        return await store.change(guild_id, temperature=None)
    value = read_number(text)
    if not MIN_TEMPERATURE <= value <= MAX_TEMPERATURE:
        raise ValueError(text)
    await store.change(guild_id, temperature=round(value, 2))


def switch_writer(column: str, default: str = "on") -> Write:
    """Return what stores a switch in a column."""

    async def write(store: ServerStore, guild_id: int, text: str) -> None:
        word = default if _wants_default(text) else text.casefold()
        if word not in _YES and word not in OFF:
            raise ValueError(text)
        await store.change(guild_id, **{column: int(word in _YES)})

    return write


async def write_learns(store: ServerStore, guild_id: int, text: str) -> None:
    """Store whose messages are learned."""
    learns = Learns.CHANNEL if _wants_default(text) else Learns(text.casefold())
    await store.change(guild_id, learns=learns)


async def write_channels(store: ServerStore, guild_id: int, text: str) -> None:
    """Store the only channels that are written in."""
    is_all = _means_none(text) or text.casefold() in ("all", "everywhere")
    ids = [] if is_all else [int(found) for found in _CHANNEL.findall(text)]
    is_more = not is_all and _CHANNEL.sub("", text).strip(" ,.;&+") not in ("", "and")
    if (not ids and not is_all) or is_more or len(ids) > MAX_LISTED:
        raise ValueError(text)
    await store.set_allowed(guild_id, ids)


async def write_announce(store: ServerStore, guild_id: int, text: str) -> None:
    """Store where trainings are announced."""
    ids = [] if _means_none(text) else [int(found) for found in _CHANNEL.findall(text)]
    if len(ids) != 1 and not _means_none(text):
        raise ValueError(text)
    await store.change(guild_id, announce_channel_id=ids[0] if ids else None)


async def write_roles(store: ServerStore, guild_id: int, text: str) -> None:
    """Store who may train."""
    ids = [] if _means_none(text) else [int(a or b) for a, b in _ROLE.findall(text)]
    if (not ids and not _means_none(text)) or len(ids) > MAX_LISTED:
        raise ValueError(text)
    await store.set_training_roles(guild_id, ids)


async def write_words(store: ServerStore, guild_id: int, text: str) -> None:
    """Store what is never written: all of it, or +more, or -less."""
    if _means_none(text):
        return await store.set_phrases(guild_id, ())
    known = (await store.of(guild_id)).phrases
    given = [
        phrase.strip() for phrase in _BETWEEN_WORDS.split(text[1:] if text[:1] in "+-" else text)
    ]
    if text.startswith("+"):
        given = [*known, *given]
    elif text.startswith("-"):
        gone = {phrase.casefold() for phrase in given}
        given = [phrase for phrase in known if phrase.casefold() not in gone]
    await store.set_phrases(guild_id, given)


async def write_proxies(store: ServerStore, guild_id: int, text: str) -> None:
    """Store the apps that members write through."""
    names = [] if _means_none(text) else _BETWEEN_NAMES.split(text.casefold())
    known = {*PROXIES, ALL_WEBHOOKS}
    if any(name not in known and not _ID.fullmatch(name) for name in names):
        raise ValueError(text)
    await store.change(guild_id, proxies="\n".join(sorted(set(names))))


async def write_other_prefixes(store: ServerStore, guild_id: int, text: str) -> None:
    """Store the prefixes of other bots."""
    if _wants_default(text):
        return await store.change(guild_id, other_prefixes=None)
    given = [] if _means_none(text) else text.split()
    if len(given) > MAX_LISTED or any(len(prefix) > 10 for prefix in given):
        raise ValueError(text)
    await store.change(guild_id, other_prefixes=" ".join(given))


async def write_left_out(store: ServerStore, guild_id: int, text: str) -> None:
    """Store whom nothing is learned of."""
    roles = [int(found) for found in _NAMED_ROLE.findall(text)]
    members = [int(a or b) for a, b in _MEMBER.findall(text)]
    if (not (roles or members) and not _means_none(text)) or len(roles + members) > MAX_LISTED:
        raise ValueError(text)
    await store.set_left_out(guild_id, members, roles)


def _means_none(text: str) -> bool:
    return _wants_default(text) or text.casefold() in OFF
