"""The one message that shows a job's progress, edited now and then."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Protocol

from bot.storage.records import JobOutcome, TrainJob
from bot.training.progress import JobProgress

EDIT_INTERVAL_S = 3.0
LATER_INTERVAL_S = 20.0  # Discord limits edits of messages older than an hour
CLOSE_S = 10.0
_LATER_AFTER_S = 1800.0


class ProgressSink(Protocol):
    """Where progress is shown."""

    async def show(self, job: TrainJob, progress: JobProgress) -> None:
        """Show in the job's message how it stands; what Discord refuses is logged, not raised."""
        ...

    async def end(self, job: TrainJob, outcome: JobOutcome) -> bool:
        """Show how it ended; False where Discord did not take it, and might later."""
        ...


class ProgressReport:
    """Shows the latest of many states of a job, at most one every few seconds."""

    def __init__(
        self, reports: ProgressSink, job: TrainJob, *, interval_s: float = EDIT_INTERVAL_S
    ) -> None:
        self._reports = reports
        self._job = job
        self._interval_s = interval_s
        self._latest: JobProgress | None = None
        self._changed = asyncio.Event()
        self._hurry = asyncio.Event()
        self._closed = False
        self._began = time.monotonic()
        self._task = asyncio.create_task(self._run(), name=f"report of job {job.train_job_id}")

    def update(self, progress: JobProgress) -> None:
        """Show this when it is time, unless something newer comes first."""
        self._latest = progress
        self._changed.set()

    @property
    def latest(self) -> JobProgress | None:
        """How the job stands, shown already or not."""
        return self._latest

    async def close(self) -> None:
        """Show nothing more; an edit under way is let through, so that it cannot come late."""
        self._closed = True
        self._changed.set()
        self._hurry.set()
        await asyncio.wait({self._task}, timeout=CLOSE_S)
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self) -> None:
        shown: JobProgress | None = None
        while True:
            await self._changed.wait()
            self._changed.clear()
            latest = self._latest
            if self._closed:
                return
            if latest is not None and latest != shown:
                await self._reports.show(self._job, latest)
                shown = latest
            late = time.monotonic() - self._began > _LATER_AFTER_S
            pause_s = max(self._interval_s, LATER_INTERVAL_S if late else 0.0)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._hurry.wait()
