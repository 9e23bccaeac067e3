"""What a server has set, in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.errors import NO_CONTENT
from bot.generation.request import DEFAULT_TEMPERATURE
from bot.locales.messages import _
from bot.presentation.learning import learning_lines
from bot.presentation.settings_form import FIELDS, shown_field
from bot.storage.guild_settings import ServerSettings, TalkChannel, is_muted
from bot.text.discord_markup import cut, with_prefix
from bot.text.formatting import duration


def talk_lines(settings: ServerSettings, now: datetime, *, sees_content: bool = True) -> str:
    """Tell when and where the bot speaks without a command."""
    lines = [_("**When I talk without being asked**")]
    if settings.muted_until is not None and is_muted(settings, now):
        left_s = (settings.muted_until - now).total_seconds()
        told = _(
            "🔇 I'm quiet for another {duration}. `!talk unmute` ends that.",
            duration=duration(left_s),
        )
        lines.append(told)
    lines.append(
        _("· I answer when someone mentions me or replies to me.")
        if settings.answers
        else _("· I don't answer mentions.")
    )
    lines += [_chimes_in(talk) for talk in settings.talk.values() if talk.rate]
    lines += [_by_the_clock(talk, now) for talk in settings.talk.values() if talk.every_s]
    if not any(talk.rate or talk.every_s for talk in settings.talk.values()):
        lines.append(
            _("· I don't chime in anywhere. `!talk rate 2%` or `!talk every 6h` starts that.")
        )
    if settings.quiet:
        lines.append(_("· Quiet hours: {hours}", hours=settings.quiet))
    lines.append(_where(settings))
    if not sees_content:
        lines.append(_(NO_CONTENT))
    return cut("\n".join(lines))


def _chimes_in(talk: TalkChannel) -> str:
    return _(
        "· {channel}: I chime in after a random {percent:g}% of messages.",
        channel=f"<#{talk.channel_id}>",
        percent=100 * talk.rate,
    )


def _by_the_clock(talk: TalkChannel, now: datetime) -> str:
    assert talk.every_s is not None
    known = {"channel": f"<#{talk.channel_id}>", "duration": duration(talk.every_s)}
    if talk.next_at is None:
        return _("· {channel}: I say something every {duration}.", **known)
    return _(
        "· {channel}: I say something every {duration}, next in {left}.",
        left=duration((talk.next_at - now).total_seconds()),
        **known,
    )


def _where(settings: ServerSettings) -> str:
    """Return where it writes at all, in one sentence that does not contradict itself."""
    if settings.allowed:
        open_to = set(settings.allowed) - set(settings.denied)
        if not open_to:
            return _("· I write only in no channel.")
        return _("· I write only in {channels}.", channels=_channels(open_to))
    if settings.denied:
        return _(
            "· I write in every channel except {channels}.", channels=_channels(settings.denied)
        )
    return _("· I write in every channel.")


def settings_lines(settings: ServerSettings, prefix: str) -> str:
    """Tell everything that a server can set, and how.

    Args:
        prefix: what commands begin with where a server has set nothing.
    """
    lines = [_("**This server's settings**")]
    for name, field in FIELDS.items():
        value = shown_field(name, settings, prefix, DEFAULT_TEMPERATURE)
        shown = value if value.startswith("`") else f"**{value}**"
        lines.append(f"`{name}` {shown} · {_(field.meaning)}")
    own = settings.prefix or prefix
    change = _(
        "-# Change one like this: `!settings temperature 0.9`, or use the panel of `/settings`."
    )
    lines.append(with_prefix(change, own))
    lines += [f"-# {with_prefix(line, own)}" for line in learning_lines(settings)]
    if settings.training_roles:
        roles = _(
            "-# Those roles can type `!train`. For `/train`, allow them in Server Settings › "
            "Integrations."
        )
        lines.append(with_prefix(roles, own))
    return cut("\n".join(lines))


def field_line(name: str, settings: ServerSettings, prefix: str) -> str:
    """Tell one setting, and what it can be."""
    field = FIELDS[name]
    value = shown_field(name, settings, prefix, DEFAULT_TEMPERATURE)
    if name == "words" and settings.phrases:
        value = "||" + cut(", ".join(settings.phrases).replace("|", ""), 1500) + "||"
    value = value if value.startswith("`") else f"**{value}**"
    allowed = _("It can be {allowed}.", allowed=field.allowed())
    return cut(f"`{name}` {value} · {_(field.meaning)}\n{allowed}")


def _channels(ids: Iterable[int]) -> str:
    return " ".join(f"<#{channel_id}>" for channel_id in sorted(ids))
