"""Training in a process of its own on this machine, told of in JSON lines."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import platform
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.errors import OutOfMemoryError, TrainerError, UserError
from bot.locales.messages import N_, Message
from bot.runtime.subprocesses import (
    Breach,
    ChildLimits,
    Guard,
    child_environment,
    offer_to_oom_killer,
)
from bot.training.trainer import DONE, PROGRESS, STARTED, OnEvent, TrainDone, TrainRequest
from textgen_core.training.events import OUT_OF_MEMORY_STATUS

log = logging.getLogger(__name__)

EventT = TypeVar("EventT")

_NICENESS = 19  # training takes what the chat leaves over
_STDERR_TAIL_BYTES = 4096
_MAX_LINE_BYTES = 1 << 20
_LOCK_POLL_S = 0.1
_OUT_OF_MEMORY = (OUT_OF_MEMORY_STATUS, -signal.SIGKILL)  # Linux kills what takes too much

CPUINFO = Path("/proc/cpuinfo")
WITHOUT_AVX = N_(
    "this processor lacks AVX, which TensorFlow needs on x86-64 (all but some Celerons, Pentiums "
    "and Atoms have it since 2011)"
)
WITHOUT_TENSORFLOW = N_("TensorFlow is not installed here, as in the image of VARIANT=slim")
WHAT_HELPS = (
    "texts are written here all the same; to train, run the bot on another machine, or let "
    "another machine train for it (docs/operating.md, Training on other machines)"
)


def lacks_avx(cpuinfo: Path = CPUINFO, machine: str | None = None) -> bool:
    """Say whether this processor is known to lack AVX, so that TensorFlow cannot run on it."""
    if (machine or platform.machine()) not in ("x86_64", "AMD64"):
        return False
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "")
    return bool(flags) and "avx" not in flags.split()


def has_tensorflow() -> bool:
    """Say whether TensorFlow is installed; it is not imported for that."""
    return find_spec("tensorflow") is not None


def why_untrained() -> str:
    """Return why nothing can be trained on this machine; empty where it can."""
    if not has_tensorflow():
        return WITHOUT_TENSORFLOW
    return WITHOUT_AVX if lacks_avx() else ""


class LocalTrainer:
    """Trains in a child process on this machine."""

    def __init__(
        self,
        command: Sequence[str] = (sys.executable, "-P", "-m", "textgen_core"),
        *,
        stop_grace_s: float = 20.0,
        limits: ChildLimits | None = None,
    ) -> None:
        self._command = tuple(command)
        self._stop_grace_s = stop_grace_s
        self._limits = limits or ChildLimits()

    def capacity(self) -> int | None:
        """See `Trainer.capacity`."""
        return None

    async def train(self, request: TrainRequest, on_event: OnEvent) -> TrainDone:
        """See `Trainer.train`."""
        async with _only_trainer_of(request.out, self._stop_grace_s) as lock:
            process = await self._start(request, lock)
            tail = asyncio.create_task(_read_tail(process), name=f"trainer-{process.pid}-stderr")
            try:
                # A child that is too large or hangs could not save its state either.
                async with Guard(process.pid, self._limits, lambda _: _kill(process)) as guard:
                    ending = await _read_events(process, on_event)
                    status = await process.wait()
            finally:
                await asyncio.shield(self._end(process))
                stderr = await tail
        self._refuse(guard.breach)
        return _conclude(ending, status, stderr)

    def _refuse(self, breach: Breach | None) -> None:
        """Raise what a passed limit means."""
        if breach is Breach.MEMORY:
            raise OutOfMemoryError(
                "Training needed more memory than allowed ({memory_mb:g} MB). Train on "
                "fewer channels, or ask whoever runs the bot to raise TRAIN_MEMORY_MB.",
                memory_mb=self._limits.memory_mb,
            )
        if breach is Breach.TIME:
            raise TrainerError(
                "Training took longer than allowed ({timeout_s:g} s). Train on fewer "
                "channels, or ask whoever runs the bot to raise TRAIN_TIMEOUT_S or set "
                "TRAIN_BUDGET_S.",
                timeout_s=self._limits.timeout_s,
            )

    async def _start(self, request: TrainRequest, lock: int) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            *_arguments(request),
            # The pipe closes when the bot dies, however it dies; the child stops then.
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_MAX_LINE_BYTES,
            env=child_environment(),
            # Ctrl-C on the terminal is the bot's to handle. A group, not a session:
            # Linux shares the processor between sessions whatever their niceness.
            process_group=0,
            pass_fds=(lock,),
        )
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
        offer_to_oom_killer(process.pid)
        return process

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """Stop the child, gently at first; it saves its state and ends."""
        if process.returncode is None:
            _signal(process, signal.SIGTERM)
            try:
                # Reading on keeps the child from blocking on a full pipe.
                async with asyncio.timeout(self._stop_grace_s):
                    await _drain(process)
            except TimeoutError:
                log.warning("training process %d did not stop and is killed", process.pid)
                _kill(process)
                await _drain(process)
        if process.stdin is not None:
            process.stdin.close()


def _arguments(request: TrainRequest) -> list[str]:
    arguments = ["train", str(request.corpus), "-o", str(request.out)]
    arguments += ["--base", str(request.base), "--seed", str(request.seed)]
    # The bot seals the filter (bot/models/sealing.py), by a key that no child knows.
    arguments += ["--json", "--stop-on-eof", "--filter", "open"]
    for name in ("budget_s", "against", "batch_targets", "epochs", "learning_rate"):
        value = getattr(request, name)
        if value is not None:
            arguments += ["--" + name.replace("_", "-"), str(value)]
    return arguments


def _kill(process: asyncio.subprocess.Process) -> None:
    _signal(process, signal.SIGKILL)


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
            on_event(_decoded(STARTED, event))
        elif kind == "progress":
            on_event(_decoded(PROGRESS, event))
        elif kind in ("done", "stopped", "error"):
            return dict(event)
    return None


def _conclude(ending: dict[str, Any] | None, status: int, stderr: str) -> TrainDone:
    if ending is not None and ending["event"] == "done" and status == 0:
        return _decoded(DONE, ending)
    if status in _OUT_OF_MEMORY or (status == -signal.SIGABRT and "bad_alloc" in stderr):
        log.error("training process ran out of memory (status %d):\n%s", status, stderr)
        raise OutOfMemoryError(
            "The training process was killed, most likely because memory ran out. Free some memory "
            "on the bot's machine, then train again."
        )
    if ending is not None and ending["event"] == "error":
        refusal = N_("The training process refused the corpus.")
        raise UserError(str(ending.get("message") or refusal))
    why = (
        WITHOUT_AVX if status == -signal.SIGILL else "" if has_tensorflow() else WITHOUT_TENSORFLOW
    )
    if why:
        log.error("training process: %s", why)
        raise TrainerError(
            "I can't train on this machine: {why}. Tell whoever runs the bot.", why=Message(why)
        )
    log.error("training process ended with status %d; its last words:\n%s", status, stderr)
    raise TrainerError(
        "The training process stopped before it was done (status {status}); the bot's "
        "log says more. Train again, and if it happens again, tell whoever runs the bot.",
        status=status,
    )


def _decoded(form: TypeAdapter[EventT], fields: dict[str, Any]) -> EventT:
    try:
        return form.validate_python(fields)
    except ValidationError as error:
        name = error.errors(include_url=False)[0]["loc"][0]
        raise TrainerError(
            "The training process told no usable {name} in its {event} event: the bot "
            "and textgen_core do not belong together. Install them again.",
            name=name,
            event=fields["event"],
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
