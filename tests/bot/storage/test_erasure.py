"""An erasure reaches every table and every column that names somebody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.storage.author_tokens import AuthorTokenStore
from bot.storage.bot_state import DepartureStore
from bot.storage.database import Database
from bot.storage.erasure import erase_guild_here
from bot.storage.guilds import ServerStore
from bot.storage.jobs import JobStore
from bot.storage.learned_channels import LearnedStore
from bot.storage.live_counts import LiveCountStore, LiveRow
from bot.storage.models import ModelStore
from bot.storage.privacy import PERSON_COLUMNS, STAYING, Choice, PrivacyStore
from bot.storage.records import JobOutcome, JobStatus, TrainMetrics
from bot.storage.train_schedules import TrainSchedule, TrainScheduleStore

METRICS = TrainMetrics(
    messages=100, bits_per_char_before=3.0, bits_per_char_after=2.5, train_s=10.0
)
ANN, BOB = 2**60 + 7, 2**60 + 8


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """A database in which two servers have rows in every table that can be theirs."""
    opened = await Database.open(tmp_path / "database")
    for guild_id in (1, 2):
        await fill(opened, guild_id)
    yield opened
    await opened.close()


async def fill(database: Database, guild_id: int) -> None:
    jobs, models, servers = JobStore(database), ModelStore(database), ServerStore(database)
    voices, privacy = AuthorTokenStore(database), PrivacyStore(database)
    channel_id = 30 + guild_id
    for user_id in (ANN, BOB):
        await privacy.choose(guild_id, user_id, Choice.IN)
        await privacy.set_voice(guild_id, user_id, allowed=True)
    record = None
    for number in range(3):
        read = await jobs.add(
            guild_id=guild_id,
            channel_ids=(channel_id,),
            report_channel_id=9,
            before_id=1000,
            requested_by_id=ANN if number else BOB,
        )
        await jobs.begin(read.train_job_id, record)
        cursor = replace(read.channels[0], first_id=1, after_id=2, messages=1)
        await jobs.save_cursor(read.train_job_id, cursor)
        numbers = await voices.numbers(read.train_job_id)
        await voices.settle(read.train_job_id, dict.fromkeys(numbers.values(), 50))
        if number == 2:
            break  # the last one is under way
        record = await models.add(
            guild_id=guild_id,
            train_job_id=read.train_job_id,
            metrics=METRICS,
            path_of=lambda version: f"models/{guild_id}/{version}",
        )
        await models.publish(record, JobOutcome(JobStatus.DONE))
    await servers.change(guild_id, prefix="?", consented_at="then", consented_by_id=ANN)
    await servers.set_training_roles(guild_id, [1])
    await servers.set_allowed(guild_id, [guild_id])
    await servers.set_left_out(guild_id, [ANN, BOB], [1])
    await servers.set_phrases(guild_id, ["no"])
    await servers.set_rate(guild_id, guild_id, 0.5)
    await LearnedStore(database).note_nsfw([channel_id])
    await LearnedStore(database).note_hidden(guild_id, [channel_id])
    await DepartureStore(database).note(guild_id, datetime.now(UTC))
    live = LiveCountStore(database)
    await live.follow(guild_id, [channel_id], 1)
    await live.put([LiveRow(100 + guild_id, guild_id, channel_id, b"author", b"counts")])
    now = datetime.now(UTC)
    await TrainScheduleStore(database).put(TrainSchedule(guild_id, "day at 04:00 UTC", now, now))


async def counts(database: Database) -> dict[str, int]:
    """Return how many rows each table has, but for those of the bot itself."""
    tables = await database.fetch_all(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        " AND name NOT LIKE 'sqlite_%' AND name NOT IN ('bot_fact', 'night')"
    )
    found = {}
    for table in tables:
        sql = f"SELECT COUNT(*) AS count FROM {table['name']}"  # noqa: S608 (of the schema)
        row = await database.fetch_one(sql)
        assert row is not None
        found[table["name"]] = row["count"]
    return found


async def where(database: Database, user_id: int) -> set[tuple[str, str, int]]:
    """Return every column of every table that holds somebody's id, and how often."""
    columns = await database.fetch_all(
        "SELECT t.name AS place, c.name FROM pragma_table_list AS t"
        " JOIN pragma_table_info(t.name) AS c WHERE t.schema = 'main' AND t.type = 'table'"
    )
    found = set()
    for place, name in columns:
        sql = f"SELECT COUNT(*) AS count FROM {place} WHERE {name} = ?"  # noqa: S608 (of the schema)
        row = await database.fetch_one(sql, (user_id,))
        if row is not None and row["count"]:
            found.add((place, name, row["count"]))
    return found


async def test_every_row_of_a_server_can_be_erased(database: Database) -> None:
    before = await counts(database)
    assert all(before.values()), "fill() must reach every table that can belong to a server"
    assert len(await erase_guild_here(database, 1)) == 3
    assert await counts(database) == {name: count // 2 for name, count in before.items()}
    await erase_guild_here(database, 2)
    assert not any((await counts(database)).values())


async def test_an_erasure_reaches_every_column_that_names_a_member(database: Database) -> None:
    named = await where(database, ANN)
    assert {(place, name) for place, name, _ in named} == PERSON_COLUMNS, (
        "fill() must name somebody in every column that can"
    )
    others = await where(database, BOB)
    store = PrivacyStore(database)
    await store.forget_member(1, ANN)
    halves = {(place, name, count // 2) for place, name, count in named}
    # Of the other server nothing is gone, and here it only says that they opted out.
    kept = {each for each in named if each[:2] in STAYING}
    assert await where(database, ANN) == kept | {h for h in halves if h[:2] not in STAYING}
    assert ANN in (await store.choices(1)).out
    assert ANN in (await store.choices(2)).agreed
    assert await where(database, BOB) == others
    await store.forget_member(2, ANN)
    assert {each[:2] for each in await where(database, ANN)} == STAYING
