"""Members and servers may ask so many times a minute."""

from __future__ import annotations

import pytest
from turned_clock import TurnedClock

from bot.runtime.rate_limit import CooldownError, Cooldowns

SERVER, TOM, EVA = 1, 11, 12


async def test_a_member_waits_as_long_as_it_was_told() -> None:
    clock = TurnedClock()
    cooldowns = Cooldowns(clock, member_per_minute=2, server_per_minute=0)
    cooldowns.use(SERVER, TOM)
    cooldowns.use(SERVER, TOM)
    with pytest.raises(
        CooldownError, match=r"You've hit the limit of 2 a minute. Try again in 30 s"
    ):
        cooldowns.use(SERVER, TOM)
    cooldowns.use(SERVER, EVA)
    cooldowns.use(2, TOM)
    await clock.turn(seconds=29)
    with pytest.raises(CooldownError, match="in 1 s"):
        cooldowns.use(SERVER, TOM)
    await clock.turn(seconds=1)
    cooldowns.use(SERVER, TOM)


async def test_a_server_has_a_limit_of_its_own() -> None:
    clock = TurnedClock()
    cooldowns = Cooldowns(clock, member_per_minute=2, server_per_minute=3)
    for who in (TOM, TOM, EVA):
        cooldowns.use(SERVER, who)
    with pytest.raises(CooldownError, match="This server has hit the limit of 3 a minute"):
        cooldowns.use(SERVER, EVA)
    await clock.turn(minutes=1)
    cooldowns.use(SERVER, EVA)


def test_zero_is_no_limit() -> None:
    cooldowns = Cooldowns(TurnedClock(), member_per_minute=0, server_per_minute=0)
    for _ in range(1000):
        cooldowns.use(SERVER, TOM)
