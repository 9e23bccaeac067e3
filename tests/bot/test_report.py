"""Progress is shown now and then, the latest of it, and never late."""

from __future__ import annotations

import asyncio

from bot.storage.records import JobStatus, TrainJob
from bot.training.progress_report import ProgressReport

JOB = TrainJob(1, 1, JobStatus.TRAINING, 1, 1, None, None, ())


class Shown:
    """Remembers what it was asked to show; each showing waits for `go`."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.begun = asyncio.Event()
        self.go = asyncio.Event()

    async def show(self, job: TrainJob, text: str) -> None:
        self.texts.append(text)
        self.begun.set()
        await self.go.wait()


async def test_of_many_texts_the_latest_is_shown() -> None:
    shown = Shown()
    report = ProgressReport(shown, JOB, interval_s=0.0)
    for number in range(100):
        report.update(lambda number=number: f"step {number}")
    await shown.begun.wait()
    assert report.text() == "step 99"
    shown.go.set()
    await report.close()
    assert shown.texts == ["step 99"]


async def test_after_one_text_the_next_waits() -> None:
    shown = Shown()
    shown.go.set()
    report = ProgressReport(shown, JOB, interval_s=3600.0)
    report.update(lambda: "one")
    await shown.begun.wait()
    report.update(lambda: "two")
    await report.close()
    assert shown.texts == ["one"]


async def test_closing_waits_for_the_edit_under_way_and_shows_no_more() -> None:
    shown = Shown()
    report = ProgressReport(shown, JOB, interval_s=0.0)
    report.update(lambda: "one")
    await shown.begun.wait()
    report.update(lambda: "two")
    closing = asyncio.create_task(report.close())
    done, _ = await asyncio.wait({closing}, timeout=0.05)
    assert not done
    shown.go.set()
    await closing
    assert shown.texts == ["one"]
