"""Keeps the bridge running, and brings each training what is told of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import signal
import sys
from collections.abc import Sequence
from typing import Any

from bot.runtime.subprocesses import child_environment

log = logging.getLogger(__name__)

_MAX_LINE_BYTES = 1 << 20
LOST: dict[str, Any] = {"event": "unreachable"}  # the scheduler
IDLE: dict[str, Any] = {"event": "idle"}  # there is no worker

Events = asyncio.Queue[dict[str, Any]]


class BridgeProcess:
    """The child process, started again whenever it ends.

    Args:
        arguments: of `python -m bot.training.cluster.bridge`.
        again_s: how long to wait before it is started again.
    """

    def __init__(self, arguments: Sequence[str], *, again_s: float) -> None:
        self._command = (sys.executable, "-P", "-m", "bot.training.cluster.bridge", *arguments)
        self._again_s = again_s
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._open: dict[str, Events] = {}
        self._there = asyncio.Event()
        self.workers = 0

    def start(self) -> None:
        """Begin; a second call does nothing."""
        if self._task is None:
            self._task = asyncio.create_task(self._keep(), name="bridge")

    async def close(self) -> None:
        """End the child process; it must not be started again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def ready(self) -> None:
        """Return when the scheduler is there."""
        await self._there.wait()

    def listen(self, number: str) -> Events:
        """Return what will be told of a training."""
        self._open[number] = asyncio.Queue()
        return self._open[number]

    def leave(self, number: str) -> None:
        """Listen no longer; the training is stopped if it runs."""
        if self._open.pop(number, None) is not None:
            self.send({"do": "stop", "number": number})

    def send(self, command: dict[str, Any]) -> None:
        """Tell the bridge what to do; nothing happens if it has just ended."""
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(ConnectionError):
                self._process.stdin.write(json.dumps(command).encode() + b"\n")

    async def _keep(self) -> None:
        while True:
            try:
                await self._serve()
            except OSError as error:  # no memory or no descriptor for another process
                log.error("the bridge to the training machines cannot be started: %s", error)
            log.warning("the connection to the training machines is lost; connecting again")
            await asyncio.sleep(self._again_s)

    async def _serve(self) -> None:
        """Start the bridge, and return when it has ended."""
        self._process = process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_MAX_LINE_BYTES,
            env=child_environment(),
            process_group=0,  # Ctrl-C on the terminal is the bot's to handle
        )
        try:
            await self._read(process)
        finally:
            self._lose()
            await asyncio.shield(_end(process))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            message = json.loads(line)
            if message["event"] == "cluster":
                if message["workers"] != self.workers or not self._there.is_set():
                    log.info("training machines: %d", message["workers"])
                self.workers = message["workers"]
                self._there.set()
                if not self.workers:
                    self._tell_all(IDLE)
            elif (events := self._open.get(message["id"])) is not None:
                events.put_nowait(message)

    def _lose(self) -> None:
        self._process, self.workers = None, 0
        self._there.clear()
        self._tell_all(LOST)

    def _tell_all(self, message: dict[str, Any]) -> None:
        for events in self._open.values():
            events.put_nowait(dict(message))


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGKILL)  # it holds nothing that could be lost
    await process.wait()
