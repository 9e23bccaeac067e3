"""The queue of training jobs: one at a time, over restarts."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from bot import progress_text
from bot.errors import UserError
from bot.failures import failure_sentence
from bot.report import EDIT_INTERVAL_S, ProgressReport, Reports
from bot.storage.jobs import JobStore
from bot.storage.records import WHAT_IS_NEW, JobStatus, Scope, TrainJob
from bot.training_run import TrainingRun

log = logging.getLogger(__name__)

RETRY_S = 30.0
POLL_S = 5.0

# Told of a job, how it ended, and for how many seconds this process worked on it.
OnFinish = Callable[[TrainJob, JobStatus, float], None]


def log_finish(job: TrainJob, status: JobStatus, job_s: float) -> None:
    """Write the one line of a finished job."""
    fields = {"train_job_id": job.train_job_id, "guild_id": job.guild_id, "status": status.value}
    log.info(
        "train job %d of server %d: %s after %.0f s",
        *(job.train_job_id, job.guild_id, status.value, job_s),
        extra={**fields, "job_s": round(job_s, 1)},
    )


@dataclass(frozen=True, slots=True)
class Submission:
    """A queued job and how many come before it."""

    job: TrainJob
    place: int


@dataclass(frozen=True, slots=True)
class _Running:
    job_id: int
    task: asyncio.Task[None]
    report: ProgressReport


class TrainWorker:
    """Works through the queue.

    The truth is in the database: what a restart interrupts is taken up again,
    because its status still says that it runs.
    """

    def __init__(
        self,
        jobs: JobStore,
        run: TrainingRun,
        reports: Reports,
        *,
        edit_interval_s: float = EDIT_INTERVAL_S,
        retry_s: float = RETRY_S,
        poll_s: float = POLL_S,
        on_finish: OnFinish = log_finish,
    ) -> None:
        self._jobs = jobs
        self._training_run = run
        self._reports = reports
        self._edit_interval_s = edit_interval_s
        self._retry_s = retry_s
        self._poll_s = poll_s
        self._on_finish = on_finish
        self._wake = asyncio.Event()
        self._loop_task: asyncio.Task[None] | None = None
        self._current: _Running | None = None
        self._cancelled: set[int] = set()

    def start(self) -> None:
        """Begin with what is in the database; a second call does nothing."""
        if self._loop_task is None:
            self._loop_task = asyncio.create_task(self._run(), name="train worker")

    async def close(self) -> None:
        """Stop; a running job saves its state and goes on after the next start."""
        if self._loop_task is not None:
            self._loop_task.cancel()
            await asyncio.wait({self._loop_task})

    async def submit(
        self,
        *,
        guild_id: int,
        channel_ids: tuple[int, ...],
        report_channel_id: int,
        before_id: int,
        scope: Scope = WHAT_IS_NEW,
        furnish: Callable[[int], None] = lambda _: None,
    ) -> Submission:
        """Queue a training; see `JobStore.add`.

        Raises:
            UserError: the server has one waiting already.
        """
        job = await self._jobs.add(
            guild_id=guild_id,
            channel_ids=channel_ids,
            report_channel_id=report_channel_id,
            before_id=before_id,
            scope=scope,
            furnish=furnish,
        )
        place = await self._jobs.place(job.train_job_id)
        await self._reports.show(job, progress_text.queued(place))
        self._wake.set()
        return Submission(job, place)

    async def cancel(self, guild_id: int) -> int:
        """Stop a server's trainings, running and waiting, and return how many there were."""
        count = 0
        for job in reversed(await self._jobs.open_jobs(guild_id)):
            text = progress_text.cancelled()
            if await self._jobs.cancel_queued(job.train_job_id, text):
                await self._training_run.discard(job)
                await self._reports.show(job, text)
                count += 1
            elif self._current is not None and self._current.job_id == job.train_job_id:
                self._cancelled.add(job.train_job_id)
                self._current.task.cancel()
                count += 1
        return count

    async def status(self, guild_id: int) -> str:
        """Tell how a server's trainings stand, the running one in the words of its message."""
        texts = []
        for job in await self._jobs.open_jobs(guild_id):
            place = await self._jobs.place(job.train_job_id)
            now = self._current
            shown = now.report.text() if now and now.job_id == job.train_job_id else None
            texts.append(shown or progress_text.queued(place))
        if not texts:
            last = await self._jobs.last_finished(guild_id)
            if last is not None and last.outcome:
                return f"Nothing is training now. The last training:\n{last.outcome}"
            return "Nothing is training, and nothing was: `train #channel` begins."
        return "\n".join(texts)

    async def _run(self) -> None:
        await self._training_run.sweep()
        while True:
            self._wake.clear()
            try:
                job = await self._jobs.next()
                if job is None:
                    with suppress(TimeoutError):  # another process may queue one too
                        await asyncio.wait_for(self._wake.wait(), self._poll_s)
                else:
                    await self._work_on(job)
                    await self._tell_places()
            except (sqlite3.Error, OSError):
                # Not even the outcome could be saved: the job stays open and is tried again.
                log.exception("the queue stands still for %s s", self._retry_s)
                await asyncio.sleep(self._retry_s)

    async def _work_on(self, job: TrainJob) -> None:
        report = ProgressReport(self._reports, job, interval_s=self._edit_interval_s)
        task = asyncio.create_task(self._work(job, report), name=f"train job {job.train_job_id}")
        self._current = _Running(job.train_job_id, task, report)
        try:
            await asyncio.wait({task})
        finally:
            # Only a stopping bot comes here with a task that still runs.
            task.cancel()
            await asyncio.wait({task})
            self._current = None
            await report.close()
        if not task.cancelled():
            task.result()

    async def _work(self, job: TrainJob, report: ProgressReport) -> None:
        """Bring one job to its end, whatever happens on the way."""
        status, began = JobStatus.DONE, time.monotonic()
        try:
            if job.train_job_id in self._cancelled:
                raise asyncio.CancelledError
            text = await self._training_run.run(job, report)
        except asyncio.CancelledError:
            if job.train_job_id not in self._cancelled:
                raise  # the bot is stopping: the job goes on after the next start
            status, text = JobStatus.CANCELLED, progress_text.cancelled()
        except UserError as error:
            log.info("train job %d: refused: %s", job.train_job_id, error)
            status, text = JobStatus.FAILED, progress_text.failed(str(error))
        except Exception as error:
            log.exception("train job %d failed", job.train_job_id)
            status, text = JobStatus.FAILED, progress_text.failed(failure_sentence(error))
        finally:
            self._cancelled.discard(job.train_job_id)
            await report.close()
        await asyncio.shield(self._close_job(job, status, text, time.monotonic() - began))

    async def _close_job(self, job: TrainJob, status: JobStatus, text: str, job_s: float) -> None:
        if status is not JobStatus.DONE:
            # First the files, so that on a full disk the database has room to write.
            await self._training_run.discard(job)
            try:
                closed = await self._jobs.finish(job.train_job_id, status, text)
            except sqlite3.Error:
                await self._reports.show(job, text)  # said at least, if it cannot be saved
                raise
            if not closed:
                # It was done a moment before somebody cancelled it.
                ended = await self._jobs.get(job.train_job_id)
                status, text = ended.status, ended.outcome or text
        self._on_finish(job, status, job_s)
        await self._reports.show(job, text)

    async def _tell_places(self) -> None:
        for place, job in enumerate(await self._jobs.open_jobs()):
            await self._reports.show(job, progress_text.queued(place))
