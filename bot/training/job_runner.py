"""The work on one training: to its end, whatever happens on the way, and to its last words."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable

from bot.app.outcome_messages import OutcomeMessages
from bot.errors import UserError, database_busy, failure_sentence
from bot.presentation import training
from bot.runtime.tasks import finish_before_cancel
from bot.storage.jobs import JobStore
from bot.storage.records import JobStatus, TrainJob
from bot.training.pipeline import TrainingPipeline
from bot.training.progress_report import ProgressReport

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


log = logging.getLogger(__name__)


class JobRunner:
    """Works on jobs, each in a task that the queue holds, and closes them."""

    def __init__(
        self,
        jobs: JobStore,
        run: TrainingPipeline,
        last_words: OutcomeMessages,
        *,
        on_finish: OnFinish,
        retry_s: float,
    ) -> None:
        self._jobs = jobs
        self._training_run = run
        self._last_words = last_words
        self._on_finish = on_finish
        self._retry_s = retry_s
        self._cancelled: set[int] = set()
        self._silent: set[int] = set()  # jobs of servers that are forgotten

    def silence(self, job: TrainJob) -> None:
        """Tell nothing more of a job."""
        self._silent.add(job.train_job_id)

    def is_silent(self, job: TrainJob) -> bool:
        """Say whether nothing is to be told of a job."""
        return job.train_job_id in self._silent

    def cancel(self, job: TrainJob, task: asyncio.Task[None]) -> None:
        """End a job's task for good; one that is merely cancelled goes on after a restart."""
        self._cancelled.add(job.train_job_id)
        task.cancel()

    async def drop(self, job: TrainJob) -> bool:
        """Cancel a job that nobody works on; False when it has ended already."""
        text = training.cancelled()
        if not await self._jobs.finish(job.train_job_id, JobStatus.CANCELLED, text):
            return False
        await self._training_run.discard(job)
        self._say_last(job, text, None)
        return True

    async def work_on(self, job: TrainJob, report: ProgressReport) -> None:
        """Bring one job to its end, and begin to tell it."""
        try:
            await self._work(job, report)
        except (sqlite3.Error, OSError):
            # Not even the outcome could be saved: the job stays open and is tried again.
            log.exception("train job %d stands still for %s s", job.train_job_id, self._retry_s)
            await asyncio.sleep(self._retry_s)
        finally:
            self._say_last(job, None, report)

    async def _work(self, job: TrainJob, report: ProgressReport) -> None:
        status, began = JobStatus.DONE, time.monotonic()
        try:
            if job.train_job_id in self._cancelled:
                raise asyncio.CancelledError
            text = await self._training_run.run(job, report)
        except asyncio.CancelledError:
            if job.train_job_id not in self._cancelled:
                raise  # the bot is stopping: the job goes on after the next start
            status, text = JobStatus.CANCELLED, training.cancelled()
        except UserError as error:
            log.info("train job %d: refused: %s", job.train_job_id, error)
            status, text = JobStatus.FAILED, training.failed(str(error))
        except Exception as error:
            if database_busy(error):
                raise  # it passes; the job goes on from where it is
            log.exception("train job %d failed", job.train_job_id)
            status, text = JobStatus.FAILED, training.failed(failure_sentence(error))
        status, text = await finish_before_cancel(self._closed(job, status, text, report))
        self._on_finish(job, status, time.monotonic() - began)
        self._say_last(job, text, report)

    async def _closed(
        self, job: TrainJob, status: JobStatus, text: str, report: ProgressReport
    ) -> tuple[JobStatus, str]:
        """Save how a job ended; return how it did, and its words."""
        if status is JobStatus.DONE:
            return status, text  # saved by the transaction that published its model
        # First the files, so that on a full disk the database has room to write.
        await self._training_run.discard(job)
        try:
            if await self._jobs.finish(job.train_job_id, status, text):
                return status, text
        except sqlite3.Error:
            self._say_last(job, text, report)  # said at least, if it cannot be saved
            raise
        # It was done a moment before somebody cancelled it.
        ended = await self._jobs.get(job.train_job_id)
        return ended.status, ended.outcome or text

    def _say_last(self, job: TrainJob, text: str | None, report: ProgressReport | None) -> None:
        """Show how it ended; the next job need not wait for Discord."""
        self._last_words.deliver(job, None if self.is_silent(job) else text, report)
