"""Rows of the database, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


def utc_now() -> str:
    """The present moment as the database writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class JobStatus(StrEnum):
    """Where a training job stands."""

    QUEUED = "queued"
    COLLECTING = "collecting"
    TRAINING = "training"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class JobChannel:
    """How far a job has read one channel.

    `corpus_bytes` is the length of the channel's file that belongs to
    `after_id`, the newest message read.
    """

    channel_id: int
    first_id: int | None = None
    after_id: int = 0
    messages: int = 0
    corpus_bytes: int = 0
    finished: bool = False


@dataclass(frozen=True, slots=True)
class TrainJob:
    """One asked-for training."""

    train_job_id: int
    guild_id: int
    status: JobStatus
    before_id: int
    report_channel_id: int
    report_message_id: int | None
    outcome: str | None
    channels: tuple[JobChannel, ...]

    @property
    def messages(self) -> int:
        """Usable messages collected so far, in all channels."""
        return sum(channel.messages for channel in self.channels)


@dataclass(frozen=True, slots=True)
class TrainMetrics:
    """What a finished training says of itself."""

    messages: int
    bits_per_char_before: float
    bits_per_char_after: float
    train_s: float


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """One version of a server's model; `path` is relative to the data folder, times are UTC."""

    model_id: int
    guild_id: int
    version: int
    path: str
    metrics: TrainMetrics
    created_at: datetime
