"""The queue of training jobs: servers take turns, over restarts."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from bot.storage.jobs import JobStore
from bot.storage.queue import Limits, QueueStore
from bot.storage.records import WHAT_IS_NEW, TrainingScope, TrainJob
from bot.training.job_runner import JobRunner
from bot.training.progress import JobProgress, OutcomeNotifier, QueueStatus
from bot.training.progress_report import ProgressReport, ProgressSink
from bot.training.queue_positions import QueueView

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Submission:
    """A queued job and how many come before it."""

    job: TrainJob
    place: int


@dataclass(frozen=True, slots=True)
class _Running:
    task: asyncio.Task[None]
    report: ProgressReport


class QueueWorker:
    """Works through the queue, so many trainings at a time as `slots` says, no server's twice.

    The truth is in the database: what a restart interrupts is taken up again,
    because its status still says that it runs.
    """

    def __init__(
        self,
        jobs: JobStore,
        turns: QueueStore,
        work: JobRunner,
        reports: ProgressSink,
        last_words: OutcomeNotifier,
        *,
        slots: Callable[[], int],
        limits: Limits,
        edit_interval_s: float,
        retry_s: float,
        poll_s: float,
    ) -> None:
        self._jobs = jobs
        self._turns = turns
        self._work = work
        self._reports = reports
        self._last_words = last_words
        self._slots = slots
        self._limits = limits
        self._edit_interval_s = edit_interval_s
        self._retry_s = retry_s
        self._poll_s = poll_s
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()
        self._claiming = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._running: dict[int, _Running] = {}
        self._broken: set[int] = set()  # jobs that failed in a way nobody thought of
        self._view = QueueView(jobs, turns, slots)
        self._told_slots = slots()

    def start(self) -> None:
        """Begin with what is in the database; a second call does nothing."""
        if not self._tasks:
            for name, work in (
                ("train worker", self._run()),
                ("queue places", self._tell_places()),
                ("untold outcomes", self._tell_untold()),
            ):
                self._tasks.add(asyncio.create_task(work, name=name))

    async def close(self) -> None:
        """Stop; running jobs save their state and go on after the next start."""
        running = [running.task for running in self._running.values()]
        for task in (*self._tasks, *running):
            task.cancel()
        if self._tasks or running:
            await asyncio.wait({*self._tasks, *running})
        await self._last_words.close()

    async def submit(
        self,
        *,
        guild_id: int,
        channel_ids: tuple[int, ...],
        report_channel_id: int,
        before_id: int,
        scope: TrainingScope = WHAT_IS_NEW,
        furnish: Callable[[int], None] = lambda _: None,
        requested_by_id: int | None = None,
    ) -> Submission:
        """Queue a training; see `JobStore.add`.

        Raises:
            UserError: it is more than the server's share.
        """
        job = await self._jobs.add(
            guild_id=guild_id,
            channel_ids=channel_ids,
            report_channel_id=report_channel_id,
            before_id=before_id,
            scope=scope,
            furnish=furnish,
            requested_by_id=requested_by_id,
            limits=None if scope.erases else self._limits,  # who asks to be forgotten is heard
        )
        place = await self._view.place_of(job)
        self._view.told(place)
        showing = asyncio.create_task(self._reports.show(job, place.queued), name="queued")
        self._wake.set()  # not after Discord has answered: the job can begin meanwhile
        self._moved.set()  # others may come after it now
        await showing
        return Submission(job, place.queued.ahead)

    async def open(self, guild_id: int) -> list[TrainJob]:
        """Return a server's trainings that run or wait."""
        return await self._jobs.open_jobs(guild_id)

    async def cancel(self, guild_id: int, *, requested_by_id: int | None = None) -> int:
        """Stop a server's trainings, running and waiting, and return how many there were.

        Args:
            guild_id: the server.
            requested_by_id: only those that this member asked for; None: all.
        """
        count = 0
        for job in reversed(await self._jobs.open_jobs(guild_id)):
            if requested_by_id in (None, job.requested_by_id):
                count += await self._cancel(job)
        self._moved.set()
        return count

    async def forget(self, guild_id: int) -> None:
        """Stop all of a server's trainings without a word, and wait until they have ended."""
        for job in reversed(await self._jobs.open_jobs(guild_id)):
            self._work.silence(job)
            await self._cancel(job)
            running = self._running.get(job.train_job_id)
            if running is not None:
                await asyncio.wait({running.task})
        self._moved.set()

    async def status(self, guild_id: int) -> QueueStatus:
        """Return how a server's trainings stand."""
        found: list[JobProgress] = []
        for job in await self._jobs.open_jobs(guild_id):
            running = self._running.get(job.train_job_id)
            latest = running.report.latest if running else None
            found.append(latest or (await self._view.place_of(job)).queued)
        last = None if found else await self._jobs.last_finished(guild_id)
        return QueueStatus(tuple(found), last)

    async def cancel_job(self, train_job_id: int) -> bool:
        """Stop one training; False when it has ended already."""
        cancelled = await self._cancel(await self._jobs.get(train_job_id))
        self._moved.set()
        return cancelled

    async def _cancel(self, job: TrainJob) -> bool:
        async with self._claiming:  # so that it does not begin meanwhile
            running = self._running.get(job.train_job_id)
            if running is None:
                # It waits in the queue, or a restart interrupted it and it waits for a slot.
                return await self._work.drop(job)
            self._work.cancel(job, running.task)
            return True

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._fill_slots()
            except (sqlite3.Error, OSError):
                log.exception("the queue stands still for %s s", self._retry_s)
                await asyncio.sleep(self._retry_s)
                continue
            with suppress(TimeoutError):  # another process may queue one too
                async with asyncio.timeout(self._poll_s):
                    await self._wake.wait()

    async def _fill_slots(self) -> None:
        if self._slots() != self._told_slots:  # machines have come or gone
            self._told_slots = self._slots()
            self._moved.set()
        while len(self._running) < self._slots():
            async with self._claiming:
                train_job_id = await self._turns.claim(
                    self._running, slots=self._slots(), broken=self._broken
                )
                if train_job_id is None:
                    return
                self._begin(await self._jobs.get(train_job_id))

    def _begin(self, job: TrainJob) -> None:
        report = ProgressReport(self._reports, job, interval_s=self._edit_interval_s)
        task = asyncio.create_task(
            self._work.work_on(job, report), name=f"train job {job.train_job_id}"
        )
        self._running[job.train_job_id] = _Running(task, report)
        task.add_done_callback(lambda task: self._free(job, task))
        self._moved.set()

    def _free(self, job: TrainJob, task: asyncio.Task[None]) -> None:
        del self._running[job.train_job_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("train job %d waits for a restart", job.train_job_id, exc_info=error)
            self._broken.add(job.train_job_id)
        self._wake.set()
        self._moved.set()

    async def _tell_untold(self) -> None:
        try:
            await self._last_words.tell_untold(self._turns.owns)
        except sqlite3.Error as error:
            log.warning("what was not told is told after the next start: %s", error)

    async def _tell_places(self) -> None:
        """Keep the messages of waiting jobs up to date."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            try:
                news = await self._view.news()
            except sqlite3.Error as error:
                log.warning("places in the queue are not told: %s", error)
                continue
            for place in news:
                job = place.job
                if job.train_job_id not in self._running and not self._work.is_silent(job):
                    self._view.told(place)
                    await self._reports.show(job, place.queued)
