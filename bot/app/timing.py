"""How long the bot waits for what."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.app.outcome_messages import TELL_AGAIN_S
from bot.discord_api.history_pages import RETRY_DELAYS_S
from bot.runtime.clock import Clock, SystemClock
from bot.training.progress_report import EDIT_INTERVAL_S


@dataclass(frozen=True, slots=True)
class Timing:
    """Its waits, all of them shorter where Discord is a loopback."""

    guild_ready_s: float = 2.0
    edit_interval_s: float = EDIT_INTERVAL_S
    history_retries_s: tuple[float, ...] = RETRY_DELAYS_S
    poll_s: float = 5.0  # the queue is looked at again: another process may have added to it
    tell_again_s: tuple[float, ...] = TELL_AGAIN_S
    retry_s: float = 30.0  # after the database or the disk failed
    clock: Clock = field(default_factory=SystemClock)
