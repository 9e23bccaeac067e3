"""How far a job's channels have been read, and how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.storage.records import JobChannel, TrainJob


@dataclass(frozen=True, slots=True)
class CorpusProgress:
    """`share` is of the channels' time spans, 0 to 1; `eta_s` is None until it can be told."""

    messages: int
    share: float
    eta_s: float | None
    channel_ids: tuple[int, ...]
    finished: int


@dataclass(frozen=True, slots=True)
class FileProgress:
    """How many usable messages have been read of a file so far, and what it was found to be."""

    name: str
    messages: int
    found: str


OnProgress = Callable[[CorpusProgress], None]


class ProgressTracker:
    """Adds up what several channels, read at once, have come to.

    Message ids grow with time. So a channel's age is known before its first page,
    and how much of it has been read after each; how densely it is filled is not.
    """

    def __init__(self, job: TrainJob, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._job = job
        self._states = {state.channel_id: state for state in job.channels}
        self._last_ids: dict[int, int] = {}
        self._clock = clock
        self._began_s = clock()
        self._share_before: float | None = None

    def expect(self, channel_id: int, last_id: int) -> None:
        """Say which message of a channel is its newest."""
        self._last_ids[channel_id] = last_id

    def drop(self, channel_id: int) -> None:
        """Count a channel no longer."""
        self._states.pop(channel_id, None)

    def note(self, state: JobChannel) -> CorpusProgress:
        """Take in how far a channel has come; return where all of them stand."""
        if self._share_before is None:
            self._share_before = self._share()
        self._states[state.channel_id] = state
        return self.now()

    def now(self) -> CorpusProgress:
        """Return where all channels stand."""
        states = self._states.values()
        share = self._share()
        return CorpusProgress(
            messages=sum(state.messages for state in states),
            share=share,
            eta_s=self._eta_s(share),
            channel_ids=tuple(s.channel_id for s in states if s.parent_id is None),
            finished=sum(s.finished for s in states if s.parent_id is None),
        )

    def _share(self) -> float:
        spans = {state.channel_id: self._span(state) for state in self._states.values()}
        whole = sum(spans.values())
        if not whole:  # nothing is known of them yet, or there is nothing in them
            return float(all(state.finished for state in self._states.values()))
        read = sum(
            spans[state.channel_id] * self._share_of(state) for state in self._states.values()
        )
        return read / whole

    def _eta_s(self, share: float) -> float | None:
        gained = share - (self._share_before or 0.0)
        if gained <= 0 or share >= 1:
            return None
        return (self._clock() - self._began_s) * (1 - share) / gained

    def _ends(self, state: JobChannel) -> tuple[int, int]:
        """Return the ids between which a channel is read."""
        last_id = min(self._job.before_id, self._last_ids.get(state.channel_id) or 2**63)
        born_id = min(state.channel_id, state.first_id or last_id, last_id)
        return max(state.floor_id, born_id), last_id

    def _span(self, state: JobChannel) -> int:
        start, end = self._ends(state)
        return max(0, end - start)

    def _share_of(self, state: JobChannel) -> float:
        start, end = self._ends(state)
        if state.finished or end <= start:
            return 1.0
        if state.first_id is None:
            return 0.0
        most = self._job.scope.max_messages
        if most:
            oldest = state.floor_id or min(state.channel_id, state.first_id)
            return max(state.messages / most, (end - state.first_id) / (end - oldest + 1))
        return max(0.0, min(1.0, (state.after_id - start) / (end - start)))
