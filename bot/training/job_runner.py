"""The work on one training: to its end, whatever happens on the way, and to its last words."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.errors import TooFewMessagesError, UserError, database_busy, failure_sentence
from bot.locales.languages import speak
from bot.runtime.tasks import finish_before_cancel
from bot.storage.jobs import JobStore
from bot.storage.records import FailureReason, JobOutcome, JobStatus, TrainJob
from bot.text.formatting import without_quotations
from bot.training.pipeline import TrainingPipeline
from bot.training.progress import OutcomeNotifier
from bot.training.progress_report import ProgressReport

# Told of a job, how it ended, and for how many seconds this process worked on it.
OnFinish = Callable[[TrainJob, JobOutcome, float], None]

log = logging.getLogger(__name__)


class JobRunner:
    """Works on jobs, each in a task that the queue holds, and closes them."""

    def __init__(
        self,
        jobs: JobStore,
        run: TrainingPipeline,
        last_words: OutcomeNotifier,
        *,
        language_of: Callable[[int], Awaitable[str]],
        on_finish: OnFinish,
        retry_s: float,
    ) -> None:
        self._jobs = jobs
        self._training_run = run
        self._last_words = last_words
        self._language_of = language_of
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
        if not await self._jobs.finish(job.train_job_id, CANCELLED):
            return False
        await self._training_run.discard(job)
        self._say_last(job, CANCELLED, None)
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
        began = time.monotonic()
        try:
            if job.train_job_id in self._cancelled:
                raise asyncio.CancelledError
            speak(await self._language_of(job.guild_id))  # why it failed is kept in words
            outcome = await self._training_run.run(job, report)
        except asyncio.CancelledError:
            if job.train_job_id not in self._cancelled:
                raise  # the bot is stopping: the job goes on after the next start
            outcome = CANCELLED
        except UserError as error:
            log.info("train job %d: refused: %s", job.train_job_id, without_quotations(f"{error}"))
            outcome = failed(error)
        except Exception as error:
            if database_busy(error):
                raise  # it passes; the job goes on from where it is
            log.exception("train job %d failed", job.train_job_id)
            outcome = failed(error)
        job, outcome = await finish_before_cancel(self._closed(job, outcome, report))
        self._on_finish(job, outcome, time.monotonic() - began)
        self._say_last(job, outcome, report)

    async def _closed(
        self, job: TrainJob, outcome: JobOutcome, report: ProgressReport
    ) -> tuple[TrainJob, JobOutcome]:
        """Save how a job ended; return the job as it is then, and how it did end.

        What is quoted of a file is shown, and not kept.
        """
        if outcome.status is JobStatus.DONE:
            # Saved by the transaction that published its model.
            return await self._jobs.get(job.train_job_id), outcome
        # First the files, so that on a full disk the database has room to write.
        await self._training_run.discard(job)
        try:
            # Where that closes nothing, it was done a moment before somebody cancelled it.
            kept = _without_quotations(outcome)
            await self._jobs.finish(job.train_job_id, kept)
            ended = await self._jobs.get(job.train_job_id)
        except sqlite3.Error:
            self._say_last(job, outcome, report)  # said at least, if it cannot be saved
            raise
        return ended, outcome if ended.outcome in (None, kept) else ended.outcome

    def _say_last(
        self, job: TrainJob, outcome: JobOutcome | None, report: ProgressReport | None
    ) -> None:
        """Show how it ended; the next job need not wait for Discord."""
        self._last_words.deliver(job, None if self.is_silent(job) else outcome, report)


CANCELLED = JobOutcome(JobStatus.CANCELLED)


def _without_quotations(outcome: JobOutcome) -> JobOutcome:
    if outcome.reason is None:
        return outcome
    sentence = without_quotations(outcome.reason.sentence)
    return replace(outcome, reason=replace(outcome.reason, sentence=sentence))


def failed(error: Exception) -> JobOutcome:
    """Return the outcome of a training that an error ended."""
    least = error.least if isinstance(error, TooFewMessagesError) else None
    return JobOutcome(JobStatus.FAILED, FailureReason(failure_sentence(error), least))
