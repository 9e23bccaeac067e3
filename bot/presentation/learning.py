"""The words of what goes on by itself: scheduled trainings, live channels."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bot.storage.guild_settings import ServerSettings
from bot.text.formatting import counted, messages_count, moment

NOTHING_TO_GO_ON_FROM = (
    "I can only go on from channels that I have learned before. Start with `!train #general`, then "
    "schedule the next trainings."
)
NO_FORUMS = "I can't count a forum's posts as they come. Name channels or single threads."
LIVE_NOWHERE = "I don't learn from any channel as people write. `!train live #general` starts that."
UNSCHEDULED = "I won't train by myself any more. `!train #channel` still works."
NEVER_SCHEDULED = "I don't train by myself here. `!train every day` starts that."


def scheduled(every: str, next_at: datetime) -> str:
    """Tell when a server will be trained by itself."""
    return (
        f"I'll train by myself every {every}, from the channels that I know, if enough is new; the "
        f"first time {moment(next_at)}. I switch to a new version only if it is better. `!train "
        "every off` ends this."
    )


def learned_lately(messages: int, trainings: int, version: int) -> str:
    """Tell a server what was learned by itself since it was last told."""
    learned, how_often = messages_count(messages, "new"), counted(trainings, "training")
    return (
        f"I've learned {learned} by myself ({how_often}) and now talk with version {version}. "
        "`!train every off` ends this."
    )


def live_on(channel_ids: Collection[int]) -> str:
    """Tell that channels are counted from now on, and what that means."""
    return (
        f"From now on I learn from {named(channel_ids)} as people write: I count which letters "
        "follow which, encrypted, and take up only what at least two people wrote. I keep no "
        "message, and edits, deletions and opt-outs take their share back. `!train live off` ends "
        "this and deletes the counts."
    )


def live_off(channel_ids: Collection[int]) -> str:
    """Tell that channels are counted no more."""
    return f"I no longer learn from {named(channel_ids)} as people write; the counts are deleted."


def live_where(channel_ids: Collection[int]) -> str:
    """Tell which channels are counted as people write."""
    if not channel_ids:
        return LIVE_NOWHERE
    return (
        f"I learn from {named(channel_ids)} as people write. `!train live #general off` ends that "
        "for a channel, `!train live off` for all."
    )


def named(channel_ids: Collection[int]) -> str:
    """Return the mentions of channels."""
    return " ".join(f"<#{channel_id}>" for channel_id in sorted(channel_ids))


def learning_lines(settings: ServerSettings) -> list[str]:
    """Tell what a server lets go on by itself."""
    lines = [f"I learn as people write in {named(settings.live)}."] if settings.live else []
    if settings.trains_every is not None:
        lines.append(f"I train by myself every {settings.trains_every}.")
    return lines or ["I learn only when someone asks; see `!help train live`, `!help train every`."]
