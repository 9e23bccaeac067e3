"""When the bot speaks without a command, and what it says then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.generation.quiet_hours import QuietHours
from bot.generation.relevance import most_relevant, topics
from bot.generation.request import TextRequest
from bot.generation.writer import WriteLocation, Writer
from bot.storage.guild_settings import ServerSettings, TalkChannel, is_muted

CONTEXT_LINES = 6
LINE_CHARS = 200
ANSWER_CHARS = 150
FREE_DRAWS = 5
TOPIC_DRAWS = 2  # for each word of the last line that is worth beginning with


class Reaction(StrEnum):
    """What to do about a message."""

    NOTHING = "nothing"
    ANSWER = "answer"
    SPEAK = "speak"


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of a message before its words matter.

    Attributes:
        by_bot: a bot or a webhook wrote it: never reacted to, so that no two bots
            keep each other talking.
        to_me: it mentions the bot or replies to it.
    """

    channel_id: int
    by_bot: bool
    is_command: bool
    to_me: bool


def reaction(
    heard: Heard, settings: ServerSettings, now: datetime, chance: Callable[[], float]
) -> Reaction:
    """Return what to do about a message.

    Args:
        chance: draws a number in [0, 1).
    """
    if heard.by_bot or heard.is_command or is_muted(settings, now):
        return Reaction.NOTHING
    if heard.to_me:
        return Reaction.ANSWER if settings.answers else Reaction.NOTHING
    talk = settings.talk.get(heard.channel_id)
    if talk is None or talk.rate <= 0 or is_quiet(settings, now):
        return Reaction.NOTHING
    return Reaction.SPEAK if chance() < talk.rate else Reaction.NOTHING


def is_quiet(settings: ServerSettings, now: datetime) -> bool:
    """Say whether these are hours without speech of the bot's own accord."""
    return settings.quiet is not None and QuietHours.parse(settings.quiet).holds(now)


def after_its_line(talk: TalkChannel, now: datetime) -> TalkChannel:
    """Return a channel with its next line in the future; what was missed is not made up for."""
    assert talk.every_s is not None
    assert talk.next_at is not None
    missed = max(0.0, (now - talk.next_at).total_seconds()) // talk.every_s
    return replace(talk, next_at=talk.next_at + timedelta(seconds=(missed + 1) * talk.every_s))


async def fitting_text(voice: Writer, place: WriteLocation, lines: Sequence[str]) -> str:
    """Return a text that has to do with the last lines of a channel.

    Texts are drawn freely, and some beginning with a word of the last line; the
    most relevant one is taken.

    Args:
        lines: oldest first; only the last few count. They are not kept.

    Raises:
        UserError: no text may be written there.
    """
    recent = [line[:LINE_CHARS] for line in lines[-CONTEXT_LINES:] if line.strip()]
    request = TextRequest(n=FREE_DRAWS, length=ANSWER_CHARS)
    if not recent:
        texts, _ = await voice.write(place, replace(request, n=1))
        return texts[0]
    openings = [word[0].upper() + word[1:] for word in topics(recent[-1])]
    drawn = await asyncio.gather(
        voice.write(place, request),
        *(voice.write(place, request.with_prompt(word, n=TOPIC_DRAWS)) for word in openings),
    )
    return most_relevant([text for texts, _ in drawn for text in texts], recent)
