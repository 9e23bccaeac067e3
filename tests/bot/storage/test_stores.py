"""Jobs and models keep their invariants, in the database itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import UserError
from bot.storage.bot_state import FactStore
from bot.storage.database import Database
from bot.storage.jobs import JobStore
from bot.storage.learned_channels import LearnedStore
from bot.storage.models import ModelStore
from bot.storage.outcomes import OutcomeStore
from bot.storage.records import (
    ChosenRecipe,
    FailureReason,
    JobOutcome,
    JobStatus,
    LearnedChannel,
    ModelRecord,
    TrainJob,
    TrainMetrics,
)

METRICS = TrainMetrics(
    messages=100, bits_per_char_before=3.0, bits_per_char_after=2.5, train_s=10.0
)


OUTCOME = JobOutcome(
    JobStatus.DONE, None, METRICS, ("one", "two\n> three"), 1, True, ChosenRecipe(4, 2.0, 1e-3)
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


async def finished(
    jobs: JobStore, models: ModelStore, guild_id: int, *, live: bool = True
) -> ModelRecord:
    job = await add(jobs, guild_id)
    parent = await models.current(guild_id)
    record = await models.add(
        guild_id=guild_id,
        train_job_id=job.train_job_id,
        metrics=METRICS,
        parent_id=parent.model_id if parent else None,
        path_of=lambda version: f"models/{guild_id}/{version}",
    )
    await models.publish(record, OUTCOME, live=live)
    return await models.get(record.model_id)


async def test_an_outcome_is_written_once(database: Database) -> None:
    jobs = JobStore(database)
    job = await add(jobs, 1)
    failed = JobOutcome(JobStatus.FAILED, FailureReason("first", 50))
    assert await jobs.finish(job.train_job_id, failed)
    assert not await jobs.finish(job.train_job_id, JobOutcome(JobStatus.CANCELLED))
    last = await jobs.last_finished(1)
    assert last is not None
    assert (last.status, last.outcome) == (JobStatus.FAILED, failed)


async def test_an_outcome_comes_back_and_its_samples_go_once_told(database: Database) -> None:
    jobs, models = JobStore(database), ModelStore(database)
    record = await finished(jobs, models, 1)
    assert record.train_job_id is not None
    assert (await jobs.get(record.train_job_id)).outcome == OUTCOME
    outcomes = OutcomeStore(database, jobs)
    assert [job.outcome for job in await outcomes.untold()] == [OUTCOME]
    await outcomes.set_told(record.train_job_id)
    assert await outcomes.untold() == []
    (past,) = await outcomes.latest(1, 9)
    assert past.job.outcome == replace(OUTCOME, samples=())


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


async def test_a_version_counts_only_once_it_is_published(database: Database) -> None:
    jobs, models = JobStore(database), ModelStore(database)
    job = await add(jobs, 1)
    record = await models.add(
        guild_id=1, train_job_id=job.train_job_id, metrics=METRICS, path_of=str
    )
    assert (record.version, record.path, record.published) == (1, "1", False)
    assert await models.current(1) is None
    assert await models.versions(1) == []
    assert await models.find(1, "1") is None
    await models.publish(record, OUTCOME, live=True)
    published = replace(record, published=True)
    assert await models.current(1) == published
    assert await models.versions(1) == [published]
    assert (await jobs.get(job.train_job_id)).status is JobStatus.DONE


async def test_a_version_can_be_kept_aside(database: Database) -> None:
    jobs, models = JobStore(database), ModelStore(database)
    first = await finished(jobs, models, 1)
    aside = await finished(jobs, models, 1, live=False)
    assert await models.current(1) == first
    assert aside.parent_id == first.model_id
    assert await models.versions(1) == [aside, first]
    assert (await jobs.last_finished(1)) is not None


async def test_versions_are_found_by_number_and_name(database: Database) -> None:
    jobs, models = JobStore(database), ModelStore(database)
    first, second = [await finished(jobs, models, 1) for _ in range(2)]
    await finished(jobs, models, 2)
    await models.rename(second, "Memes")
    named = await models.find(1, "memes")
    assert named is not None
    assert (named.model_id, named.label) == (second.model_id, "2 (Memes)")
    assert await models.find(1, "v1") == await models.find(1, "1") == first
    for called in ("3", "0", "", "memes2", "99999999999999999999"):
        assert await models.find(1, called) is None
    with pytest.raises(UserError, match="already called MEMES"):
        await models.rename(first, "MEMES")
    await models.rename(second, None)
    await models.rename(first, "memes")


async def test_old_versions_go_but_not_those_in_use_or_named(database: Database) -> None:
    jobs, models = JobStore(database), ModelStore(database)
    records = [await finished(jobs, models, 1) for _ in range(6)]
    other = await finished(jobs, models, 2)
    await models.rename(records[0], "first")
    await models.use(1, records[2])
    # Named: 1. In use: 3, whose parent is 2. The two newest without a name: 5 and 6.
    assert await models.superfluous(1, 2) == [records[3]]
    assert await models.superfluous(2, 1) == []
    await models.use(1, None)
    assert await models.superfluous(1, 1) == records[1:5]
    assert await models.current(2) == other


async def test_the_parent_of_a_deleted_version_takes_its_place(database: Database) -> None:
    jobs, models = JobStore(database), ModelStore(database)
    first, second, third = [await finished(jobs, models, 1) for _ in range(3)]
    assert not await models.drop(third)
    assert await models.drop(second)
    now = await models.current(1)
    assert now is not None
    assert now.parent_id == first.model_id
    assert await models.drop(first)
    now = await models.current(1)
    assert now is not None
    assert now.parent_id is None


async def test_a_number_is_never_given_twice(database: Database) -> None:
    jobs, models = JobStore(database), ModelStore(database)
    first, second = [await finished(jobs, models, 1) for _ in range(2)]
    await models.use(1, first)
    await models.drop(second)
    assert (await finished(jobs, models, 1)).version == 3


async def test_a_version_deleted_under_somebodys_hands_is_refused(database: Database) -> None:
    jobs, models = JobStore(database), ModelStore(database)
    first, second = [await finished(jobs, models, 1) for _ in range(2)]
    await models.drop(first)
    with pytest.raises(UserError, match="just been deleted"):
        await models.use(1, first)
    assert await models.current(1) == replace(second, parent_id=None)


async def test_a_version_from_a_file_has_no_job_and_no_figures(database: Database) -> None:
    models = ModelStore(database)
    record = await models.add(guild_id=1, name="guest", path_of=str)
    await models.add(guild_id=1, path_of=str)
    await models.publish(record, None, live=False)
    await models.drop_unfinished_imports()
    (kept,) = await models.versions(1)
    assert (kept.name, kept.metrics, kept.train_job_id) == ("guest", None, None)
    assert await models.paths() == {"1"}


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
        await models.publish(record, OUTCOME)
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
