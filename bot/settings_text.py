"""What a server has set, in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.discord_text import cut
from bot.spans import spoken
from bot.storage.server_records import ServerSettings
from bot.talking import is_muted

NO_CONTENT = (
    "I have no Message Content Intent: I cannot read what is said, so I learn nothing, know no "
    "commands typed with a prefix, and answer without knowing what was said before. Whoever runs "
    "me can switch it on at https://discord.com/developers/applications (page Bot), with "
    "MESSAGE_CONTENT=true. Slash commands, and commands after a mention of me, work."
)


def talk_lines(settings: ServerSettings, now: datetime, *, sees_content: bool = True) -> str:
    """Tell when and where the bot speaks without a command."""
    lines = []
    if settings.muted_until is not None and is_muted(settings, now):
        left_s = (settings.muted_until - now).total_seconds()
        lines.append(f"🔇 I am silent for another {spoken(left_s)}: `talk unmute` ends that.")
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
            next_in = spoken((talk.next_at - now).total_seconds())
            lines.append(
                f"<#{talk.channel_id}>: every {spoken(talk.every_s)} I say something, next in "
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


def _channels(ids: Iterable[int], otherwise: str) -> str:
    return " ".join(f"<#{channel_id}>" for channel_id in sorted(ids)) or otherwise
