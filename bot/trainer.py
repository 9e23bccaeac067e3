"""Training in a process of its own, told of in JSON lines."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from bot.errors import TrainerError, UserError

log = logging.getLogger(__name__)

_NICENESS = 19  # training takes what the chat leaves over
_STDERR_TAIL_BYTES = 4096
_MAX_LINE_BYTES = 1 << 20
_LOCK_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What to learn, from where and to where."""

    corpus: Path
    out: Path
    base: Path
    seed: int = 0
    budget_s: float | None = None


@dataclass(frozen=True, slots=True)
class TrainStarted:
    """The corpus has been read and the base model measured on its held-out tenth."""

    messages: int
    chars: int
    device: str
    resumed: bool
    val_bits_per_char: float


@dataclass(frozen=True, slots=True)
class TrainProgress:
    """How far training has come; `eta_s` is a guess, and None where time is the limit."""

    epoch: float
    epochs: float | None
    step: int
    steps: int | None
    train_bits_per_char: float | None
    val_bits_per_char: float | None
    elapsed_s: float
    eta_s: float | None


@dataclass(frozen=True, slots=True)
class TrainDone:
    """A checkpoint lies at the place that was asked for."""

    bits_per_char_before: float
    bits_per_char_after: float
    train_s: float
    epochs: float
    reason: str


TrainEvent = TrainStarted | TrainProgress
EventT = TypeVar("EventT", TrainStarted, TrainProgress, TrainDone)
OnEvent = Callable[[TrainEvent], None]


class Trainer(Protocol):
    """Turns a corpus into a checkpoint."""

    async def train(self, request: TrainRequest, on_event: OnEvent) -> TrainDone:
        """Return when the checkpoint lies at `request.out`.

        Cancelling it stops the training, its state saved: the same request
        goes on from there.

        Raises:
            UserError: the corpus or the base model is no good.
            TrainerError: training broke off.
        """
        ...


class LocalTrainer:
    """Trains in a child process on this machine."""

    def __init__(
        self,
        command: Sequence[str] = (sys.executable, "-m", "textgen_core"),
        *,
        stop_grace_s: float = 20.0,
    ) -> None:
        self._command = tuple(command)
        self._stop_grace_s = stop_grace_s

    async def train(self, request: TrainRequest, on_event: OnEvent) -> TrainDone:
        """See `Trainer.train`."""
        async with _only_trainer_of(request.out, self._stop_grace_s) as lock:
            process = await self._start(request, lock)
            tail = asyncio.create_task(_read_tail(process), name=f"trainer-{process.pid}-stderr")
            try:
                ending = await _read_events(process, on_event)
                status = await process.wait()
            finally:
                await asyncio.shield(self._end(process))
                stderr = await tail
        return _conclude(ending, status, stderr)

    async def _start(self, request: TrainRequest, lock: int) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            *_arguments(request),
            # The pipe closes when the bot dies, however it dies; the child stops then.
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_MAX_LINE_BYTES,
            # Ctrl-C on the terminal is the bot's to handle. A group, not a session:
            # Linux shares the processor between sessions whatever their niceness.
            process_group=0,
            pass_fds=(lock,),
        )
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
        return process

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """Stop the child, gently at first; it saves its state and ends."""
        if process.returncode is None:
            _signal(process, signal.SIGTERM)
            try:
                # Reading on keeps the child from blocking on a full pipe.
                await asyncio.wait_for(_drain(process), self._stop_grace_s)
            except TimeoutError:
                log.warning("training process %d did not stop and is killed", process.pid)
                _signal(process, signal.SIGKILL)
                await _drain(process)
        if process.stdin is not None:
            process.stdin.close()


def _arguments(request: TrainRequest) -> list[str]:
    arguments = ["train", str(request.corpus), "-o", str(request.out)]
    arguments += ["--base", str(request.base), "--seed", str(request.seed)]
    arguments += ["--json", "--stop-on-eof"]
    if request.budget_s is not None:
        arguments += ["--budget-s", str(request.budget_s)]
    return arguments


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


async def _drain(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    while await process.stdout.read(1 << 16):
        pass
    await process.wait()


async def _read_tail(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    tail = b""
    while block := await process.stderr.read(1 << 16):
        tail = (tail + block)[-_STDERR_TAIL_BYTES:]
    return tail.decode("utf-8", errors="replace").strip()


async def _read_events(
    process: asyncio.subprocess.Process, on_event: OnEvent
) -> dict[str, Any] | None:
    """Pass events on; return the one that ends the training, None if none came."""
    assert process.stdout is not None
    async for line in process.stdout:
        try:
            event = json.loads(line)
            kind = event["event"]
        except (ValueError, TypeError, KeyError):
            log.warning("training process %d wrote a line that is no event", process.pid)
            continue
        if kind == "start":
            on_event(_event(TrainStarted, event))
        elif kind == "progress":
            on_event(_event(TrainProgress, event))
        elif kind in ("done", "stopped", "error"):
            return dict(event)
    return None


def _conclude(ending: dict[str, Any] | None, status: int, stderr: str) -> TrainDone:
    if ending is not None and ending["event"] == "done" and status == 0:
        return _event(TrainDone, ending)
    if ending is not None and ending["event"] == "error":
        raise UserError(str(ending.get("message") or "The training process refused the corpus."))
    log.error("training process ended with status %d; its last words:\n%s", status, stderr)
    if status == -signal.SIGKILL:
        raise TrainerError(
            "The training process was killed, most likely for want of memory: free some "
            "memory on the bot's machine, then train again."
        )
    raise TrainerError(
        f"The training process ended before it was done (status {status}): the bot's log "
        "says more. Train again; if it happens again, tell whoever runs the bot."
    )


def _event(kind: type[EventT], fields: dict[str, Any]) -> EventT:
    """Return the event as a value; fields we do not know are left aside."""
    names = kind.__dataclass_fields__
    try:
        return kind(**{name: fields[name] for name in names})
    except KeyError as error:
        raise TrainerError(
            f"The training process left out {error} of its {fields['event']} event: the bot and "
            "textgen_core do not belong together. Install them again."
        ) from None


@asynccontextmanager
async def _only_trainer_of(out: Path, wait_s: float) -> AsyncIterator[int]:
    """Hold the right to write `out`; yields a descriptor for the child to inherit.

    The lock lives as long as any process has the descriptor. So a bot that was
    killed and comes back waits for the child it left behind, which is still
    saving its state.
    """
    with out.with_suffix(".lock").open("w", encoding="utf-8") as lock:
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TrainerError(
                        "An earlier training process is still running and does not stop: "
                        "end it on the bot's machine, then train again."
                    ) from None
                await asyncio.sleep(_LOCK_POLL_S)
        yield lock.fileno()
