"""How a job's message ends: its outcome, told until Discord has taken it."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence

from bot.storage.outcomes import OutcomeStore
from bot.storage.records import JobOutcome, TrainJob
from bot.training.progress import Report
from bot.training.progress_report import ProgressSink

log = logging.getLogger(__name__)

TELL_AGAIN_S = (5.0, 30.0, 120.0, 600.0)  # then the next start tells it


class OutcomeMessages:
    """Tells how jobs ended, however long Discord is away; nobody waits for it.

    What is not told yet is known to the database, so that a start tells what a crash,
    or an absence of Discord, kept from being told.
    """

    def __init__(
        self,
        outcomes: OutcomeStore,
        reports: ProgressSink,
        *,
        tell_again_s: Sequence[float] = TELL_AGAIN_S,
    ) -> None:
        self._outcomes = outcomes
        self._reports = reports
        self._tell_again_s = tuple(tell_again_s)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()

    async def tell_untold(self, owns: Callable[[int], bool]) -> None:
        """Begin to tell what an earlier process did not come to tell.

        Args:
            owns: says of a server's id whether this process tells its outcomes.
        """
        for job in await self._outcomes.untold():
            if owns(job.guild_id):
                self.deliver(job, job.outcome, None)

    def deliver(self, job: TrainJob, outcome: JobOutcome | None, report: Report | None) -> None:
        """See `bot.training.progress.OutcomeNotifier.deliver`."""
        task = asyncio.create_task(
            self._say(job, outcome, report), name=f"last words of job {job.train_job_id}"
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Let what is under way be said once, and no more."""
        self._closing.set()
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def _say(self, job: TrainJob, outcome: JobOutcome | None, report: Report | None) -> None:
        if report is not None:
            await report.close()
        if outcome is None:
            return
        try:
            if await self._told(job, outcome):
                await self._outcomes.set_told(job.train_job_id)
        except sqlite3.Error as error:
            log.warning("job %d is told again after a restart: %s", job.train_job_id, error)

    async def _told(self, job: TrainJob, outcome: JobOutcome) -> bool:
        """Show an outcome, and tell whether Discord took it."""
        for delay_s in (*self._tell_again_s, None):
            if await self._reports.end(job, outcome):
                return True
            if delay_s is None or self._closing.is_set():
                break
            try:
                async with asyncio.timeout(delay_s):
                    await self._closing.wait()
            except TimeoutError:
                continue
            break
        return False
