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


OPEN_STATUSES = (JobStatus.QUEUED, JobStatus.COLLECTING, JobStatus.TRAINING)


@dataclass(frozen=True, slots=True)
class JobChannel:
    """How far a job has read one channel.

    `first_id` and `after_id` are the oldest and the newest message read, and
    `corpus_bytes` is the length of the channel's file that belongs to them.
    Messages up to `floor_id` are not wanted. `parent_id` is the channel that a
    thread was found in, None where the channel itself was asked for.
    """

    channel_id: int
    first_id: int | None = None
    after_id: int = 0
    messages: int = 0
    corpus_bytes: int = 0
    finished: bool = False
    floor_id: int = 0
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class TrainingScope:
    """What a training is to read, and what it begins with.

    Attributes:
        fresh: start over from the base model with the whole history.
        threads: the channels' threads as well.
        since_id: only messages after this snowflake; 0: no such limit.
        max_messages: only so many of the newest of each channel; 0: all.
        file_name: read this file of the job's own instead of channels.
        file_column: where its text is, of a table or of JSON; empty: it is found.
        file_format: what it is taken for, one of textgen_core's `FORMATS`.
        file_digest: its SHA-256; empty where nobody asked.
        erases: take the place of every version before, because a member wants to be in
            none of them.
        scheduled: nobody asked for it at this moment, so no channel is told of it.
    """

    fresh: bool = False
    threads: bool = False
    since_id: int = 0
    max_messages: int = 0
    file_name: str | None = None
    file_column: str = ""
    file_format: str = "auto"
    file_digest: str = ""
    erases: bool = False
    scheduled: bool = False


WHAT_IS_NEW = TrainingScope()


@dataclass(frozen=True, slots=True)
class LearnedChannel:
    """What a version has learned of a channel: from its oldest to its newest message."""

    channel_id: int
    first_id: int
    after_id: int
    messages: int
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class TrainMetrics:
    """What a finished training says of itself.

    Before is what its parent scores, or the base model where there is none, on
    the same messages as the new version after.
    """

    messages: int
    bits_per_char_before: float
    bits_per_char_after: float
    train_s: float

    @property
    def improved(self) -> bool:
        """Whether the new version is better than what it was to take the place of."""
        return self.bits_per_char_after < self.bits_per_char_before


@dataclass(frozen=True, slots=True)
class FailureReason:
    """Why a training made no new version.

    Attributes:
        sentence: one sentence for people.
        least_messages: how many messages it needed, where it found fewer; else None.
    """

    sentence: str
    least_messages: int | None = None


@dataclass(frozen=True, slots=True)
class ChosenRecipe:
    """The best of several recipes that one training has tried."""

    tried: int
    epochs: float
    learning_rate: float


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """How a training ended; `bot.presentation.training` has the words for it.

    Attributes:
        status: done, failed or cancelled.
        reason: of a failure.
        metrics: of a success. None as well where a former release deleted the version.
        samples: what the new version wrote at its end; empty once that was told.
        version: the number of the new version.
        is_live: whether the server goes on with it.
        recipe: the best recipe, where several were tried.
    """

    status: JobStatus
    reason: FailureReason | None = None
    metrics: TrainMetrics | None = None
    samples: tuple[str, ...] = ()
    version: int | None = None
    is_live: bool = False
    recipe: ChosenRecipe | None = None


@dataclass(frozen=True, slots=True)
class TrainJob:
    """One asked-for training.

    `base_version` is the server's version that it trains further, 0 for the base
    model, None until it begins. `report_channel_id` is 0 where nobody is told.
    `file_found` tells in words what a file was. `batch_targets` is set once the size
    that the corpus suggests has taken too much memory; `started_at` is UTC.
    """

    train_job_id: int
    guild_id: int
    status: JobStatus
    before_id: int
    report_channel_id: int
    report_message_id: int | None
    outcome: JobOutcome | None
    channels: tuple[JobChannel, ...]
    scope: TrainingScope = WHAT_IS_NEW
    base_version: int | None = None
    file_messages: int = 0
    file_found: str = ""
    requested_by_id: int | None = None
    batch_targets: int | None = None
    started_at: datetime | None = None

    @property
    def messages(self) -> int:
        """Usable messages collected so far, in all channels or the file."""
        return self.file_messages + sum(channel.messages for channel in self.channels)


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """One version of a server's model; `path` is relative to the data folder, times are UTC.

    `metrics` and `train_job_id` are None for a version that came as a file, and
    `parent_id` is None where the base model was the parent. One that is not
    published does not count yet.
    """

    model_id: int
    guild_id: int
    version: int
    path: str
    metrics: TrainMetrics | None
    created_at: datetime
    name: str | None = None
    parent_id: int | None = None
    train_job_id: int | None = None
    published: bool = True

    @property
    def label(self) -> str:
        """What people call it: its number, and its name if it has one."""
        return f"{self.version} ({self.name})" if self.name else str(self.version)
