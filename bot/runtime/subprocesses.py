"""How much memory and time the training process may take."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psutil

_LOOK_EVERY_S = 0.5
_OOM_SCORE = 800  # of 1000: where memory runs out, Linux ends the training and not the bot


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What a training process may take; None for as much as it likes.

    Attributes:
        memory_mb: resident memory, in units of 10^6 bytes. It is looked at twice a
            second: an rlimit would count what TensorFlow reserves and never uses.
        timeout_s: seconds from its start.
    """

    memory_mb: float | None = None
    timeout_s: float | None = None


class Breach(StrEnum):
    """Which limit was passed."""

    MEMORY = "memory"
    TIME = "time"


def offer_to_oom_killer(pid: int) -> None:
    """Let a process be the first that Linux ends when the machine's memory is used up."""
    if sys.platform == "linux":
        with suppress(OSError):
            Path(f"/proc/{pid}/oom_score_adj").write_text(str(_OOM_SCORE), encoding="ascii")


class Guard:
    """Watches one process until the context is left; `breach` tells whether it was ended.

    Args:
        pid: of the process.
        limits: what it may take.
        end: called once, when it takes more.
    """

    def __init__(self, pid: int, limits: ChildLimits, end: Callable[[Breach], None]) -> None:
        self._pid = pid
        self._limits = limits
        self._end = end
        self._task: asyncio.Task[None] | None = None
        self.breach: Breach | None = None

    async def __aenter__(self) -> Guard:
        self._task = asyncio.create_task(self._watch(), name=f"guard-{self._pid}")
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _watch(self) -> None:
        began, limits = time.monotonic(), self._limits
        while self.breach is None:
            await asyncio.sleep(_LOOK_EVERY_S)
            if limits.timeout_s is not None and time.monotonic() - began > limits.timeout_s:
                self.breach = Breach.TIME
            elif limits.memory_mb is not None and _resident_mb(self._pid) > limits.memory_mb:
                self.breach = Breach.MEMORY
        self._end(self.breach)


def _resident_mb(pid: int) -> float:
    try:
        return float(psutil.Process(pid).memory_info().rss) / 1e6
    except psutil.Error:
        return 0.0  # it has just ended


_TOKEN = "DISCORD_TOKEN"


def child_environment(**more: str) -> dict[str, str]:
    """Return the bot's environment without its token, and what a child needs besides."""
    return {name: value for name, value in os.environ.items() if name.upper() != _TOKEN} | more
