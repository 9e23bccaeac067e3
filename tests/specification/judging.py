"""Every loopback Discord of a test under the eyes of a judge."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from discord_spec import Specification
from judge import Judge

from bot.loopback.server import LoopbackDiscord
from bot.loopback.state.taps import Tap

SHOWN_FAULTS = 10


@cache
def specification() -> Specification:
    """Return the specification, read once a process."""
    return Specification.load()


def tap_all(monkeypatch: pytest.MonkeyPatch, tap: Tap) -> None:
    """Let a tap hear every loopback Discord that starts from now on."""
    start = LoopbackDiscord.start

    async def tapped_start(server: LoopbackDiscord) -> None:
        server.backend.taps.insert(0, tap)  # who listens first hears what the server said
        await start(server)

    monkeypatch.setattr(LoopbackDiscord, "start", tapped_start)


def judged(monkeypatch: pytest.MonkeyPatch, *, bot_errs: bool) -> Iterator[Judge]:
    """Yield a judge of all that passes; at the end nothing may be against the specification.

    Args:
        bot_errs: see :class:`Judge`.
    """
    judge = Judge(specification(), bot_errs=bot_errs)
    tap_all(monkeypatch, judge)
    yield judge
    faults = list(dict.fromkeys(judge.faults))
    if faults:
        shown = "\n".join(faults[:SHOWN_FAULTS])
        pytest.fail(f"{len(faults)} faults by Discord's specification:\n{shown}", pytrace=False)
