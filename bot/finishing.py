"""What is told of a finished training, beside its message."""

from __future__ import annotations

import logging
from collections.abc import Callable

from bot.storage.records import JobStatus, TrainJob

log = logging.getLogger(__name__)

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
