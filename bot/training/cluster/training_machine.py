"""The worker's side of a training: the same child process as the bot would start."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from distributed import Worker, WorkerPlugin

from bot.errors import OutOfMemoryError, TrainerError, UserError
from bot.locales.messages import N_
from bot.training.cluster.parcels import FORMAT, pack_result, unpack_order
from bot.training.cluster.task import PLUGIN
from bot.training.local_trainer import LocalTrainer
from bot.training.trainer import TrainDone, TrainEvent, TrainStarted
from textgen_core.training.state import part_path

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.5
_JOB = "job-"


class TrainingMachine(WorkerPlugin):  # type: ignore[misc]
    """Trains what the worker is asked to, one at a time.

    Args:
        trainer: runs the child process.
        folder: where texts and weights lie while a training runs.
    """

    name = PLUGIN

    def __init__(self, trainer: LocalTrainer, folder: Path) -> None:
        self._trainer = trainer
        self._folder = folder
        self._worker: Worker | None = None

    def setup(self, worker: Worker) -> None:
        """Begin with a clean folder: what a killed worker left behind is removed."""
        self._worker = worker
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in self._folder.glob(f"{_JOB}*"):
            with (left / "lock").open("a") as lock, contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)

    async def train(self, parcel: dict[str, Any]) -> None:
        """Train as a parcel says; what comes of it lies at the scheduler then."""
        assert self._worker is not None
        link = _Link(self._worker, str(parcel["number"]), str(parcel["topic"]))
        link.tell("begun", machine=self._worker.name)
        with self._own_folder() as folder:
            outcome = await self._outcome(parcel, folder, link)
        if outcome is not None:
            await link.lay_down("outcome", outcome)
            link.tell("ended")

    @contextmanager
    def _own_folder(self) -> Iterator[Path]:
        """Yield a folder for one training; it is removed with all its texts."""
        folder = Path(tempfile.mkdtemp(prefix=_JOB, dir=self._folder))
        with (folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    async def _outcome(
        self, parcel: dict[str, Any], folder: Path, link: _Link
    ) -> dict[str, Any] | None:
        """Return how a training ended, None when nobody wants to know any more."""
        if parcel["format"] != FORMAT:
            return _broke(N_("The bot and this machine are of different versions: update both."))
        training: asyncio.Task[TrainDone] | None = None
        try:
            kept = await link.kept_state()
            request = await asyncio.to_thread(unpack_order, parcel, folder, kept)
            training = asyncio.create_task(self._trainer.train(request, link.pass_on))
            keeper = _Keeper(part_path(request.out), link)
            try:
                if not await _watch(training, keeper, parcel["keep_every_s"]):
                    return None
            except asyncio.CancelledError:  # this machine stops; another goes on from here
                await _stop(training)
                if link.connected():
                    await keeper.send()
                raise
            return await asyncio.to_thread(pack_result, request.out, training.result())
        except UserError as error:
            return {"kind": "refused", "message": str(error)}
        except OutOfMemoryError as error:
            return {"kind": "memory", "message": str(error)}
        except (TrainerError, OSError) as error:
            log.exception("a training failed on this machine")
            return _broke(f"{error}")
        finally:
            if training is not None:
                await _stop(training)


async def _stop(training: asyncio.Task[TrainDone]) -> None:
    """Let a training save its state and end, if it runs."""
    training.cancel()
    await asyncio.wait({training})


async def _watch(training: asyncio.Task[TrainDone], keeper: _Keeper, keep_every_s: float) -> bool:
    """Send the state back now and then; False when the training is no longer wanted."""
    looked_at = time.monotonic()
    while not training.done():
        await asyncio.wait({training}, timeout=_LOOK_EVERY_S)
        if not keeper.link.wanted():
            return False
        if time.monotonic() - looked_at >= keep_every_s and await keeper.send():
            looked_at = time.monotonic()
    return True


class _Keeper:
    """Lays a training's state down at the scheduler, when there is a new one."""

    def __init__(self, part: Path, link: _Link) -> None:
        self.link = link
        self._part = part
        self._sent = 0

    async def send(self) -> bool:
        """Send the state, if it is not the one that was sent; say whether it was."""
        changed, state = await asyncio.to_thread(_read_if_newer, self._part, self._sent)
        if state is None:
            return False
        try:
            await self.link.lay_down("state", state)
        except OSError as error:
            log.warning("a training's state cannot be sent: %s", error)
            return False
        self.link.tell("kept")
        self._sent = changed
        return True


def _read_if_newer(path: Path, than_ns: int) -> tuple[int, bytes | None]:
    """Return when a file was written and what it holds, if it is there and newer."""
    try:
        with path.open("rb") as file:
            changed = os.fstat(file.fileno()).st_mtime_ns
            return changed, None if changed == than_ns else file.read()
    except FileNotFoundError:  # not written yet, or just over
        return than_ns, None


def _broke(message: str) -> dict[str, Any]:
    return {"kind": "broke", "message": message}


class _Link:
    """A training's way to the scheduler; everything is sent from here, nothing fetched."""

    def __init__(self, worker: Worker, number: str, topic: str) -> None:
        self._worker = worker
        self._number = number
        self._topic = topic

    def tell(self, event: str, **fields: Any) -> None:
        self._worker.log_event(self._topic, {"id": self._number, "event": event, **fields})

    def pass_on(self, event: TrainEvent) -> None:
        self.tell("start" if isinstance(event, TrainStarted) else "progress", **asdict(event))

    async def lay_down(self, what: str, value: Any) -> None:
        name = f"{self._number}-{what}"
        await self._worker.scheduler.variable_set(name=name, data=value, timeout="60s")

    async def kept_state(self) -> bytes | None:
        """Return the state that another worker sent back before it was lost."""
        name = f"{self._number}-state"
        try:
            record = await self._worker.scheduler.variable_get(name=name, timeout=0.1)
        except TimeoutError:
            return None
        return bytes(record["value"])

    def connected(self) -> bool:
        """Whether the scheduler is there, as far as this worker knows."""
        stream = self._worker.batched_stream
        return stream is not None and not stream.closed()

    def wanted(self) -> bool:
        """Whether the bot still waits for it, as far as the scheduler has told this worker.

        Dask does not stop what runs: it notes that the task was released, also when the
        bot's connection is lost, and leaves the rest to the task.
        """
        task = self._worker.state.tasks.get(self._number)
        return task is not None and task.state != "cancelled"
