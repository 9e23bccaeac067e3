"""What a server has set, in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.errors import NO_CONTENT
from bot.generation.request import DEFAULT_TEMPERATURE
from bot.presentation.settings_form import FIELDS, shown_field
from bot.storage.guild_settings import ServerSettings, is_muted
from bot.text.discord_markup import cut
from bot.text.formatting import duration


def talk_lines(settings: ServerSettings, now: datetime, *, sees_content: bool = True) -> str:
    """Tell when and where the bot speaks without a command."""
    lines = []
    if settings.muted_until is not None and is_muted(settings, now):
        left_s = (settings.muted_until - now).total_seconds()
        lines.append(f"🔇 I am silent for another {duration(left_s)}: `talk unmute` ends that.")
    lines.append(
        "I answer when I am mentioned or replied to."
        if settings.answers
        else "I do not answer when I am mentioned."
    )
    for talk in settings.talk.values():
        if talk.rate:
            lines.append(
                f"<#{talk.channel_id}>: after {100 * talk.rate:g}% of the messages I say something."
            )
        if talk.every_s is not None and talk.next_at is not None:
            next_in = duration((talk.next_at - now).total_seconds())
            lines.append(
                f"<#{talk.channel_id}>: every {duration(talk.every_s)} I say something, next in "
                f"{next_in}."
            )
    if settings.quiet:
        lines.append(f"Quiet hours: {settings.quiet}.")
    lines.append(f"I write in {_channels(settings.allowed, 'every channel')}.")
    if settings.denied:
        lines.append(f"I write nothing in {_channels(settings.denied, '')}.")
    if not sees_content:
        lines.append(NO_CONTENT)
    return cut("\n".join(lines))


def settings_lines(settings: ServerSettings, prefix: str) -> str:
    """Tell everything that a server can set, and how.

    Args:
        prefix: what commands begin with where a server has set nothing.
    """
    lines = ["**What this server has set**"]
    for name, field in FIELDS.items():
        value = shown_field(name, settings, prefix, DEFAULT_TEMPERATURE)
        lines.append(f"`{name}` {field.meaning}: {value}")
    own = settings.prefix or prefix
    lines.append(f"`{own}settings temperature 0.9` sets one; `/settings` has a panel.")
    if settings.training_roles:
        lines.append(
            f"Those roles type `{own}train`; for `/train`, allow them under Server Settings › "
            "Integrations."
        )
    return cut("\n".join(lines))


def field_line(name: str, settings: ServerSettings, prefix: str) -> str:
    """Tell one setting, and what it can be."""
    field = FIELDS[name]
    value = shown_field(name, settings, prefix, DEFAULT_TEMPERATURE)
    if name == "words" and settings.phrases:
        value = "||" + cut(", ".join(settings.phrases).replace("|", ""), 1500) + "||"
    return cut(f"`{name}` {field.meaning}: {value}\nIt can be {field.allowed}.")


def _channels(ids: Iterable[int], otherwise: str) -> str:
    return " ".join(f"<#{channel_id}>" for channel_id in sorted(ids)) or otherwise
