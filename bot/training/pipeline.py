"""What one training job does: read, learn, publish."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

from bot.corpus.builder import Collector, CorpusBuilder
from bot.errors import OutOfMemoryError
from bot.models.inference import Inference
from bot.models.sealing import Sealing
from bot.models.versions import Versions
from bot.runtime.data_folder import DataFolder
from bot.runtime.foreign_files import ForeignFiles
from bot.runtime.tasks import finish_before_cancel
from bot.storage.author_tokens import AuthorTokenStore
from bot.storage.jobs import JobStore
from bot.storage.models import ModelStore
from bot.storage.outcomes import OutcomeStore
from bot.storage.privacy import PrivacyStore
from bot.storage.records import (
    ChosenRecipe,
    JobOutcome,
    JobStatus,
    ModelRecord,
    TrainJob,
    TrainMetrics,
)
from bot.training import progress
from bot.training.loss_curve import CurvePoint, CurvePoints
from bot.training.progress_report import ProgressReport
from bot.training.trainer import (
    OnEvent,
    TrainDone,
    Trainer,
    TrainEvent,
    TrainProgress,
    TrainRequest,
    TrainStarted,
    TrainWaiting,
)
from bot.training.tuning import RECIPES, Tuning, best_of
from textgen_core import GenerationOptions

log = logging.getLogger(__name__)

_Train = Callable[[TrainRequest], Awaitable[TrainDone]]
SAMPLES = 3
SMALLER_BATCH_TARGETS = 256  # half of the least that a corpus suggests


class TrainingPipeline:
    """Brings a job from wherever it stands to a published model.

    Each step is safe to be taken twice, so a crash costs at most the step.
    """

    def __init__(
        self,
        *,
        jobs: JobStore,
        outcomes: OutcomeStore,
        models: ModelStore,
        folder: DataFolder,
        collector: Collector,
        trainer: Trainer,
        inference: Inference,
        versions: Versions,
        sealing: Sealing,
        privacy: PrivacyStore,
        voices: AuthorTokenStore,
        files: ForeignFiles,
        base: Path,
        budget_s: float | None = None,
    ) -> None:
        self._jobs = jobs
        self._outcomes = outcomes
        self._models = models
        self._folder = folder
        self._reading = CorpusBuilder(jobs, models, voices, folder, collector, files)
        self._trainer = trainer
        self._inference = inference
        self._versions = versions
        self._sealing = sealing
        self._privacy = privacy
        self._base = base
        self._budget_s = budget_s

    async def run(self, job: TrainJob, report: ProgressReport) -> JobOutcome:
        """Finish a job and return its outcome.

        Raises:
            UserError: it cannot be done, and why.
        """
        record = await self._models.of_job(job.train_job_id)
        if record is None:
            if job.status is not JobStatus.TRAINING or not self._corpus(job).exists():
                job = await self._reading.build(job, report.update)
            record = await self._train(job, report)
        return await finish_before_cancel(self._publish(job, record))

    async def sweep(self, *, alone: bool) -> None:
        """Remove files and versions that a crash kept from being removed.

        Args:
            alone: whether no other process has the data folder, who may be making some
                of them.
        """
        await self._remove_outlived()
        await self._jobs.sweep(self._folder.forget_jobs_except)
        if not alone:
            return
        needed = {job.train_job_id for job in await self._jobs.open_jobs()}
        needed |= await self._models.job_ids()
        await asyncio.to_thread(self._folder.forget_curves_except, needed)
        await self._versions.sweep()

    async def discard(self, job: TrainJob) -> None:
        """Remove what a job without success has left behind."""
        record = await self._models.of_job(job.train_job_id)
        await asyncio.to_thread(self._folder.forget_job, job.train_job_id)
        await asyncio.to_thread(self._folder.forget_curve, job.train_job_id)
        if record is not None and not record.published:
            await self._versions.remove(record)

    def _corpus(self, job: TrainJob) -> Path:
        return self._folder.corpus(job.train_job_id)

    async def _train(self, job: TrainJob, report: ProgressReport) -> ModelRecord:
        report.update(progress.Preparing(job.messages))
        parent, against = await self._parent(job)
        request = TrainRequest(
            corpus=self._corpus(job),
            out=self._folder.trained(job.train_job_id),
            base=self._folder.base(job.train_job_id) if job.base_version else self._base,
            seed=job.train_job_id,
            budget_s=self._budget_s,
            against=against,
            batch_targets=job.batch_targets,
        )
        done = await self._learn(job, request, report)
        before = done.bits_per_char_against
        metrics = TrainMetrics(
            messages=job.messages,
            bits_per_char_before=done.bits_per_char_before if before is None else before,
            bits_per_char_after=done.bits_per_char_after,
            train_s=done.train_s,
        )
        return await finish_before_cancel(
            self._models.add(
                guild_id=job.guild_id,
                train_job_id=job.train_job_id,
                parent_id=None if parent is None else parent.model_id,
                metrics=metrics,
                path_of=lambda version: self._folder.model_path(job.guild_id, version),
            )
        )

    async def _parent(self, job: TrainJob) -> tuple[ModelRecord | None, Path | None]:
        """Return what the new version is to take the place of, and what to score it against.

        A version that is trained further is scored as what training begins with.
        """
        if job.base_version:
            return await self._models.find(job.guild_id, str(job.base_version)), None
        parent = await self._models.current(job.guild_id)
        return parent, None if parent is None else self._folder.absolute(parent.path)

    async def _learn(
        self, job: TrainJob, request: TrainRequest, report: ProgressReport
    ) -> TrainDone:
        """Train; if memory runs out, once more with smaller steps."""
        train = await self._way(job, report)
        try:
            return await train(request)
        except OutOfMemoryError:
            if request.batch_targets is not None:
                raise
            log.warning("train job %d: memory ran out, again with less", job.train_job_id)
        await self._jobs.set_batch_targets(job.train_job_id, SMALLER_BATCH_TARGETS)
        report.update(progress.TryingSmallerSteps(job.messages))
        return await train(replace(request, batch_targets=SMALLER_BATCH_TARGETS))

    async def _way(self, job: TrainJob, report: ProgressReport) -> _Train:
        """Return what trains: by the usual recipe, or by the best of several."""
        place = self._folder.tuning(job.train_job_id)
        if await asyncio.to_thread(place.is_dir):
            tuning = Tuning(
                place,
                self._trainer,
                budget_s=self._budget_s,
                show=lambda events, done: report.update(_tuning(job.messages, events, done)),
            )
            return lambda request: tuning.best(request, job.messages)
        points = await asyncio.to_thread(CurvePoints, self._folder.curve(job.train_job_id))
        show = _shown(job, report, points)
        return lambda request: self._trainer.train(request, show)

    async def _publish(self, job: TrainJob, record: ModelRecord) -> JobOutcome:
        """Let the server speak with a new version, if it is better than the former one.

        Readers see the old one or the new: its engine is there before it is theirs.
        """
        await asyncio.to_thread(self._sealing.seal_trained, job.train_job_id)
        await asyncio.to_thread(self._folder.publish, job.train_job_id, record.path)
        samples = await self._inference.sample(
            record, GenerationOptions(n=SAMPLES, max_chars=200, seed=record.model_id)
        )
        metrics = record.metrics
        assert metrics is not None
        # Who speaks with the base model goes on with it, unless the new one is better.
        speaks = await self._models.current(job.guild_id) is not None
        outcome = JobOutcome(
            status=JobStatus.DONE,
            metrics=metrics,
            samples=tuple(samples),
            version=record.version,
            is_live=metrics.improved or (job.scope.erases and speaks),
            recipe=await self._recipe_of(job, metrics),
        )
        async with self._inference.changing:
            await self._models.publish(record, outcome, live=outcome.is_live)
            if outcome.is_live:
                self._inference.swap(record)
        await asyncio.to_thread(self._folder.forget_job, job.train_job_id)
        await self._versions.prune(job.guild_id)
        if job.scope.erases:
            await self._remove_outlived()
        return outcome

    async def _recipe_of(self, job: TrainJob, metrics: TrainMetrics) -> ChosenRecipe | None:
        """Return the best recipe of a tuning, None for a job that was not tuned."""
        folder = self._folder.tuning(job.train_job_id)
        tried = await asyncio.to_thread(best_of, folder, metrics.messages)
        if tried is None:
            return None
        return ChosenRecipe(RECIPES, tried.recipe.epochs, tried.recipe.learning_rate)

    async def _remove_outlived(self) -> None:
        """Remove the versions that a member's erasure has had replaced."""
        for path in await self._privacy.drop_outlived():
            await asyncio.to_thread(self._folder.absolute(path).unlink, missing_ok=True)


def _tuning(
    messages: int, events: Mapping[int, TrainEvent], done: Mapping[int, TrainDone]
) -> progress.Tuning:
    """Return how far the recipes of a training have come."""
    running = [
        event
        for number, event in events.items()
        if number not in done and isinstance(event, TrainProgress)
    ]
    return progress.Tuning(messages, RECIPES, tuple(running), tuple(done.values()))


def _shown(job: TrainJob, report: ProgressReport, points: CurvePoints) -> OnEvent:
    """Return what shows a training's events in its message, and keeps its curve."""
    start: TrainStarted | None = None

    def show(event: TrainEvent) -> None:
        nonlocal start
        if isinstance(event, TrainProgress):
            report.update(progress.Training(start, event))
            points.add(CurvePoint(event.epoch, event.train_bits_per_char, event.val_bits_per_char))
        elif isinstance(event, TrainWaiting):
            report.update(progress.WaitingForMachine(job.messages))
        else:
            start = event
            if not event.resumed:
                points.clear()
            how = "goes on" if event.resumed else "begins"
            where = f"{event.device} in {event.precision}"
            log.info("train job %d: training %s on %s", job.train_job_id, how, where)

    return show
