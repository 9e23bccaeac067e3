"""How long a run takes, what is due, and what happened since the last report."""

from __future__ import annotations

import math
import time

SAVE_EVERY_S = 20.0
REPORT_EVERY_S = 1.0


class Pace:
    """Times a run and averages what happens between two reports.

    Args:
        elapsed_s: seconds that earlier attempts have taken.
    """

    def __init__(self, elapsed_s: float) -> None:
        self._started = time.monotonic() - elapsed_s
        self._reported = self._saved = time.monotonic()
        self._first = time.monotonic()
        self._nats, self._targets, self._all_targets = 0.0, 0, 0
        self._epoch_nats, self._epoch_targets = 0.0, 0

    def elapsed_s(self) -> float:
        return time.monotonic() - self._started

    def count(self, mean_nats: float, targets: int) -> None:
        self._nats += mean_nats * targets
        self._targets += targets
        self._all_targets += targets
        self._epoch_nats += mean_nats * targets
        self._epoch_targets += targets

    def has_unreported(self) -> bool:
        """Say whether something was counted since the last report."""
        return self._targets > 0

    def report_due(self) -> bool:
        return time.monotonic() - self._reported >= REPORT_EVERY_S

    def save_due(self) -> bool:
        due = time.monotonic() - self._saved >= SAVE_EVERY_S
        if due:
            self._saved = time.monotonic()
        return due

    def take_bits(self) -> float:
        """Return the mean since the last report, in bits a target."""
        bits = self._nats / max(1, self._targets) / math.log(2)
        self._nats, self._targets, self._reported = 0.0, 0, time.monotonic()
        return bits

    def take_epoch_bits(self) -> float:
        """Return the mean since the last call, in bits a target."""
        bits = self._epoch_nats / max(1, self._epoch_targets) / math.log(2)
        self._epoch_nats, self._epoch_targets = 0.0, 0
        return bits

    def targets_per_s(self) -> float:
        return self._all_targets / max(1e-9, time.monotonic() - self._first)
