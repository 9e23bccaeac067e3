"""Progress is shown now and then, the latest of it, and never late."""

from __future__ import annotations

import asyncio

from bot.storage.records import JobStatus, TrainJob
from bot.training.progress import JobProgress, Preparing
from bot.training.progress_report import ProgressReport

JOB = TrainJob(1, 1, JobStatus.TRAINING, 1, 1, None, None, ())


class Shown:
    """Remembers what it was asked to show; each showing waits for `go`."""

    def __init__(self) -> None:
        self.shown: list[JobProgress] = []
        self.begun = asyncio.Event()
        self.go = asyncio.Event()

    async def show(self, job: TrainJob, progress: JobProgress) -> None:
        self.shown.append(progress)
        self.begun.set()
        await self.go.wait()


async def test_of_many_states_the_latest_is_shown() -> None:
    shown = Shown()
    report = ProgressReport(shown, JOB, interval_s=0.0)
    for number in range(100):
        report.update(Preparing(number))
    await shown.begun.wait()
    assert report.latest == Preparing(99)
    shown.go.set()
    await report.close()
    assert shown.shown == [Preparing(99)]


async def test_after_one_the_next_waits() -> None:
    shown = Shown()
    shown.go.set()
    report = ProgressReport(shown, JOB, interval_s=3600.0)
    report.update(Preparing(1))
    await shown.begun.wait()
    report.update(Preparing(2))
    await report.close()
    assert shown.shown == [Preparing(1)]


async def test_closing_waits_for_the_edit_under_way_and_shows_no_more() -> None:
    shown = Shown()
    report = ProgressReport(shown, JOB, interval_s=0.0)
    report.update(Preparing(1))
    await shown.begun.wait()
    report.update(Preparing(2))
    closing = asyncio.create_task(report.close())
    done, _ = await asyncio.wait({closing}, timeout=0.05)
    assert not done
    shown.go.set()
    await closing
    assert shown.shown == [Preparing(1)]
