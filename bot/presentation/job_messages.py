"""What a job's message says: how the job stands, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence

from bot.corpus.progress import CorpusProgress, FileProgress
from bot.locales.messages import _
from bot.presentation import reading, training
from bot.storage.records import JobOutcome, JobStatus, TrainJob
from bot.training.progress import (
    JobProgress,
    Preparing,
    Queued,
    QueueStatus,
    Training,
    TryingSmallerSteps,
    Tuning,
    WaitingForMachine,
)


def progress_text(progress: JobProgress) -> str:
    """Tell how a job stands."""
    match progress:
        case Queued(ahead=0, idle=True):
            return training.queued_without_machine()
        case Queued(ahead, begins_at, file_name=name):
            return training.queued(ahead, begins_at, name)
        case CorpusProgress():
            return reading.collecting(progress)
        case FileProgress(name, messages, found):
            return reading.reading_file(name, found, messages)
        case Preparing(messages):
            return training.starting(messages)
        case Training(start, now):
            return training.training(start, now)
        case Tuning(messages, recipes, running, done):
            return training.tuning(messages, recipes, running, done)
        case WaitingForMachine(messages):
            return training.waiting_for_a_machine(messages)
        case TryingSmallerSteps(messages):
            return training.again_with_smaller_steps(messages)


def outcome_text(job: TrainJob, outcome: JobOutcome, samples: Sequence[str] = ()) -> str:
    """Tell how a job ended.

    Args:
        job: as it was at its end.
        outcome: its outcome.
        samples: those of its samples that may be shown.
    """
    if outcome.status is JobStatus.CANCELLED:
        return training.cancelled()
    if outcome.status is JobStatus.DONE:
        return _done_text(job, outcome, samples)
    reason = outcome.reason
    if reason is None:
        return training.failed("")
    if reason.least_messages is not None:
        return reading.too_few(job, reason.least_messages)
    return training.failed(reason.sentence)


def _done_text(job: TrainJob, outcome: JobOutcome, samples: Sequence[str]) -> str:
    if outcome.metrics is None:  # of a former release, which did not keep them
        return training.done_long_ago(job)
    if outcome.is_live or outcome.version is None:
        return training.done(job, outcome.metrics, samples)
    return training.kept_aside(job, outcome.version, outcome.metrics, samples)


def status_text(status: QueueStatus) -> str:
    """Tell how a server's trainings stand."""
    if status.open:
        return "\n".join(map(progress_text, status.open))
    last = status.last
    if last is not None and last.outcome is not None:
        told = outcome_text(last, last.outcome)
        return _("Nothing is training. The last training:\n{outcome}", outcome=told)
    return _("Nothing is training. Start with `!train #channel`.")
