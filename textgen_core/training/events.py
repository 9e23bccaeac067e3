"""What a training run reports, and its form as JSON lines.

A run reports ``Started`` once, ``Progress`` about once a second and after its last
step, ``EpochEnded`` after each pass over the messages, and ends with ``Done``, ``Stopped``
or, for bad input, ``Failed``.
"""

from __future__ import annotations

import errno
import json
from dataclasses import asdict, dataclass, field
from typing import ClassVar

OUT_OF_MEMORY_STATUS = errno.ENOMEM  # what the command ends with when memory ran out


@dataclass(frozen=True, slots=True)
class Started:
    """The corpus is read and the model is built.

    ``precision`` is what matrices are multiplied in.
    """

    event: ClassVar[str] = "start"
    messages: int
    train_messages: int
    val_messages: int
    chars: int
    device: str
    epochs: float | None
    resumed: bool
    val_bits_per_char: float
    precision: str = "float32"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the run is; ``val_bits_per_char`` is the latest one measured."""

    event: ClassVar[str] = "progress"
    epoch: float
    epochs: float | None
    step: int
    steps: int | None
    train_bits_per_char: float
    val_bits_per_char: float | None
    elapsed_s: float
    eta_s: float | None
    targets_per_s: float


@dataclass(frozen=True, slots=True)
class EpochEnded:
    """A pass over the training messages is over; ``epoch`` counts from 1.

    ``train_bits_per_char`` is the mean over the pass, measured while the model changed.
    """

    event: ClassVar[str] = "epoch"
    epoch: int
    epochs: float | None
    train_bits_per_char: float
    val_bits_per_char: float
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What a finished training has come to.

    ``bits_per_char_against`` is what another model scores on the same held-out messages.
    """

    bits_per_char_before: float
    bits_per_char_after: float
    train_s: float
    epochs: float
    reason: str
    bits_per_char_against: float | None = None


@dataclass(frozen=True, slots=True)
class Done(TrainingResult):
    """The checkpoint is written."""

    event: ClassVar[str] = "done"
    checkpoint: str = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Stopped:
    """The run was asked to stop; its state is saved and can be taken up again."""

    event: ClassVar[str] = "stopped"
    step: int
    epoch: float


@dataclass(frozen=True, slots=True)
class Failed:
    """Bad input; ``message`` is one sentence for the user."""

    event: ClassVar[str] = "error"
    message: str


TrainingEvent = Started | Progress | EpochEnded | Done | Stopped | Failed


def to_json_line(event: TrainingEvent) -> str:
    """Return the event as one line of JSON, without the line's end."""
    return json.dumps({"event": event.event, **asdict(event)})
