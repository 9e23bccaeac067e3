"""The words of what goes on by itself: scheduled trainings, live channels."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bot.locales.messages import N_, _, ngettext
from bot.storage.guild_settings import ServerSettings
from bot.text.formatting import moment

NOTHING_TO_GO_ON_FROM = N_(
    "I can only go on from channels that I have learned before. Start with `!train #general`, then "
    "schedule the next trainings."
)
NO_FORUMS = N_("I can't count a forum's posts as they come. Name channels or single threads.")
LIVE_NOWHERE = N_(
    "I don't learn from any channel as people write. `!train live #general` starts that."
)
UNSCHEDULED = N_("I won't train by myself any more. `!train #channel` still works.")
NEVER_SCHEDULED = N_("I don't train by myself here. `!train every day` starts that.")


def scheduled(every: str, next_at: datetime) -> str:
    """Tell when a server will be trained by itself.

    Args:
        every: as it is typed, such as "day" or "500 messages".
    """
    return _(
        "I'll train by myself (`!train every {every}`) from the channels that I know, if enough is "
        "new; the first time {moment}. I switch to a new version only if it is better. `!train "
        "every off` ends this.",
        every=every,
        moment=moment(next_at),
    )


def learned_lately(messages: int, version: int) -> str:
    """Tell a server what was learned by itself since it was last told."""
    return ngettext(
        "I've learned {count:,} new message by myself and now talk with version {version}. `!train "
        "every off` ends this.",
        "I've learned {count:,} new messages by myself and now talk with version {version}. "
        "`!train every off` ends this.",
        messages,
        version=version,
    )


def live_on(channel_ids: Collection[int]) -> str:
    """Tell that channels are counted from now on, and what that means."""
    return _(
        "From now on I learn from {channels} as people write: I count which letters follow which, "
        "encrypted, and take up only what at least two people wrote. I keep no message, and edits, "
        "deletions and opt-outs take their share back. `!train live off` ends this and deletes the "
        "counts.",
        channels=named(channel_ids),
    )


def live_off(channel_ids: Collection[int]) -> str:
    """Tell that channels are counted no more."""
    return _(
        "I no longer learn from {channels} as people write; the counts are deleted.",
        channels=named(channel_ids),
    )


def live_where(channel_ids: Collection[int]) -> str:
    """Tell which channels are counted as people write."""
    if not channel_ids:
        return _(LIVE_NOWHERE)
    return _(
        "I learn from {channels} as people write. `!train live #general off` ends that for a "
        "channel, `!train live off` for all.",
        channels=named(channel_ids),
    )


def named(channel_ids: Collection[int]) -> str:
    """Return the mentions of channels."""
    return " ".join(f"<#{channel_id}>" for channel_id in sorted(channel_ids))


def learning_lines(settings: ServerSettings) -> list[str]:
    """Tell what a server lets go on by itself."""
    lines = []
    if settings.live:
        lines.append(_("I learn as people write in {channels}.", channels=named(settings.live)))
    if settings.trains_every is not None:
        every = settings.trains_every
        lines.append(_("I train by myself (`!train every {every}`).", every=every))
    return lines or [
        _("I learn only when someone asks; see `!help train live`, `!help train every`.")
    ]
