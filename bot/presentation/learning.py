"""The words of what goes on by itself: scheduled trainings."""

from __future__ import annotations

from datetime import datetime

from bot.storage.guild_settings import ServerSettings
from bot.text.formatting import counted, messages_count, moment

NOTHING_TO_GO_ON_FROM = (
    "I can only go on from channels that I have learned before. Start with `!train #general`, then "
    "schedule the next trainings."
)
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


def learning_lines(settings: ServerSettings) -> list[str]:
    """Tell what a server lets go on by itself."""
    if settings.trains_every is None:
        return ["I train only when someone asks. `!train every day` changes that."]
    return [f"I train by myself every {settings.trains_every}. `!train every off` ends that."]
