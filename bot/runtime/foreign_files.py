"""Files that people give us are opened by processes that can be killed, never by the bot."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.errors import UserError
from bot.locales.messages import N_, Message
from bot.runtime.clock import Clock
from bot.runtime.confined import MEMORY_STATUS
from bot.runtime.rate_limit import Cooldowns
from bot.runtime.subprocesses import (
    Breach,
    ChildLimits,
    Guard,
    child_environment,
    offer_to_oom_killer,
)

log = logging.getLogger(__name__)

AT_ONCE = 2  # of all servers: each may take as much memory as the limits say
FILES_PER_MINUTE = 6  # of one server; the first ones at once
_MAX_LINE_BYTES = 1 << 20
_STDERR_TAIL_BYTES = 4096
_ADDRESS_SPACE_BYTES = 2 << 30  # what libraries reserve and never use counts here, too
BUSY = N_("I'm still reading another file of this server. Send this one when that is done.")


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What opening a file may take.

    Attributes:
        cpu_s: seconds of a processor.
        timeout_s: seconds from the start of the process.
        memory_mb: resident memory, in units of 10^6 bytes.
    """

    cpu_s: int = 60
    timeout_s: float = 180.0
    memory_mb: float = 700.0

    def for_size(self, size_bytes: int, cpu_s_a_mib: int) -> FileLimits:
        """Return the limits of a file that is read from its beginning to its end."""
        more = cpu_s_a_mib * -(-size_bytes // 2**20)
        return FileLimits(self.cpu_s + more, self.timeout_s + 4 * more, self.memory_mb)


class ForeignFiles:
    """Opens files for servers: one at a time for each, and not too often.

    Args:
        clock: tells the time for the cooldown.
        limits: of a small file.
    """

    def __init__(self, clock: Clock, limits: FileLimits | None = None) -> None:
        self.limits = limits or FileLimits()
        self._cooldowns = Cooldowns(clock, member_per_minute=0, server_per_minute=FILES_PER_MINUTE)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._reading: set[int] = set()

    @asynccontextmanager
    async def turn_of(self, guild_id: int) -> AsyncIterator[None]:
        """Hold a server's right to have a file opened.

        Raises:
            UserError: one of its files is open, or it asked too often.
        """
        if guild_id in self._reading:
            raise UserError(BUSY)
        self._cooldowns.use(guild_id, 0)
        self._reading.add(guild_id)
        try:
            async with self._turns:
                yield
        finally:
            self._reading.discard(guild_id)

    async def opened(
        self,
        module: str,
        request: Mapping[str, Any],
        *,
        name: str,
        limits: FileLimits | None = None,
        on_event: Callable[[dict[str, Any]], None] = lambda event: None,
    ) -> dict[str, Any]:
        """Return what a process tells of a file.

        Args:
            module: its program, which calls `run_confined`.
            request: what it is asked.
            name: what people call the file.
            limits: what it may take; None: what a small file may.
            on_event: is given what it tells on the way.

        Raises:
            UserError: the file is no good, or takes more than it may.
        """
        limits = limits or self.limits
        process = await _started(module, {**request, **_of_process(limits)})
        errors = asyncio.create_task(_tail(process), name=f"{module}-{process.pid}-stderr")
        watched = ChildLimits(memory_mb=limits.memory_mb, timeout_s=limits.timeout_s)
        try:
            async with Guard(process.pid, watched, lambda _: process.kill()) as guard:
                ending = await _ending(process, on_event)
                status = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await asyncio.shield(process.wait())
            last_words = await errors
        if ending is not None and "done" in ending:
            return dict(ending["done"])
        if ending is not None:
            raise UserError(Message(**ending["refused"]))
        log.warning("%s ended with status %d: %s", module, status, _frames(last_words))
        raise UserError(_why(guard.breach, status), name=name)


def _of_process(limits: FileLimits) -> dict[str, int]:
    return {"memory_bytes": _ADDRESS_SPACE_BYTES, "cpu_s": limits.cpu_s}


def _why(breach: Breach | None, status: int) -> str:
    if breach is Breach.MEMORY or status in (MEMORY_STATUS, -signal.SIGSEGV):
        return N_("{name} takes more memory to open than I may use for a file, so I refuse it.")
    if breach is Breach.TIME or status in (-signal.SIGXCPU, -signal.SIGKILL):
        return N_("{name} takes longer to open than any sound file of its kind, so I refuse it.")
    return N_("I can't open {name}: the process reading it broke down, so I refuse it.")


def _frames(last_words: str) -> str:
    """Return where a process broke down and by what error, without what that says of the file."""
    lines = last_words.splitlines()
    at = [number for number, line in enumerate(lines) if line.startswith("  File ")]
    after = lines[at[-1] + 1 :] if at else lines
    kind = next((line for line in after if line[:1].isalpha()), "").partition(":")[0]
    return "; ".join([*(lines[number].strip() for number in at), kind])


async def _started(module: str, request: Mapping[str, Any]) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", module),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=_MAX_LINE_BYTES,
        # More threads would each reserve memory that the limit counts.
        env=child_environment(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1"),
        process_group=0,  # Ctrl-C on the terminal is the bot's to handle
    )
    offer_to_oom_killer(process.pid)
    assert process.stdin is not None
    process.stdin.write(json.dumps(request).encode() + b"\n")  # it stays open: see confined.py
    return process


async def _ending(
    process: asyncio.subprocess.Process, on_event: Callable[[dict[str, Any]], None]
) -> dict[str, Any] | None:
    """Pass on what a process tells; return its last words, None if there were none."""
    assert process.stdout is not None
    try:
        async for line in process.stdout:
            event = json.loads(line)
            if "done" in event or "refused" in event:
                return dict(event)
            on_event(event)
    except ValueError:
        log.warning("process %d wrote a line that is no event", process.pid)
        process.kill()
    return None


async def _tail(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    tail = b""
    while block := await process.stderr.read(1 << 16):
        tail = (tail + block)[-_STDERR_TAIL_BYTES:]
    return tail.decode("utf-8", errors="replace").strip()
