"""What a server has set, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class Learns(StrEnum):
    """Whose messages a server lets the bot learn."""

    CHANNEL = "channel"  # everybody's who has not opted out
    OPT_IN = "opt-in"  # theirs who agreed
    FILES = "files"  # nobody's: no history is read


@dataclass(frozen=True, slots=True)
class TalkChannel:
    """How the bot speaks of its own accord in one channel.

    Attributes:
        rate: chance that a message is followed by one of the bot's, 0 to 1.
        every_s: seconds between two scheduled lines; None: there are none.
        next_at: when the next one is due, in UTC.
    """

    guild_id: int
    channel_id: int
    rate: float = 0.0
    every_s: int | None = None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Everything a server has set; None means the installation's default.

    Attributes:
        nsfw_rule: what was learned in NSFW channels is said in NSFW channels only.
        answers: whether the bot answers when it is mentioned or replied to.
        announce_channel_id: where the end of a training is told as well.
        quiet: hours without speech of its own accord, as `quiet_hours.QuietHours` reads.
        muted_until: until when it neither answers nor speaks of its own accord, in UTC.
        training_roles: may train, beside those who manage the server.
        allowed, denied: channels where generated texts may, or may not, be written;
            none allowed means all.
        phrases: never written, and messages with one are not learned.
        learns: whose messages may be learned.
        notice: whether a channel is told when it is learned from.
        hidden_rule: what was learned in hidden channels is said to those alone who may
            read them.
        spoilers: banned phrases are written behind spoilers instead of being avoided.
        listens: texts take up words of what was just said where they are written.
        consented_at: when somebody confirmed what is read and kept, in UTC.
        proxies: names of the applications whose webhooks write for members, in small letters.
        other_prefixes: what commands to other bots begin with; None: the usual ones.
        left_out_members: nothing of theirs is learned, as an admin wants.
        left_out_roles: nor of who has one of these roles.
        language: code of the language that answers are in; None: the server's own.
        talk: the channels with speech of its own accord, by id.
        live: channels whose messages are counted as they come.
        trains_every: when it is trained by itself, as `night_schedule.Every` reads; None: not.
    """

    guild_id: int
    prefix: str | None = None
    temperature: float | None = None
    nsfw_rule: bool = True
    answers: bool = True
    announce_channel_id: int | None = None
    quiet: str | None = None
    muted_until: datetime | None = None
    training_roles: frozenset[int] = frozenset()
    allowed: frozenset[int] = frozenset()
    denied: frozenset[int] = frozenset()
    phrases: tuple[str, ...] = ()
    learns: Learns = Learns.CHANNEL
    notice: bool = False
    hidden_rule: bool = True
    spoilers: bool = False
    listens: bool = True
    consented_at: datetime | None = None
    proxies: frozenset[str] = frozenset()
    other_prefixes: tuple[str, ...] | None = None
    left_out_members: frozenset[int] = frozenset()
    left_out_roles: frozenset[int] = frozenset()
    language: str | None = None
    talk: Mapping[int, TalkChannel] = field(default_factory=lambda: MappingProxyType({}))
    live: frozenset[int] = frozenset()
    trains_every: str | None = None

    @property
    def reads_history(self) -> bool:
        """Say whether what was written in channels may be read at all."""
        return self.learns is not Learns.FILES

    def may_write_in(self, *channel_ids: int | None) -> bool:
        """Say whether generated texts may stand in a channel, given with its parent if any."""
        if not self.denied.isdisjoint(channel_ids):
            return False
        return not self.allowed or not self.allowed.isdisjoint(channel_ids)


def is_muted(settings: ServerSettings, now: datetime) -> bool:
    """Say whether a server wants no word but answers to commands."""
    return settings.muted_until is not None and now < settings.muted_until
