"""A training in figures and with its curve, for those who ask."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.plots.renderer import Drawing
from bot.runtime.data_folder import DataFolder
from bot.storage.jobs import JobStore
from bot.storage.records import JobOutcome, TrainJob, TrainMetrics
from bot.training.loss_curve import CurvePoints, curve_of


@dataclass(frozen=True, slots=True)
class TrainingDetails:
    """One training that made a version.

    Attributes:
        epochs: passes over the messages; None where no curve was kept.
        picture: its curve as a PNG file; None where there is none, or it cannot be drawn.
    """

    job: TrainJob
    outcome: JobOutcome
    metrics: TrainMetrics
    epochs: float | None
    picture: bytes | None


class TrainingHistory:
    """Looks up trainings, and draws their curves one at a time."""

    def __init__(self, jobs: JobStore, folder: DataFolder, drawing: Drawing) -> None:
        self._jobs = jobs
        self._folder = folder
        self._drawing = drawing
        self._drawing_now = asyncio.Lock()

    async def details(self, train_job_id: int, guild_id: int) -> TrainingDetails | None:
        """Return what is known of a server's training; None where there is no such, or no more."""
        try:
            job = await self._jobs.get(train_job_id)
        except KeyError:
            return None
        outcome = job.outcome
        if job.guild_id != guild_id or outcome is None or outcome.metrics is None:
            return None
        kept = await asyncio.to_thread(CurvePoints, self._folder.curve(train_job_id))
        curve = curve_of(kept.points, outcome.metrics)
        picture = None
        if curve is not None:
            async with self._drawing_now:
                picture = await self._drawing.picture(curve)
        epochs = kept.points[-1].epoch if kept.points else None
        return TrainingDetails(job, outcome, outcome.metrics, epochs, picture)
