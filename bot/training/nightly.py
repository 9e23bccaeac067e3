"""Trainings that nobody asks for each time: servers take turns, within the host's budget.

A server's turn is due at the time of day that it chose. It then has ``NIGHT`` to begin; a turn
for which there was no time is due again the next day, and whoever has waited longest comes
first. The truth is in the database, so that a restart goes on where it was.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from bot.errors import UserError
from bot.runtime.clock import Alarm, Clock
from bot.storage.train_schedules import Night, TrainSchedule, TrainScheduleStore
from bot.training.night_schedule import NIGHT, Every

log = logging.getLogger(__name__)

LOOK_AGAIN = timedelta(minutes=5)  # at trainings under way; a cancelled one tells nobody
TELL_EVERY = timedelta(days=7)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ended:
    """A training that has ended.

    Attributes:
        seconds: how long it was worked on.
        trained: whether it made a version.
        messages: what that learned, 0 if it is no better than the one before.
        version: the number of the version that the server goes on with; None as well then.
    """

    seconds: float
    trained: bool = False
    messages: int = 0
    version: int | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What a server is told at most once a week."""

    messages: int
    version: int


@dataclass(frozen=True, slots=True)
class NightReport:
    """How a day of scheduled trainings stands; `waiting` are servers whose turn is due."""

    night: Night
    waiting: int
    budget_s: float


class Trainings(Protocol):
    """The trainings of all servers (bot/training/scheduled_trainings.py)."""

    def slots(self) -> int:
        """Return how many may run at once."""
        ...

    async def new_messages(self, guild_id: int, most: int) -> int:
        """Return how many messages a server's version does not know, counted up to ``most``.

        0 for a server that is to be left alone.
        """
        ...

    async def begin(self, guild_id: int) -> int | None:
        """Queue a training of what is new; return its id, None where one is open already.

        Raises:
            UserError: it cannot be done.
        """
        ...

    async def ended(self, train_job_id: int) -> Ended | None:
        """Return how a training ended, None while it waits or runs."""
        ...


