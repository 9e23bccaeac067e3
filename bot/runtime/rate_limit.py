"""How often people may ask: so many times a minute, and told when they may again."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from bot.errors import UserError
from bot.runtime.clock import Clock

MAX_KNOWN = 10_000
_Who = tuple[int, int | None]


class CooldownError(UserError):
    """Somebody asks too often; the text says when to ask again."""


@dataclass(slots=True)
class _Bucket:
    """Uses that are left; they come back evenly over a minute."""

    left: float
    at: datetime


class Cooldowns:
    """Counts uses of each member and of each server.

    Args:
        member_per_minute, server_per_minute: how many uses a minute; 0: any number.
    """

    def __init__(self, clock: Clock, *, member_per_minute: int, server_per_minute: int) -> None:
        self._clock = clock
        self._member = member_per_minute
        self._server = server_per_minute
        self._buckets: OrderedDict[_Who, _Bucket] = OrderedDict()

    def use(self, guild_id: int, user_id: int) -> None:
        """Count one use.

        Raises:
            CooldownError: there were too many; this one does not count.
        """
        server = self._wait_s((guild_id, None), self._server)
        member = self._wait_s((guild_id, user_id), self._member)
        if member > 0:
            raise CooldownError(
                "You've hit the limit of {per_minute} a minute. Try again in {seconds} s.",
                per_minute=self._member,
                seconds=math.ceil(member),
            )
        if server > 0:
            raise CooldownError(
                "This server has hit the limit of {per_minute} a minute. Try again in {seconds} s.",
                per_minute=self._server,
                seconds=math.ceil(server),
            )
        for who in ((guild_id, None), (guild_id, user_id)):
            if who in self._buckets:
                self._buckets[who].left -= 1

    def _wait_s(self, who: _Who, per_minute: int) -> float:
        """Return in how many seconds there is a use again, having let time pass."""
        if per_minute == 0:
            return 0.0
        now = self._clock.now()
        bucket = self._buckets.setdefault(who, _Bucket(float(per_minute), now))
        self._buckets.move_to_end(who)
        while len(self._buckets) > MAX_KNOWN:
            self._buckets.popitem(last=False)
        passed_s = max(0.0, (now - bucket.at).total_seconds())
        bucket.left = min(float(per_minute), bucket.left + passed_s * per_minute / 60)
        bucket.at = now
        return max(0.0, 1 - bucket.left) * 60 / per_minute
