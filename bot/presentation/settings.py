"""What a server has set, in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.errors import NO_CONTENT
from bot.generation.request import DEFAULT_TEMPERATURE
from bot.presentation.learning import learning_lines
from bot.presentation.settings_form import FIELDS, shown_field
from bot.storage.guild_settings import ServerSettings, TalkChannel, is_muted
from bot.text.discord_markup import cut
from bot.text.formatting import duration


def talk_lines(settings: ServerSettings, now: datetime, *, sees_content: bool = True) -> str:
    """Tell when and where the bot speaks without a command."""
    lines = ["**When I talk without being asked**"]
    if settings.muted_until is not None and is_muted(settings, now):
        left_s = (settings.muted_until - now).total_seconds()
        lines.append(f"🔇 I'm quiet for another {duration(left_s)}. `!talk unmute` ends that.")
    lines.append(
        "· I answer when someone mentions me or replies to me."
        if settings.answers
        else "· I don't answer mentions."
    )
    lines += [_chimes_in(talk) for talk in settings.talk.values() if talk.rate]
    lines += [_by_the_clock(talk, now) for talk in settings.talk.values() if talk.every_s]
    if not any(talk.rate or talk.every_s for talk in settings.talk.values()):
        lines.append(
            "· I don't chime in anywhere. `!talk rate 2%` or `!talk every 6h` starts that."
        )
    if settings.quiet:
        lines.append(f"· Quiet hours: {settings.quiet}")
    lines.append(_where(settings))
    if not sees_content:
        lines.append(NO_CONTENT)
    return cut("\n".join(lines))


def _chimes_in(talk: TalkChannel) -> str:
    return f"· <#{talk.channel_id}>: I chime in after a random {100 * talk.rate:g}% of messages."


def _by_the_clock(talk: TalkChannel, now: datetime) -> str:
    assert talk.every_s is not None
    line = f"· <#{talk.channel_id}>: I say something every {duration(talk.every_s)}"
    if talk.next_at is None:
        return f"{line}."
    return f"{line}, next in {duration((talk.next_at - now).total_seconds())}."


def _where(settings: ServerSettings) -> str:
    """Return where it writes at all, in one sentence that does not contradict itself."""
    if settings.allowed:
        where = f"only in {_channels(set(settings.allowed) - set(settings.denied), 'no channel')}"
    elif settings.denied:
        where = f"in every channel except {_channels(settings.denied, '')}"
    else:
        where = "in every channel"
    return f"· I write {where}."


def settings_lines(settings: ServerSettings, prefix: str) -> str:
    """Tell everything that a server can set, and how.

    Args:
        prefix: what commands begin with where a server has set nothing.
    """
    lines = ["**This server's settings**"]
    for name, field in FIELDS.items():
        value = shown_field(name, settings, prefix, DEFAULT_TEMPERATURE)
        shown = value if value.startswith("`") else f"**{value}**"
        lines.append(f"`{name}` {shown} · {field.meaning}")
    own = settings.prefix or prefix
    lines.append(
        f"-# Change one like this: `{own}settings temperature 0.9`, or use the panel of "
        "`/settings`."
    )
    lines += [f"-# {line}" for line in learning_lines(settings)]
    if settings.training_roles:
        lines.append(
            f"-# Those roles can type `{own}train`. For `/train`, allow them in Server Settings › "
            "Integrations."
        )
    return cut("\n".join(lines))


def field_line(name: str, settings: ServerSettings, prefix: str) -> str:
    """Tell one setting, and what it can be."""
    field = FIELDS[name]
    value = shown_field(name, settings, prefix, DEFAULT_TEMPERATURE)
    if name == "words" and settings.phrases:
        value = "||" + cut(", ".join(settings.phrases).replace("|", ""), 1500) + "||"
    value = value if value.startswith("`") else f"**{value}**"
    return cut(f"`{name}` {value} · {field.meaning}\nIt can be {field.allowed}.")


def _channels(ids: Iterable[int], otherwise: str) -> str:
    return " ".join(f"<#{channel_id}>" for channel_id in sorted(ids)) or otherwise
