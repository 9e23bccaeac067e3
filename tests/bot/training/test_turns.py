"""Servers take turns, and none gets more than its share."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import UserError
from bot.presentation.job_messages import progress_text
from bot.storage.database import Database
from bot.storage.jobs import JobStore
from bot.storage.models import ModelStore
from bot.storage.queue import Limits, QueueStore, Waiting, fair_order
from bot.storage.records import FailureReason, JobOutcome, JobStatus, TrainJob, TrainMetrics
from bot.training.queue_positions import QueueView


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "database")
    yield opened
    await opened.close()


async def add(jobs: JobStore, guild_id: int, limits: Limits | None = None) -> TrainJob:
    return await jobs.add(
        guild_id=guild_id, channel_ids=(1,), report_channel_id=9, before_id=1000, limits=limits
    )


async def ran(database: Database, train_job_id: int, *, seconds: float, ago_s: float = 0.0) -> None:
    """Let a job have begun `seconds` before its end, which was `ago_s` ago."""
    ended = datetime.now(UTC) - timedelta(seconds=ago_s)
    began = ended - timedelta(seconds=seconds)
    async with database.transaction() as connection:
        await connection.execute(
            "UPDATE train_job SET started_at = ?, finished_at = ?, created_at = ?"
            " WHERE train_job_id = ?",
            (began.isoformat(), ended.isoformat(), began.isoformat(), train_job_id),
        )


def test_a_server_with_many_jobs_starves_nobody() -> None:
    greedy = [Waiting(number, 1) for number in range(1, 6)]
    late = [Waiting(6, 2), Waiting(7, 3), Waiting(8, 2)]
    order = fair_order([*greedy, *late], {1: "2024-01-02", 2: "2024-01-01"})
    assert [job.train_job_id for job in order] == [7, 6, 1, 8, 2, 3, 4, 5]


def test_the_order_foretold_is_the_order_kept() -> None:
    """Whoever is served next by the rule is whom the whole order has first."""
    rng = random.Random(1)
    for _ in range(200):
        queued = [Waiting(number, rng.randrange(4)) for number in range(rng.randrange(1, 12))]
        last_ran = {guild: f"2024-01-0{rng.randrange(1, 9)}" for guild in range(rng.randrange(5))}
        foretold = fair_order(queued, last_ran)
        left = list(queued)
        for hour, job in enumerate(foretold):
            assert fair_order(left, last_ran)[0] == job
            left.remove(job)
            last_ran[job.guild_id] = f"2025-01-01T{hour:02}"
        assert not left


async def test_jobs_begin_in_turns(database: Database) -> None:
    jobs, turns = JobStore(database), QueueStore(database)
    made = [await add(jobs, guild_id) for guild_id in (1, 1, 1, 2, 3)]
    order = []
    while (train_job_id := await turns.claim(())) is not None:
        order.append(train_job_id)
        await jobs.finish(train_job_id, JobOutcome(JobStatus.FAILED, FailureReason("no")))
    ids = [job.train_job_id for job in made]
    assert order == [ids[0], ids[3], ids[4], ids[1], ids[2]]


async def test_no_server_trains_twice_at_once(database: Database) -> None:
    jobs, turns = JobStore(database), QueueStore(database)
    first, _, other = [await add(jobs, guild_id) for guild_id in (1, 1, 2)]
    running = [await turns.claim((), slots=3)]
    assert running == [first.train_job_id]
    running.append(await turns.claim({first.train_job_id}, slots=3))
    assert running[1] == other.train_job_id
    assert await turns.claim({first.train_job_id, other.train_job_id}, slots=3) is None
    claimed = await jobs.get(first.train_job_id)
    assert claimed.status is JobStatus.COLLECTING
    assert claimed.started_at is not None


async def test_as_many_run_as_there_are_slots(database: Database) -> None:
    jobs, turns = JobStore(database), QueueStore(database)
    first, second, third = [await add(jobs, guild_id) for guild_id in (1, 2, 3)]
    assert await turns.claim(()) == first.train_job_id
    running = {first.train_job_id}
    assert await turns.claim(running) is None
    assert await turns.claim(running, slots=2) == second.train_job_id
    assert await turns.claim((), broken=running | {second.train_job_id}) == third.train_job_id


async def test_processes_that_share_the_queue_take_turns_with_the_slots(
    database: Database,
) -> None:
    jobs, there = JobStore(database), {1, 2}
    odd, even = (
        QueueStore(database, owns=lambda guild, n=n: guild % 2 == n, is_served=there.__contains__)
        for n in (1, 0)
    )
    first, second, third = [await add(jobs, guild_id) for guild_id in (1, 2, 1)]
    assert await even.claim(()) is None  # it is the other's turn
    assert await odd.claim(()) == first.train_job_id
    assert await even.claim(()) is None  # the one slot is taken
    there.remove(1)
    assert await even.claim(()) == second.train_job_id  # what the dead had taken is free
    await jobs.finish(second.train_job_id, JobOutcome(JobStatus.FAILED, FailureReason("no")))
    there.add(1)
    assert await odd.claim(()) == first.train_job_id  # after its restart
    await jobs.finish(first.train_job_id, JobOutcome(JobStatus.FAILED, FailureReason("no")))
    assert await even.claim(()) is None
    assert await odd.claim(()) == third.train_job_id


async def test_what_a_restart_interrupted_comes_first(database: Database) -> None:
    jobs, turns = JobStore(database), QueueStore(database)
    await add(jobs, 1)
    second = await add(jobs, 2)
    await jobs.advance(second.train_job_id, JobStatus.TRAINING)
    assert await turns.claim(()) == second.train_job_id
    assert [job.guild_id for job in await jobs.open_jobs()] == [2, 1]


async def test_so_many_may_wait_and_no_more(database: Database) -> None:
    jobs, turns, limits = JobStore(database), QueueStore(database), Limits(waiting=2, a_day=10)
    for _ in range(2):
        await add(jobs, 1, limits)
    with pytest.raises(UserError, match="already has 2 trainings waiting"):
        await add(jobs, 1, limits)
    await add(jobs, 2, limits)
    await turns.claim(())
    await add(jobs, 1, limits)


async def test_a_days_trainings_are_counted_and_the_next_is_foretold(database: Database) -> None:
    jobs, limits = JobStore(database), Limits(waiting=5, a_day=2)
    for hours_ago in (23, 1):
        job = await add(jobs, 1, limits)
        await jobs.finish(job.train_job_id, JobOutcome(JobStatus.DONE))
        await ran(database, job.train_job_id, seconds=0, ago_s=3600 * hours_ago)
    with pytest.raises(UserError, match=r"2 in 24 h.*<t:(\d+):f>") as caught:
        await add(jobs, 1, limits)
    possible_at = int(str(caught.value).partition("<t:")[2].partition(":")[0])
    in_an_hour = (datetime.now(UTC) + timedelta(hours=1)).timestamp()
    assert abs(possible_at - in_an_hour) < 60
    await add(jobs, 2, limits)
    await ran(database, 1, seconds=0, ago_s=3600 * 24 + 1)
    await add(jobs, 1, limits)


async def test_a_clock_that_was_ahead_costs_no_server_its_turn(database: Database) -> None:
    jobs, turns, limits = JobStore(database), QueueStore(database), Limits(waiting=5, a_day=1)
    job = await add(jobs, 1, limits)
    await ran(database, job.train_job_id, seconds=10, ago_s=-3600 * 24 * 400)
    await jobs.finish(job.train_job_id, JobOutcome(JobStatus.DONE))
    waiting = await add(jobs, 1, limits)
    other = await add(jobs, 2, limits)
    assert [each.train_job_id for each in await turns.order()] == [
        waiting.train_job_id,
        other.train_job_id,
    ]


async def test_what_was_taken_back_before_it_began_costs_nothing(database: Database) -> None:
    jobs, limits = JobStore(database), Limits(waiting=5, a_day=1)
    for _ in range(3):
        job = await add(jobs, 1, limits)
        await jobs.finish(job.train_job_id, JobOutcome(JobStatus.CANCELLED))
    await add(jobs, 1, limits)
    with pytest.raises(UserError, match="1 in 24 h"):
        await add(jobs, 1, limits)


async def done(database: Database, *, seconds: float, messages: int) -> None:
    """Let a training of another server have taken so long."""
    jobs, models = JobStore(database), ModelStore(database)
    job = await add(jobs, 50)
    metrics = TrainMetrics(messages, 3.0, 2.0, seconds)
    record = await models.add(
        guild_id=50, train_job_id=job.train_job_id, metrics=metrics, path_of=lambda v: f"50/{v}"
    )
    await models.publish(record, JobOutcome(JobStatus.DONE), live=True)
    await ran(database, job.train_job_id, seconds=seconds)


async def training(database: Database, guild_id: int, messages: int) -> TrainJob:
    """Return a job that trains on so many messages."""
    jobs = JobStore(database)
    job = await add(jobs, guild_id)
    await jobs.advance(job.train_job_id, JobStatus.TRAINING)
    async with database.transaction() as connection:
        await connection.execute(
            "UPDATE job_channel SET messages = ? WHERE train_job_id = ?",
            (messages, job.train_job_id),
        )
    return await jobs.get(job.train_job_id)


async def test_a_beginning_is_foretold_from_what_others_took(database: Database) -> None:
    for seconds in (10, 100, 1000):
        await done(database, seconds=seconds, messages=100)  # a second a message, by the median
    running = await training(database, 1, messages=300)
    view = QueueView(JobStore(database), QueueStore(database), lambda: 1)
    first, second = [await add(JobStore(database), guild_id) for guild_id in (2, 3)]
    place = await view.place_of(first)
    assert running.started_at is not None
    assert place.queued.ahead == 1
    assert place.queued.begins_at is not None
    expected = running.started_at + timedelta(seconds=300)
    assert abs(place.queued.begins_at - expected) < timedelta(seconds=0.1)
    begins_s = int(place.queued.begins_at.timestamp())
    assert f"It should start <t:{begins_s}:R>" in progress_text(place.queued)
    # How much the first in the queue has to read, nobody knows.
    behind = await view.place_of(second)
    assert (behind.queued.ahead, behind.queued.begins_at) == (2, None)


@pytest.mark.parametrize("reason", ["few others", "still reading", "overdue"])
async def test_a_beginning_is_not_guessed(database: Database, reason: str) -> None:
    for _ in range(2 if reason == "few others" else 3):
        await done(database, seconds=100, messages=100)
    job = await training(database, 1, messages=300)
    if reason == "still reading":
        await JobStore(database).advance(job.train_job_id, JobStatus.COLLECTING)
    if reason == "overdue":
        async with database.transaction() as connection:
            late = (datetime.now(UTC) - timedelta(seconds=301)).isoformat()
            await connection.execute(
                "UPDATE train_job SET started_at = ? WHERE train_job_id = ?",
                (late, job.train_job_id),
            )
    view = QueueView(JobStore(database), QueueStore(database), lambda: 1)
    place = await view.place_of(await add(JobStore(database), 2))
    assert (place.queued.ahead, place.queued.begins_at) == (1, None)


async def test_with_more_slots_fewer_come_first(database: Database) -> None:
    jobs = JobStore(database)
    await training(database, 1, messages=300)
    own, second, third = [await add(jobs, guild_id) for guild_id in (1, 2, 3)]
    view = QueueView(jobs, QueueStore(database), lambda: 2)
    places = {number: place.queued.ahead for number, place in (await view.places()).items()}
    assert places == {second.train_job_id: 0, third.train_job_id: 1, own.train_job_id: 2}
