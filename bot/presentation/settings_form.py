"""What a server can set by name, as people write it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from bot.errors import UserError
from bot.generation.request import MAX_TEMPERATURE, MIN_TEMPERATURE
from bot.storage.guild_settings import Learns, ServerSettings
from bot.storage.guilds import ServerStore
from bot.text.discord_markup import ALL_WEBHOOKS, defuse_mentions
from bot.text.durations import OFF, read_number
from bot.text.other_bots import PROXIES, USUAL_PREFIXES

DEFAULTS = frozenset({"default", "reset"})
MAX_LISTED = 25
_YES = frozenset({"on", "yes", "true", "1"})
_BETWEEN_NAMES = re.compile(r"[\s,]+")
_ID = re.compile(r"\d{15,20}")
_CHANNEL = re.compile(r"<#(\d{1,20})>")
_MEMBER = re.compile(r"<@!?(\d{1,20})>|(?<![\d&])(\d{15,20})(?!\d)")
_NAMED_ROLE = re.compile(r"<@&(\d{1,20})>")
_NOT_IN_PREFIX = re.compile(r"[\s`\x00-\x1f]|\A[/@#<\\]")  # what Discord reads itself
_BEHIND_NAME = re.compile(r"\A\s{0,3}(?:[=:]|to\s)", re.IGNORECASE)
_QUOTES = {'"': '"', "“": "”", "„": "“", "'": "'", "‘": "’", "`": "`", "«": "»"}
_BETWEEN_WORDS = re.compile(r"[,\n]")
_ROLE = re.compile(r"<@&(\d{1,20})>|(?<!\d)(\d{15,20})(?!\d)")

Write = Callable[[ServerStore, int, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Field:
    """One setting.

    Attributes:
        meaning: what it is for, one line.
        allowed: what can be written, with an example.
        write: stores what a person wrote; raises UserError for what is not allowed.
    """

    meaning: str
    allowed: str
    write: Write


def setting_and_value(typed: str) -> tuple[str, str]:
    """Return the name of a setting and what it shall be, however they were typed.

    "leave out @ann", "Leave_Out: @ann" and "temperature = 0.9" are understood.
    """
    words = typed.replace("_", "-").split(maxsplit=1)
    for name in sorted(FIELDS, key=len, reverse=True):
        for spelled in (name, name.replace("-", " "), name.replace("-", "")):
            rest = typed[len(spelled) :]
            same = typed[: len(spelled)].casefold().replace("_", "-") == spelled
            if same and not rest[:1].isalnum():
                value = _BEHIND_NAME.sub("", rest).strip() or rest.strip()
                return name, _unquoted(value)
    first = words[0].casefold() if words else ""
    return first.rstrip("=:"), words[1].strip() if len(words) > 1 else ""


def _unquoted(value: str) -> str:
    """Return a value without quotation marks around all of it."""
    closing = _QUOTES.get(value[:1])
    if closing is None or len(value) < 3 or not value.endswith((closing, "”", "“")):
        return value
    return value[1:-1].strip()


async def set_field(store: ServerStore, guild_id: int, name: str, text: str) -> None:
    """Set one of `FIELDS` to what a person wrote.

    Raises:
        UserError: there is no such setting, or the text is not allowed for it.
    """
    name = name.strip().casefold()
    field = FIELDS.get(name)
    if field is None:
        begun = [known for known in FIELDS if len(name) >= 3 and known.startswith(name)]
        close = begun[:1] or get_close_matches(name, [*FIELDS], n=1)
        meant = f"Did you mean `{close[0]}`? There are" if close else "Choose one of"
        raise UserError(
            f"There is no setting “{defuse_mentions(name):.40}”. {meant} {', '.join(FIELDS)}."
        )
    try:
        await field.write(store, guild_id, text.strip())
    except ValueError:
        raise UserError(
            f"“{defuse_mentions(text):.40}” doesn't work for `{name}`. It can be {field.allowed}."
        ) from None


def _wants_default(text: str) -> bool:
    return text.casefold() in DEFAULTS


async def _prefix(store: ServerStore, guild_id: int, text: str) -> None:
    if _wants_default(text):
        return await store.change(guild_id, prefix=None)
    if not 1 <= len(text) <= 5 or _NOT_IN_PREFIX.search(text):
        raise ValueError(text)
    await store.change(guild_id, prefix=text)


async def _temperature(store: ServerStore, guild_id: int, text: str) -> None:
    if _wants_default(text):
        return await store.change(guild_id, temperature=None)
    value = read_number(text)
    if not MIN_TEMPERATURE <= value <= MAX_TEMPERATURE:
        raise ValueError(text)
    await store.change(guild_id, temperature=round(value, 2))


def _switch(column: str, default: str = "on") -> Write:
    async def write(store: ServerStore, guild_id: int, text: str) -> None:
        word = default if _wants_default(text) else text.casefold()
        if word not in _YES and word not in OFF:
            raise ValueError(text)
        await store.change(guild_id, **{column: int(word in _YES)})

    return write


async def _learns(store: ServerStore, guild_id: int, text: str) -> None:
    learns = Learns.CHANNEL if _wants_default(text) else Learns(text.casefold())
    await store.change(guild_id, learns=learns)


async def _channels(store: ServerStore, guild_id: int, text: str) -> None:
    is_all = _means_none(text) or text.casefold() in ("all", "everywhere")
    ids = [] if is_all else [int(found) for found in _CHANNEL.findall(text)]
    is_more = not is_all and _CHANNEL.sub("", text).strip(" ,.;&+") not in ("", "and")
    if (not ids and not is_all) or is_more or len(ids) > MAX_LISTED:
        raise ValueError(text)
    await store.set_allowed(guild_id, ids)


async def _announce(store: ServerStore, guild_id: int, text: str) -> None:
    ids = [] if _means_none(text) else [int(found) for found in _CHANNEL.findall(text)]
    if len(ids) != 1 and not _means_none(text):
        raise ValueError(text)
    await store.change(guild_id, announce_channel_id=ids[0] if ids else None)


async def _roles(store: ServerStore, guild_id: int, text: str) -> None:
    ids = [] if _means_none(text) else [int(a or b) for a, b in _ROLE.findall(text)]
    if (not ids and not _means_none(text)) or len(ids) > MAX_LISTED:
        raise ValueError(text)
    await store.set_training_roles(guild_id, ids)


async def _words(store: ServerStore, guild_id: int, text: str) -> None:
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


async def _proxies(store: ServerStore, guild_id: int, text: str) -> None:
    names = [] if _means_none(text) else _BETWEEN_NAMES.split(text.casefold())
    known = {*PROXIES, ALL_WEBHOOKS}
    if any(name not in known and not _ID.fullmatch(name) for name in names):
        raise ValueError(text)
    await store.change(guild_id, proxies="\n".join(sorted(set(names))))


async def _other_prefixes(store: ServerStore, guild_id: int, text: str) -> None:
    if _wants_default(text):
        return await store.change(guild_id, other_prefixes=None)
    given = [] if _means_none(text) else text.split()
    if len(given) > MAX_LISTED or any(len(prefix) > 10 for prefix in given):
        raise ValueError(text)
    await store.change(guild_id, other_prefixes=" ".join(given))


async def _left_out(store: ServerStore, guild_id: int, text: str) -> None:
    roles = [int(found) for found in _NAMED_ROLE.findall(text)]
    members = [int(a or b) for a, b in _MEMBER.findall(text)]
    if (not (roles or members) and not _means_none(text)) or len(roles + members) > MAX_LISTED:
        raise ValueError(text)
    await store.set_left_out(guild_id, members, roles)


def _means_none(text: str) -> bool:
    return _wants_default(text) or text.casefold() in OFF


FIELDS: Mapping[str, Field] = {
    "prefix": Field(
        "what typed commands start with",
        "1 to 5 characters such as ? or bot!, but not / @ # < at the beginning, or default",
        _prefix,
    ),
    "temperature": Field(
        "how wild my texts are",
        f"a number from {MIN_TEMPERATURE} to {MAX_TEMPERATURE:.0f}, or default",
        _temperature,
    ),
    "channels": Field(
        "the only channels I write in", "channels such as #general #fun, or none for all", _channels
    ),
    "roles": Field(
        "who may train me, besides Manage Server", "roles such as @Crew, or none", _roles
    ),
    "nsfw": Field(
        "keep what I learned in NSFW channels in NSFW channels", "on or off", _switch("nsfw_rule")
    ),
    "hidden": Field(
        "keep what I learned in hidden channels among those who can read them",
        "on or off",
        _switch("hidden_rule"),
    ),
    "listens": Field("take up what was just said where I write", "on or off", _switch("listens")),
    "learns": Field(
        "whose messages I may learn from",
        "channel (everyone who hasn't opted out), opt-in (only members who agreed) or files (I "
        "don't read channels)",
        _learns,
    ),
    "leave-out": Field(
        "members and roles I never learn from",
        "members and roles such as @ann @Crew, or none",
        _left_out,
    ),
    "proxies": Field(
        "apps that members write through, such as PluralKit",
        "pluralkit, tupperbox, a webhook's or an app's id, all, or none",
        _proxies,
    ),
    "bots": Field(
        "prefixes of other bots, whose commands I skip",
        "prefixes such as ? pk; /, or default, or none",
        _other_prefixes,
    ),
    "notice": Field("tell channels when I learn from them", "on or off", _switch("notice", "off")),
    "answers": Field("answer when mentioned or replied to", "on or off", _switch("answers")),
    "announce": Field(
        "where I also announce finished trainings", "a channel such as #news, or none", _announce
    ),
    "words": Field(
        "words I never write (`cat*`: everything starting with cat)",
        "a list with commas; +word adds one, -word removes one; none clears it",
        _words,
    ),
    "spoilers": Field(
        "write those words behind spoilers instead", "on or off", _switch("spoilers", "off")
    ),
}


def _shown_prefixes(settings: ServerSettings) -> tuple[str, ...]:
    own = settings.other_prefixes
    return USUAL_PREFIXES if own is None else own or ("none",)


def shown_field(name: str, settings: ServerSettings, prefix: str, temperature: float) -> str:
    """Return the present value of one of `FIELDS`.

    Args:
        prefix, temperature: what holds where a server has set nothing.
    """

    def switch(is_on: bool) -> str:
        return "on" if is_on else "off"

    def listed(ids: frozenset[int], mark: str, none: str) -> str:
        return " ".join(f"<{mark}{found}>" for found in sorted(ids)) or none

    announce = settings.announce_channel_id
    values = {
        "prefix": f"`{settings.prefix or prefix}`",
        "temperature": f"{settings.temperature or temperature:g}",
        "channels": listed(settings.allowed, "#", "all"),
        "roles": listed(settings.training_roles, "@&", "none"),
        "nsfw": switch(settings.nsfw_rule),
        "hidden": switch(settings.hidden_rule),
        "listens": switch(settings.listens),
        "learns": settings.learns.value,
        "leave-out": " ".join(
            filter(
                None,
                (
                    listed(settings.left_out_members, "@", ""),
                    listed(settings.left_out_roles, "@&", ""),
                ),
            )
        )
        or "nobody",
        "proxies": " ".join(sorted(settings.proxies)) or "none",
        "bots": "`" + " ".join(_shown_prefixes(settings)) + "`",
        "notice": switch(settings.notice),
        "answers": switch(settings.answers),
        "announce": f"<#{announce}>" if announce else "nowhere",
        "words": f"{len(settings.phrases)} banned" if settings.phrases else "none",
        "spoilers": switch(settings.spoilers),
    }
    return values[name]
