"""What a server can set by name, as people write it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from bot.errors import UserError
from bot.generation.request import MAX_TEMPERATURE, MIN_TEMPERATURE
from bot.locales.languages import LANGUAGES
from bot.locales.messages import N_, Message, _, ngettext
from bot.presentation.settings_values import (
    AUTO,
    Write,
    switch_writer,
    write_announce,
    write_channels,
    write_language,
    write_learns,
    write_left_out,
    write_other_prefixes,
    write_prefix,
    write_proxies,
    write_roles,
    write_temperature,
    write_words,
)
from bot.storage.guild_settings import ServerSettings
from bot.storage.guilds import ServerStore
from bot.text.discord_markup import defuse_mentions
from bot.text.other_bots import USUAL_PREFIXES

_BEHIND_NAME = re.compile(r"\A\s{0,3}(?:[=:]|to\s)", re.IGNORECASE)
_QUOTES = {'"': '"', "“": "”", "„": "“", "'": "'", "‘": "’", "`": "`", "«": "»"}


@dataclass(frozen=True, slots=True)
class Field:
    """One setting.

    Attributes:
        meaning: what it is for, one line.
        allowed: what can be written, with an example.
        write: stores what a person wrote; raises UserError for what is not allowed.
    """

    meaning: str
    allowed: Message
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
        values = {"name": defuse_mentions(name), "settings": ", ".join(FIELDS)}
        if close:
            raise UserError(
                "There is no setting “{name:.40}”. Did you mean `{meant}`? There are {settings}.",
                meant=close[0],
                **values,
            )
        raise UserError("There is no setting “{name:.40}”. Choose one of {settings}.", **values)
    try:
        await field.write(store, guild_id, text.strip())
    except ValueError:
        raise UserError(
            "“{text:.40}” doesn't work for `{name}`. It can be {allowed}.",
            text=defuse_mentions(text),
            name=name,
            allowed=field.allowed,
        ) from None


_ON_OFF = Message(N_("on or off"))
FIELDS: Mapping[str, Field] = {
    "prefix": Field(
        N_("what typed commands start with"),
        Message(
            N_("1 to 5 characters such as ? or bot!, but not / @ # < at the beginning, or default")
        ),
        write_prefix,
    ),
    "temperature": Field(
        N_("how wild my texts are"),
        Message(
            N_("a number from {least:g} to {most:g}, or default"),
            {"least": MIN_TEMPERATURE, "most": MAX_TEMPERATURE},
        ),
        write_temperature,
    ),
    "channels": Field(
        N_("the only channels I write in"),
        Message(N_("channels such as #general #fun, or none for all")),
        write_channels,
    ),
    "roles": Field(
        N_("who may train me, besides Manage Server"),
        Message(N_("roles such as @Crew, or none")),
        write_roles,
    ),
    "nsfw": Field(
        N_("keep what I learned in NSFW channels in NSFW channels"),
        _ON_OFF,
        switch_writer("nsfw_rule"),
    ),
    "hidden": Field(
        N_("keep what I learned in hidden channels among those who can read them"),
        _ON_OFF,
        switch_writer("hidden_rule"),
    ),
    "listens": Field(
        N_("take up what was just said where I write"),
        _ON_OFF,
        switch_writer("listens"),
    ),
    "learns": Field(
        N_("whose messages I may learn from"),
        Message(
            N_(
                "channel (everyone who hasn't opted out), opt-in (only members who agreed) "
                "or files (I don't read channels)"
            )
        ),
        write_learns,
    ),
    "leave-out": Field(
        N_("members and roles I never learn from"),
        Message(N_("members and roles such as @ann @Crew, or none")),
        write_left_out,
    ),
    "proxies": Field(
        N_("apps that members write through, such as PluralKit"),
        Message(N_("pluralkit, tupperbox, a webhook's or an app's id, all, or none")),
        write_proxies,
    ),
    "bots": Field(
        N_("prefixes of other bots, whose commands I skip"),
        Message(N_("prefixes such as ? pk; /, or default, or none")),
        write_other_prefixes,
    ),
    "notice": Field(
        N_("tell channels when I learn from them"),
        _ON_OFF,
        switch_writer("notice", "off"),
    ),
    "answers": Field(
        N_("answer when mentioned or replied to"),
        _ON_OFF,
        switch_writer("answers"),
    ),
    "announce": Field(
        N_("where I also announce finished trainings"),
        Message(N_("a channel such as #news, or none")),
        write_announce,
    ),
    "words": Field(
        N_("words I never write (`cat*`: everything starting with cat)"),
        Message(N_("a list with commas; +word adds one, -word removes one; none clears it")),
        write_words,
    ),
    "spoilers": Field(
        N_("write those words behind spoilers instead"),
        _ON_OFF,
        switch_writer("spoilers", "off"),
    ),
    "language": Field(
        N_("the language I speak here"),
        Message(
            N_("auto (this server's own in Discord), or one of {languages}"),
            {"languages": ", ".join(one.english.casefold() for one in LANGUAGES.values())},
        ),
        write_language,
    ),
}


def _shown_prefixes(settings: ServerSettings) -> tuple[str, ...]:
    own = settings.other_prefixes
    return USUAL_PREFIXES if own is None else own or (_("none"),)


def shown_field(name: str, settings: ServerSettings, prefix: str, temperature: float) -> str:
    """Return the present value of one of `FIELDS`.

    Args:
        prefix, temperature: what holds where a server has set nothing.
    """

    def switch(is_on: bool) -> str:
        return _("on") if is_on else _("off")

    def listed(ids: frozenset[int], mark: str, none: str) -> str:
        return " ".join(f"<{mark}{found}>" for found in sorted(ids)) or none

    announce = settings.announce_channel_id
    language = settings.language
    values = {
        "language": LANGUAGES[language].name if language in LANGUAGES else AUTO,
        "prefix": f"`{settings.prefix or prefix}`",
        "temperature": f"{settings.temperature or temperature:g}",
        "channels": listed(settings.allowed, "#", _("all")),
        "roles": listed(settings.training_roles, "@&", _("none")),
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
        or _("nobody"),
        "proxies": " ".join(sorted(settings.proxies)) or _("none"),
        "bots": "`" + " ".join(_shown_prefixes(settings)) + "`",
        "notice": switch(settings.notice),
        "answers": switch(settings.answers),
        "announce": f"<#{announce}>" if announce else _("nowhere"),
        "words": ngettext("{count:,} banned", "{count:,} banned", len(settings.phrases))
        if settings.phrases
        else _("none"),
        "spoilers": switch(settings.spoilers),
    }
    return values[name]
