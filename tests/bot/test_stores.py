"""Jobs and models keep their invariants, in the database itself."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import UserError
from bot.storage.database import Database
from bot.storage.facts import FactStore
from bot.storage.jobs import JobStore
from bot.storage.learned import LearnedStore
from bot.storage.models import ModelStore
from bot.storage.records import (
    JobStatus,
    LearnedChannel,
    ModelRecord,
    TrainJob,
    TrainMetrics,
)

METRICS = TrainMetrics(
    messages=100, bits_per_char_before=3.0, bits_per_char_after=2.5, train_s=10.0
)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "database")
    yield opened
    await opened.close()


async def add(jobs: JobStore, guild_id: int, *channel_ids: int) -> TrainJob:
    return await jobs.add(
        guild_id=guild_id, channel_ids=channel_ids or (1,), report_channel_id=9, before_id=1000
    )


async def finished(jobs: JobStore, models: ModelStore, guild_id: int) -> ModelRecord:
    job = await add(jobs, guild_id)
    record = await models.add(
        guild_id=guild_id,
        train_job_id=job.train_job_id,
        metrics=METRICS,
        path_of=lambda version: f"models/{guild_id}/{version}",
    )
    await models.publish(record, "well done")
    return record


async def test_jobs_are_served_in_the_order_they_were_asked_for(database: Database) -> None:
    jobs = JobStore(database)
    first, second = await add(jobs, 1), await add(jobs, 2)
    assert (await jobs.place(first.train_job_id), await jobs.place(second.train_job_id)) == (0, 1)
    assert await jobs.next() == first
    await jobs.finish(first.train_job_id, JobStatus.FAILED, "no")
    assert await jobs.next() == second
    assert await jobs.place(second.train_job_id) == 0


async def test_an_interrupted_job_comes_before_those_that_wait(database: Database) -> None:
    jobs = JobStore(database)
    first, second = await add(jobs, 1), await add(jobs, 2)
    await jobs.advance(second.train_job_id, JobStatus.COLLECTING)
    found = await jobs.next()
    assert found is not None
    assert found.train_job_id == second.train_job_id
    assert [job.guild_id for job in await jobs.open_jobs()] == [2, 1]
    assert [job.train_job_id for job in await jobs.open_jobs(1)] == [first.train_job_id]


async def test_a_server_waits_with_one_job_only(database: Database) -> None:
    jobs = JobStore(database)
    first = await add(jobs, 1)
    with pytest.raises(UserError, match="already has a training waiting"):
        await add(jobs, 1)
    await jobs.advance(first.train_job_id, JobStatus.COLLECTING)
    await add(jobs, 1)


async def test_two_jobs_never_run_at_once(database: Database) -> None:
    jobs = JobStore(database)
    first, second = await add(jobs, 1), await add(jobs, 2)
    await jobs.advance(first.train_job_id, JobStatus.TRAINING)
    with pytest.raises(sqlite3.IntegrityError):
        await jobs.advance(second.train_job_id, JobStatus.COLLECTING)


async def test_an_outcome_is_written_once(database: Database) -> None:
    jobs = JobStore(database)
    job = await add(jobs, 1)
    assert await jobs.finish(job.train_job_id, JobStatus.FAILED, "first")
    assert not await jobs.finish(job.train_job_id, JobStatus.CANCELLED, "second")
    last = await jobs.last_finished(1)
    assert last is not None
    assert (last.status, last.outcome) == (JobStatus.FAILED, "first")
    assert not await jobs.cancel_queued(job.train_job_id, "third")


async def test_cursors_come_back_as_they_were_saved(database: Database) -> None:
    jobs = JobStore(database)
    job = await add(jobs, 1, 30, 20)
    assert [channel.channel_id for channel in job.channels] == [30, 20]
    read = replace(
        job.channels[1], first_id=5, after_id=2**62, messages=7, corpus_bytes=99, finished=True
    )
    await jobs.save_cursor(job.train_job_id, read)
    again = await jobs.get(job.train_job_id)
    assert again.channels == (job.channels[0], read)
    assert again.messages == 7


async def test_a_model_counts_only_once_it_is_published(database: Database) -> None:
    jobs, models = JobStore(database), ModelStore(database)
    job = await add(jobs, 1)
    record = await models.add(
        guild_id=1, train_job_id=job.train_job_id, metrics=METRICS, path_of=str
    )
    assert (record.version, record.path) == (1, "1")
    assert await models.current(1) is None
    await models.publish(record, "well done")
    assert await models.current(1) == record
    assert (await jobs.get(job.train_job_id)).status is JobStatus.DONE


async def test_the_version_before_the_present_one_is_kept(database: Database) -> None:
    jobs, models = JobStore(database), ModelStore(database)
    records = [await finished(jobs, models, 1) for _ in range(4)]
    other = await finished(jobs, models, 2)
    assert await models.superseded(1) == records[:2]
    for record in records[:2]:
        await models.drop(record)
    assert await models.superseded(1) == []
    assert await models.current(1) == records[3]
    assert await models.current(2) == other


async def test_facts_are_replaced(database: Database) -> None:
    facts = FactStore(database)
    assert await facts.get("name") is None
    await facts.put("name", "first")
    await facts.put("name", "second")
    assert await facts.get("name") == "second"


async def test_a_version_knows_what_its_parent_knew_and_what_its_job_read(
    database: Database,
) -> None:
    jobs, models, learned = JobStore(database), ModelStore(database), LearnedStore(database)
    parent: ModelRecord | None = None
    for number in range(2):
        job = await add(jobs, 1, 30, 20 + number)
        await jobs.begin(job.train_job_id, parent)
        job = await jobs.get(job.train_job_id)
        assert job.channels[0].floor_id == (500 if number else 0)
        read = replace(job.channels[0], first_id=501, after_id=600, messages=7)
        if parent is None:
            read = replace(read, first_id=100, after_id=500)
        await jobs.save_cursor(job.train_job_id, read)
        record = await models.add(
            guild_id=1, train_job_id=job.train_job_id, metrics=METRICS, path_of=str
        )
        assert await learned.of_model(record.model_id) == {}
        await models.publish(record, "well done")
        parent = record
    assert parent is not None
    assert await learned.of_model(parent.model_id) == {30: LearnedChannel(30, 100, 600, 14)}
    await models.drop(await first_version(models))
    assert 30 in await learned.of_model(parent.model_id)


async def first_version(models: ModelStore) -> ModelRecord:
    record = await models.of_job(1)
    assert record is not None
    return record


async def test_a_job_that_cannot_be_furnished_is_none(database: Database) -> None:
    def fail(_: int) -> None:
        raise OSError("no space left on device")

    jobs = JobStore(database)
    with pytest.raises(OSError, match="no space"):
        await jobs.add(guild_id=1, channel_ids=(), report_channel_id=0, before_id=1, furnish=fail)
    assert await jobs.open_jobs() == []
