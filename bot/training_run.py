"""What one training job does: read, learn, publish."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from bot import progress_text, reading_text
from bot.cancellation import to_its_end
from bot.data_folder import DataFolder
from bot.inference import Inference
from bot.reading import Collector, Reading
from bot.report import ProgressReport
from bot.storage.jobs import JobStore
from bot.storage.models import ModelStore
from bot.storage.records import JobStatus, ModelRecord, TrainJob, TrainMetrics
from bot.trainer import Trainer, TrainEvent, TrainProgress, TrainRequest, TrainStarted
from textgen_core import GenerationOptions

log = logging.getLogger(__name__)

SAMPLES = 3


class TrainingRun:
    """Brings a job from wherever it stands to a published model.

    Each step is safe to be taken twice, so a crash costs at most the step.
    """

    def __init__(
        self,
        *,
        jobs: JobStore,
        models: ModelStore,
        folder: DataFolder,
        collector: Collector,
        trainer: Trainer,
        inference: Inference,
        base: Path,
        budget_s: float | None = None,
    ) -> None:
        self._jobs = jobs
        self._models = models
        self._folder = folder
        self._reading = Reading(jobs, models, folder, collector)
        self._trainer = trainer
        self._inference = inference
        self._base = base
        self._budget_s = budget_s

    async def run(self, job: TrainJob, report: ProgressReport) -> str:
        """Finish a job and return the words that tell its outcome.

        Raises:
            UserError: it cannot be done, and why.
        """
        record = await self._models.of_job(job.train_job_id)
        if record is None:
            if job.status is not JobStatus.TRAINING or not self._corpus(job).exists():
                job = await self._reading.read(job, report)
            record = await self._train(job, report)
        return await to_its_end(self._publish(job, record))

    async def sweep(self) -> None:
        """Remove texts that a crash kept from being removed."""
        await self._jobs.sweep(self._folder.forget_jobs_except)

    async def discard(self, job: TrainJob) -> None:
        """Remove what a job without success has left behind."""
        record = await self._models.of_job(job.train_job_id)
        await asyncio.to_thread(self._folder.forget_job, job.train_job_id)
        if record is not None and record != await self._models.current(job.guild_id):
            self._folder.absolute(record.path).unlink(missing_ok=True)
            await self._models.drop(record)

    def _corpus(self, job: TrainJob) -> Path:
        return self._folder.corpus(job.train_job_id)

    async def _train(self, job: TrainJob, report: ProgressReport) -> ModelRecord:
        report.update(lambda: progress_text.starting(job.messages))
        start: TrainStarted | None = None

        def show(event: TrainEvent) -> None:
            nonlocal start
            if isinstance(event, TrainProgress):
                now, since = event, start
                report.update(lambda: progress_text.training(since, now))
            else:
                start = event
                how = "goes on" if event.resumed else "begins"
                log.info("train job %d: training %s on %s", job.train_job_id, how, event.device)

        request = TrainRequest(
            corpus=self._corpus(job),
            out=self._folder.trained(job.train_job_id),
            base=self._folder.base(job.train_job_id) if job.base_version else self._base,
            seed=job.train_job_id,
            budget_s=self._budget_s,
        )
        done = await self._trainer.train(request, show)
        metrics = TrainMetrics(
            messages=job.messages,
            bits_per_char_before=done.bits_per_char_before,
            bits_per_char_after=done.bits_per_char_after,
            train_s=done.train_s,
        )
        return await to_its_end(
            self._models.add(
                guild_id=job.guild_id,
                train_job_id=job.train_job_id,
                metrics=metrics,
                path_of=lambda version: self._folder.model_path(job.guild_id, version),
            )
        )

    async def _publish(self, job: TrainJob, record: ModelRecord) -> str:
        """Let the server speak with a new version; readers see the old one or the new."""
        await asyncio.to_thread(self._folder.publish, job.train_job_id, record.path)
        samples = await self._inference.sample(
            record, GenerationOptions(n=SAMPLES, max_chars=200, seed=record.model_id)
        )
        read = reading_text.what_was_read(await self._jobs.get(job.train_job_id))
        text = progress_text.done(record.metrics, samples, read)
        await self._models.publish(record, text)
        self._inference.swap(record)
        await asyncio.to_thread(self._folder.forget_job, job.train_job_id)
        for old in await self._models.superseded(job.guild_id):
            self._folder.absolute(old.path).unlink(missing_ok=True)
            await self._models.drop(old)
        return text
