"""Where each waiting training stands, and when it will begin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.storage.jobs import JobStore
from bot.storage.queue import QueueStore
from bot.storage.records import JobStatus, TrainJob
from bot.training.progress import Queued


@dataclass(frozen=True, slots=True)
class QueuePosition:
    """A job, and where it stands in the queue."""

    job: TrainJob
    queued: Queued


class QueueView:
    """Tells of the queue; `slots` says how many trainings run at a time."""

    def __init__(self, jobs: JobStore, turns: QueueStore, slots: Callable[[], int]) -> None:
        self._jobs = jobs
        self._turns = turns
        self._slots = slots
        self._told: dict[int, Queued] = {}

    def told(self, place: QueuePosition) -> None:
        """Note that a job's place is shown."""
        self._told[place.job.train_job_id] = place.queued

    async def news(self) -> list[QueuePosition]:
        """Return the places that are this process's to show, and not shown as they are now."""
        places = await self.places()
        self._told = {key: told for key, told in self._told.items() if key in places}
        return [
            place
            for key, place in places.items()
            if self._told.get(key) != place.queued and self._turns.owns(place.job.guild_id)
        ]

    async def place_of(self, job: TrainJob) -> QueuePosition:
        """Return a job's place; one that is not waiting has none before it."""
        return (await self.places()).get(job.train_job_id, QueuePosition(job, Queued(0)))

    async def places(self) -> dict[int, QueuePosition]:
        """Return the place of every waiting job, by its id, in the order they will run."""
        jobs = {job.train_job_id: job for job in await self._jobs.open_jobs()}
        running = [job for job in jobs.values() if job.status is not JobStatus.QUEUED]
        order = [
            jobs[each.train_job_id]
            for each in await self._turns.order()
            if each.train_job_id in jobs
        ]
        idle = self._slots() == 0
        found = {
            job.train_job_id: QueuePosition(
                job,
                Queued(
                    self._ahead(order[:index], running, job),
                    idle=idle,
                    file_name=job.scope.file_name or "",
                ),
            )
            for index, job in enumerate(order)
        }
        if order and (ahead := found[order[0].train_job_id].queued.ahead):
            first = order[0]
            begins_at = await self._free_at(running, first)
            name = first.scope.file_name or ""
            known = Queued(ahead, begins_at, file_name=name)
            found[first.train_job_id] = QueuePosition(first, known)
        return found

    def _ahead(self, before: Sequence[TrainJob], running: Sequence[TrainJob], job: TrainJob) -> int:
        """Count what must end before a job begins: a server's own jobs never run at once."""
        own = sum(other.guild_id == job.guild_id for other in (*before, *running))
        return max(own, len(before) + len(running) - (max(1, self._slots()) - 1))

    async def _free_at(self, running: Sequence[TrainJob], job: TrainJob) -> datetime | None:
        """Return when the first in the queue can begin.

        None where it would be a guess: before what runs has been read, when it takes
        longer than others did, and while there are few others. Of what is behind the
        first in the queue nobody knows yet how much there is to read.
        """
        own = [other for other in running if other.guild_id == job.guild_id]
        pace_s = await self._turns.pace_s()
        ends = []
        for other in own or running:
            if pace_s is None or other.status is not JobStatus.TRAINING or not other.started_at:
                return None
            ends.append(other.started_at + timedelta(seconds=pace_s * other.messages))
        soonest = min(ends)
        return soonest if soonest > datetime.now(UTC) else None