class NightlyTraining:
    """Gives servers their turns.

    Args:
        budget_s: seconds a day (UTC) of all scheduled trainings together; 0: there are none.
        owns: says of a server's id whether its turns are this process's.
        tell: tells a server's channel for announcements.
        show: is told how the day stands.
    """

    def __init__(
        self,
        store: TrainScheduleStore,
        trainings: Trainings,
        clock: Clock,
        *,
        budget_s: float,
        owns: Callable[[int], bool],
        tell: Callable[[int, News], Awaitable[None]],
        show: Callable[[NightReport], None],
    ) -> None:
        self._store = store
        self._trainings = trainings
        self._clock = clock
        self._budget_s = budget_s
        self._owns = owns
        self._tell = tell
        self._show = show
        self._looks_at: datetime | None = None  # when trainings under way are looked at
        self._said_short: date | None = None
        self._began_at = clock.now()
        self._alarm = Alarm(clock, self.next_at, self.act, name="nightly trainings")

    def start(self) -> None:
        """Begin to wait; a second call does nothing."""
        if self._budget_s:
            self._alarm.start()

    async def close(self) -> None:
        """Begin no more."""
        await self._alarm.close()

    def on_finish(self) -> None:
        """Look at the trainings under way: one has ended."""
        self._looks_at = None
        self._alarm.changed()

    async def set(self, guild_id: int, every: Every) -> TrainSchedule:
        """Train a server so often from now on.

        Raises:
            UserError: whoever runs the bot wants no scheduled trainings.
        """
        if not self._budget_s:
            raise UserError(
                "Whoever runs me has turned scheduled trainings off. `!train #channel` still works."
            )
        now, before = self._clock.now(), await self._store.of(guild_id)
        schedule = TrainSchedule(guild_id, str(every), every.after(now, days=1), now)
        if before is not None:  # changing it is no way to the front of the queue
            schedule = replace(before, every=schedule.every, next_at=schedule.next_at)
        await self._store.put(schedule)
        self._alarm.changed()
        return schedule

    async def unset(self, guild_id: int) -> bool:
        """Train a server by itself no more; False where it was not."""
        return await self._store.drop(guild_id)

    async def next_at(self) -> datetime | None:
        """Return when to act next; the present moment where there is something to do."""
        now = self._clock.now()
        under_way = await self._under_way()
        if under_way and (self._looks_at is None or self._looks_at <= now):
            return now
        moments = [self._looks_at] if under_way else []
        moments.append(await self._store.earliest(after=now))
        due = await self._due(now)
        if due:
            if await self._has_room(now, len(under_way)):
                return now
            # The night of one of them ends, the next day has a budget of its own, or machines
            # come that were not there.
            moments.append(now + LOOK_AGAIN)
            moments.append(datetime.fromisoformat(min(due.values())) + NIGHT)
            moments.append(datetime.combine(now.date() + _DAY, time(), UTC))
        return min((moment for moment in moments if moment is not None), default=None)

    async def act(self) -> None:
        """Note what has ended and what came too late, and give one server its turn."""
        now = self._clock.now()
        await self._settle(now)
        await self._miss(now)
        due = await self._due(now)
        if due and await self._has_room(now, len(await self._under_way())):
            first = next(iter(due))
            await self._give_turn(first, now)
            del due[first]
        await self._report(now, len(due))

    async def _under_way(self) -> list[TrainSchedule]:
        return [one for one in await self._store.begun() if self._owns(one.guild_id)]

    async def _due(self, now: datetime) -> dict[int, str]:
        """Return whose turn is due and since when, who has waited longest first."""
        due = await self._store.due(now)
        return {guild_id: since for guild_id, since in due.items() if self._owns(guild_id)}

    async def _has_room(self, now: datetime, running: int) -> bool:
        night = await self._store.night(now.date())
        return running < self._trainings.slots() and night.used_s < self._budget_s

    async def _settle(self, now: datetime) -> None:
        """Note the trainings that have ended."""
        for schedule in await self._under_way():
            assert schedule.train_job_id is not None
            ended = await self._trainings.ended(schedule.train_job_id)
            if ended is None:
                continue
            await self._store.add(Night(now.date(), ended.seconds, int(ended.trained)))
            messages = schedule.messages + ended.messages
            schedule = replace(schedule, train_job_id=None, messages=messages)
            await self._note(schedule, ended, now)
        self._looks_at = now + LOOK_AGAIN

    async def _note(self, schedule: TrainSchedule, ended: Ended, now: datetime) -> None:
        """Write down how a server's training ended, and tell it in time."""
        told_at = schedule.told_at
        tells = ended.version is not None and (told_at is None or now - told_at >= TELL_EVERY)
        kept = replace(schedule, told_at=now, messages=0) if tells else schedule
        if await self._store.change(kept) and tells and ended.version is not None:
            news = News(schedule.messages, ended.version)
            await self._tell(schedule.guild_id, news)

    async def _miss(self, now: datetime) -> None:
        """Put the turns off for which the night was too short; they keep their place."""
        late = [one for one in await self._store.late(now - NIGHT) if self._owns(one.guild_id)]
        if not late:
            return
        await self._store.put_off(
            (one.guild_id, Every.parse(one.every).after(now, days=1)) for one in late
        )
        # Of nights that ended while the bot was away nobody can say that they were too short.
        missed = sum(one.next_at + NIGHT >= self._began_at for one in late)
        if missed:
            await self._store.add(Night(now.date(), missed=missed))

    async def _give_turn(self, guild_id: int, now: datetime) -> None:
        """Train a server if enough is new; its next turn is written down either way."""
        schedule = await self._store.of(guild_id)
        if schedule is None:
            return
        every = Every.parse(schedule.every)
        turned = replace(schedule, turn_at=now, next_at=every.after(now))
        try:
            if await self._trainings.new_messages(guild_id, every.messages) >= every.messages:
                train_job_id = await self._trainings.begin(guild_id)
                turned = replace(turned, train_job_id=train_job_id)
        except UserError as error:
            log.info("guild %d is not trained by itself: %s", guild_id, type(error).__name__)
        await self._store.change(turned)

    async def _report(self, now: datetime, waiting: int) -> None:
        """Show how the day stands, and say once when it is too short."""
        night = await self._store.night(now.date())
        self._show(NightReport(night, waiting, self._budget_s))
        lacking = night.missed + (waiting if night.used_s >= self._budget_s else 0)
        if lacking and self._said_short != night.day:
            self._said_short = night.day
            log.warning(
                "the night is too short: %d of %d servers trained, the longest waiting first"
                " tomorrow; TRAIN_NIGHT_MIN is %d",
                *(night.trained, night.trained + lacking, self._budget_s // 60),
            )
