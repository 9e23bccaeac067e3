"""Servers that are trained by themselves: when, who comes first, and a month of nights."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from turned_clock import TurnedClock

from bot.errors import UserError
from bot.storage.database import Database
from bot.storage.guilds import ServerStore
from bot.storage.train_schedules import Night, TrainScheduleStore
from bot.training.night_schedule import Every
from bot.training.nightly import Ended, News, NightlyTraining, NightReport

BEGINNING = datetime(2026, 3, 1, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
NEW_A_DAY = 100  # messages in a server that speaks


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "database")
    # A month is thousands of transactions, and no power cut is meant.
    await opened.fetch_all("PRAGMA synchronous = OFF")
    yield opened
    await opened.close()


@dataclass
class Town:
    """Trainings of many servers, each of the same length; the silent ones have nothing new."""

    clock: TurnedClock
    minutes: float
    slots_now: int = 1
    silent: set[int] = field(default_factory=set)
    worse: set[int] = field(default_factory=set)
    known: dict[int, datetime] = field(default_factory=dict)
    begun: list[tuple[datetime, int]] = field(default_factory=list)

    def slots(self) -> int:
        return self.slots_now

    async def new_messages(self, guild_id: int, most: int) -> int:
        days = (self.clock.now() - self.known.get(guild_id, BEGINNING)).total_seconds() / 86_400
        return 0 if guild_id in self.silent else min(most, round(NEW_A_DAY * days))

    async def begin(self, guild_id: int) -> int | None:
        self.known[guild_id] = self.clock.now()
        self.begun.append((self.clock.now(), guild_id))
        return len(self.begun)

    async def ended(self, train_job_id: int) -> Ended | None:
        began_at, guild_id = self.begun[train_job_id - 1]
        if self.clock.now() < began_at + timedelta(minutes=self.minutes):
            return None
        is_live = guild_id not in self.worse
        return Ended(
            60 * self.minutes, True, NEW_A_DAY * is_live, train_job_id if is_live else None
        )

    def next_end(self) -> datetime | None:
        """Return when the next training ends."""
        took = timedelta(minutes=self.minutes)
        ends = [at + took for at, _ in self.begun[-max(1, self.slots_now) :]]
        return min((at for at in ends if at > self.clock.now()), default=None)


@dataclass
class Nights:
    """Nightly trainings on a clock that a test turns."""

    town: Town
    nightly: NightlyTraining
    told: list[tuple[datetime, int, News]]
    reports: list[NightReport]

    async def live(self, days: float) -> None:
        """Let time pass."""
        clock = self.town.clock
        end = clock.now() + timedelta(days=days)
        while True:
            at = await self.nightly.next_at()
            if at is not None and at <= clock.now():
                await self.nightly.act()
                continue
            ended_at = self.town.next_end()
            upcoming = min(moment for moment in (at, ended_at, end) if moment is not None)
            await clock.turn(seconds=(upcoming - clock.now()).total_seconds())
            if upcoming == ended_at:
                self.nightly.on_finish()
            if upcoming == end:
                return

    def restart(self, database: Database) -> None:
        """Go on from what is written down, with an hour a day, and nothing to tell."""
        self.nightly = NightlyTraining(
            TrainScheduleStore(database),
            self.town,
            self.town.clock,
            budget_s=3600,
            owns=lambda _: True,
            tell=lambda *_: pytest.fail("told"),  # type: ignore[arg-type, return-value]
            show=self.reports.append,
        )


def nights(database: Database, *, minutes: float = 2, budget_min: float = 240) -> Nights:
    clock = TurnedClock(BEGINNING)
    town, told, reports = Town(clock, minutes), [], []

    async def tell(guild_id: int, news: News) -> None:
        told.append((clock.now(), guild_id, news))

    nightly = NightlyTraining(
        TrainScheduleStore(database),
        town,
        clock,
        budget_s=60 * budget_min,
        owns=lambda _: True,
        tell=tell,
        show=reports.append,
    )
    return Nights(town, nightly, told, reports)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("day", "day at 04:00 UTC"),
        ("week", "week at 04:00 UTC"),
        ("Daily at 3:30", "day at 03:30 UTC"),
        ("week at 11 pm Europe/Berlin", "week at 23:00 Europe/Berlin"),
        ("500 messages", "500 messages at 04:00 UTC"),
        ("2k messages at 5 America/New_York", "2000 messages at 05:00 America/New_York"),
    ],
)
def test_schedules_are_read_as_people_write_them(text: str, kept: str) -> None:
    assert str(Every.parse(text)) == kept
    assert Every.parse(kept) == Every.parse(text)
    quiet = (time(22, 30), BERLIN)  # of the server, where nothing else is said
    assert str(Every.parse("day", quiet)) == "day at 22:30 Europe/Berlin"
    assert str(Every.parse("day at 5", quiet)) == "day at 05:00 Europe/Berlin"
    assert Every.parse(kept, quiet) == Every.parse(kept)


@pytest.mark.parametrize(
    "text", ["", "hour", "day at 25", "day at 4 Nowhere/Land", "10 messages", "900k messages"]
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"Try|choose"):
        Every.parse(text)


def test_each_day_has_one_turn_also_when_the_clocks_change() -> None:
    for text in ("day at 02:30 Europe/Berlin", "day at 23:59 Europe/Berlin"):
        every = Every.parse(text)
        moment = datetime(2026, 3, 1, tzinfo=UTC)
        days = []
        while moment.year == 2026:
            moment = every.after(moment)
            days.append(moment.astimezone(BERLIN).date())
        assert len(days) == len(set(days)) >= 305
        assert all((after - day).days == 1 for day, after in pairwise(days))
    spring = Every.parse("day at 02:30 Europe/Berlin").after(datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert spring.astimezone(BERLIN).time() == time(3, 30)  # there is no 02:30 on that day


def test_a_week_is_seven_days_from_the_turn_that_was_due() -> None:
    every = Every.parse("week at 23:00")
    late = datetime(2026, 3, 3, 1, tzinfo=UTC)  # it was due on the 2nd
    assert every.after(late) == datetime(2026, 3, 9, 23, tzinfo=UTC)
    assert every.after(late, days=1) == datetime(2026, 3, 3, 23, tzinfo=UTC)


async def test_a_server_is_trained_each_night_and_told_once_a_week(database: Database) -> None:
    at = nights(database)
    await at.nightly.set(1, Every.parse("day at 04:00"))
    await at.nightly.set(2, Every.parse("week at 05:00"))
    await at.nightly.set(3, Every.parse("250 messages at 05:00"))
    at.town.silent.add(4)
    await at.nightly.set(4, Every.parse("day"))
    at.town.worse.add(5)
    await at.nightly.set(5, Every.parse("day"))
    await at.live(days=28)
    counts = Counter(guild_id for _, guild_id in at.town.begun)
    assert counts == {1: 28, 2: 4, 3: 9, 5: 28}
    assert {began_at.hour for began_at, _ in at.town.begun} == {4, 5}
    told = Counter(guild_id for _, guild_id, _ in at.told)
    assert told == {1: 4, 2: 4, 3: 3}  # nothing of what was no better
    learned = [news.messages for _, guild_id, news in at.told if guild_id == 1]
    assert learned == [nights * NEW_A_DAY for nights in (1, 7, 7, 7)]
    assert await at.nightly.unset(1)
    await at.live(days=1)
    assert Counter(guild_id for _, guild_id in at.town.begun)[1] == 28


async def test_a_month_of_nights_with_a_thousand_servers(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """120 minutes are 60 trainings of two minutes: everybody has a turn in 17 days."""
    at = nights(database, minutes=2, budget_min=120)
    every = Every.parse("day at 04:00")
    for guild_id in range(1000):
        await at.nightly.set(guild_id, every)
    with caplog.at_level(logging.WARNING, logger="bot.training.nightly"):
        await at.live(days=30)
    per_day = Counter(began_at.date() for began_at, _ in at.town.begun)
    assert set(per_day.values()) == {60}
    counts = Counter(guild_id for _, guild_id in at.town.begun)
    assert len(counts) == 1000
    assert max(counts.values()) - min(counts.values()) <= 1
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 30
    assert said[0] == (
        "the night is too short: 60 of 1000 servers trained, the longest waiting first tomorrow;"
        " TRAIN_NIGHT_MIN is 120"
    )
    last = at.reports[-1]
    assert (last.night.trained, last.night.missed, last.waiting) == (60, 940, 0)


async def test_machines_side_by_side_drain_the_queue(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    at = nights(database, minutes=2, budget_min=3000)
    at.town.slots_now = 8
    for guild_id in range(300):
        await at.nightly.set(guild_id, Every.parse("day at 04:00"))
    await at.live(days=1)
    assert len(at.town.begun) == 300
    assert max(began_at for began_at, _ in at.town.begun).hour < 10
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_machines_that_come_late_are_made_use_of(database: Database) -> None:
    at = nights(database)
    at.town.slots_now = 0
    await at.nightly.set(1, Every.parse("day at 04:00"))
    await at.live(days=18 / 24)
    assert at.town.begun == []
    at.town.slots_now = 1
    await at.live(days=0.1 / 24)
    assert len(at.town.begun) == 1


async def test_a_turn_begins_in_the_night_or_tomorrow(database: Database) -> None:
    at = nights(database, minutes=200)
    for guild_id in (1, 2, 3):
        await at.nightly.set(guild_id, Every.parse("day at 04:00"))
    await at.live(days=1)
    assert [guild_id for _, guild_id in at.town.begun] == [1, 2]
    assert all(4 <= began_at.hour < 10 for began_at, _ in at.town.begun)
    assert at.reports[-1].night.missed == 1
    await at.live(days=1)
    assert at.town.begun[2][1] == 3


async def test_a_restart_goes_on_where_it_was(database: Database) -> None:
    at = nights(database, minutes=30)
    await at.nightly.set(1, Every.parse("day at 04:00"))
    await at.live(days=16.2 / 24)
    assert len(at.town.begun) == 1
    at.restart(database)
    at.town.worse.add(1)
    await at.live(days=2)
    assert len(at.town.begun) == 3
    assert await TrainScheduleStore(database).night(date(2026, 3, 2)) == Night(
        date(2026, 3, 2), used_s=1800, trained=1
    )


async def test_a_week_away_is_no_short_night(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    at = nights(database)
    await at.nightly.set(1, Every.parse("day at 04:00"))
    await at.town.clock.turn(days=7)
    at.restart(database)
    at.town.worse.add(1)
    await at.live(days=1)
    assert len(at.town.begun) == 1
    assert at.reports[-1].night.missed == 0
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_another_schedule_is_no_way_to_the_front(database: Database) -> None:
    at = nights(database, minutes=200)
    for guild_id in (1, 2, 3):
        await at.nightly.set(guild_id, Every.parse("day at 04:00"))
    await at.live(days=1)
    await at.nightly.set(1, Every.parse("day at 04:00"))
    await at.live(days=1)
    assert [guild_id for _, guild_id in at.town.begun] == [1, 2, 3, 1]


async def test_the_host_may_want_none(database: Database) -> None:
    at = nights(database, budget_min=0)
    with pytest.raises(UserError, match="turned scheduled trainings off"):
        await at.nightly.set(1, Every.parse("day"))


async def test_defaults_end_it(database: Database) -> None:
    servers, at = ServerStore(database), nights(database)
    await at.nightly.set(1, Every.parse("day"))
    assert (await servers.of(1)).trains_every == "day at 04:00 UTC"
    await servers.reset(1)
    assert (await servers.of(1)).trains_every is None
    assert await TrainScheduleStore(database).of(1) is None
