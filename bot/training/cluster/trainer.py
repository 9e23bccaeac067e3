"""Trains on the machines of a Dask cluster, with the interface of the local trainer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.errors import OutOfMemoryError, TrainerError, UserError
from bot.runtime.addresses import SchedulerAddress
from bot.runtime.data_folder import fsync_folder
from bot.training.cluster.bridge_process import IDLE, LOST, BridgeProcess, Events
from bot.training.cluster.parcels import came_path
from bot.training.cluster.verifying import ResultError, check_result
from bot.training.trainer import (
    DONE,
    PROGRESS,
    STARTED,
    OnEvent,
    TrainDone,
    TrainRequest,
    TrainWaiting,
)
from textgen_core.training.state import part_path

log = logging.getLogger(__name__)

AGAIN_S = 5.0
_MOST_BEGINNINGS = 4  # a training that ends machine after machine is not tried on all of them
_MOST_WORDS = 500


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """How to train elsewhere.

    Attributes:
        scheduler: where Dask's scheduler is.
        certs: the folder with the certificates, None on the loopback.
        resource: what a worker must have: "CPU", which all have, or "GPU".
        keep_every_s: how often a training's state is sent back.
    """

    scheduler: SchedulerAddress
    certs: Path | None = None
    resource: str = "CPU"
    keep_every_s: float = 300.0


class ClusterTrainer:
    """Hands trainings to other machines; `start` first, `close` last."""

    def __init__(self, options: ClusterOptions, *, again_s: float = AGAIN_S) -> None:
        self._options = options
        certs = "" if options.certs is None else str(options.certs)
        arguments = (str(options.scheduler), certs, options.resource)
        self._bridge = BridgeProcess(arguments, again_s=again_s)

    def start(self) -> None:
        """Look for the scheduler."""
        self._bridge.start()

    async def close(self) -> None:
        """Let go of the scheduler; the workers stop what this bot had asked for."""
        await self._bridge.close()

    def capacity(self) -> int | None:
        """Return how many machines there are; see `Trainer.capacity`."""
        return self._bridge.workers

    async def train(self, request: TrainRequest, on_event: OnEvent) -> TrainDone:
        """See `Trainer.train`; what a machine gets wrong is done once more by another."""
        avoid: str | None = None
        while True:
            attempt = _Attempt(request, on_event)
            try:
                return await self._attempt(attempt, avoid)
            except OutOfMemoryError:
                raise
            except TrainerError as error:
                log.error("machine %s failed at a training: %s", attempt.worker, error)
                if avoid is not None:
                    raise TrainerError(
                        "Two training machines failed ({avoid} and {worker}); the last: "
                        "{error}. Whoever runs the bot must look at them, then train "
                        "again.",
                        avoid=avoid,
                        worker=attempt.worker,
                        error=error.said,
                    ) from None
                avoid = attempt.worker

    async def _attempt(self, attempt: _Attempt, avoid: str | None) -> TrainDone:
        """Train until it is done, over lost schedulers and machines."""
        while True:
            if not self._bridge.workers:
                attempt.on_event(TrainWaiting())
            await self._bridge.ready()
            number = f"textgen-{secrets.token_hex(12)}"
            events = self._bridge.listen(number)
            try:
                self._bridge.send(self._order(number, attempt.request, avoid))
                ended = await attempt.follow(events)
            finally:
                self._bridge.leave(number)
            if ended is not None:
                return await attempt.conclude(ended)

    def _order(self, number: str, request: TrainRequest, avoid: str | None) -> dict[str, Any]:
        names = ("seed", "budget_s", "batch_targets", "epochs", "learning_rate")
        return {
            "do": "train",
            "number": number,
            "corpus": str(request.corpus),
            "out": str(request.out),
            "base": str(request.base),
            "against": None if request.against is None else str(request.against),
            "options": {name: getattr(request, name) for name in names},
            "keep_every_s": self._options.keep_every_s,
            "avoid": avoid,
        }


class _Attempt:
    """One training as it is told of; what a machine says is believed only if it has the form."""

    def __init__(self, request: TrainRequest, on_event: OnEvent) -> None:
        self.request = request
        self.on_event = on_event
        self.worker = "unknown"
        self._beginnings = 0

    async def follow(self, events: Events) -> dict[str, Any] | None:
        """Pass on what is told; return what ended it, None if it is lost."""
        tell: dict[str, Callable[[Any], Any]] = {
            "start": STARTED.validate_python,
            "progress": PROGRESS.validate_python,
        }
        while True:
            message = await events.get()
            event = message.pop("event")
            if event == LOST["event"]:
                return None
            if event == "lost":
                self._count()  # the scheduler is there, and gave it up all the same
                return None
            if event == IDLE["event"]:
                self.on_event(TrainWaiting())
            if event == "begun":
                self.worker = str(message.get("machine"))[:80]
                log.info("machine %s trains", self.worker)
                self._count()
            elif event in tell:
                with contextlib.suppress(ValidationError):
                    self.on_event(tell[event](message))
            elif event == "ended":
                return message

    def _count(self) -> None:
        self._beginnings += 1
        if self._beginnings > _MOST_BEGINNINGS:
            raise TrainerError("machine after machine was lost while it trained")

    async def conclude(self, ended: dict[str, Any]) -> TrainDone:
        """Return how it went, its checkpoint in place if it is sound."""
        kind, words = ended.get("kind"), str(ended.get("message", ""))[:_MOST_WORDS]
        if kind == "done":
            return await asyncio.to_thread(self._take, ended.get("done"))
        if kind == "memory":
            raise OutOfMemoryError(words)
        if kind == "refused":
            raise UserError(words)
        if kind == "corrupt":
            raise ResultError(f"its model arrived damaged ({words})")
        raise TrainerError(words or "it gave no reason")

    def _take(self, figures: Any) -> TrainDone:
        out = self.request.out
        came = came_path(out)
        try:
            done = DONE.validate_python(figures)
            check_result(came, self.request.corpus, done.bits_per_char_after)
            came.replace(out)
        except ValidationError:
            raise ResultError("its figures have the wrong form") from None
        finally:
            came.unlink(missing_ok=True)
        fsync_folder(out.parent)
        part_path(out).unlink(missing_ok=True)
        return done
