"""The database migrates, refuses what it does not know, and writes all or nothing."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StorageError
from bot.storage.database import Database
from bot.storage.migrations import Migration, load_migrations
from bot.storage.privacy import PERSON_COLUMNS

STEPS = (
    Migration(1, "first", "CREATE TABLE one (a INTEGER) STRICT;"),
    Migration(2, "second", "ALTER TABLE one ADD COLUMN b TEXT;"),
)


def schema(path: Path) -> list[str]:
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
        return sorted(row[0] for row in rows)


def version(path: Path) -> int:
    with sqlite3.connect(path) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


async def open_and_close(path: Path, steps: tuple[Migration, ...] | None = None) -> None:
    database = await Database.open(path, steps)
    await database.close()


async def test_a_fresh_database_equals_a_migrated_one(tmp_path: Path) -> None:
    fresh, migrated = tmp_path / "fresh", tmp_path / "migrated"
    await open_and_close(fresh, STEPS)
    await open_and_close(migrated, STEPS[:1])
    assert version(migrated) == 1
    await open_and_close(migrated, STEPS)
    assert schema(fresh) == schema(migrated)
    assert version(fresh) == version(migrated) == 2


async def test_a_step_that_fails_leaves_nothing_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "database"
    bad = Migration(2, "bad", "CREATE TABLE two (a INTEGER); CREATE TABLE one (a INTEGER);")
    with pytest.raises(StorageError):
        await open_and_close(path, (STEPS[0], bad))
    assert version(path) == 1
    assert schema(path) == ["CREATE TABLE one (a INTEGER) STRICT"]
    await open_and_close(path, STEPS)
    assert version(path) == 2


async def test_a_newer_database_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "database"
    await open_and_close(path, STEPS)
    with pytest.raises(StorageError, match="knows only 1"):
        await open_and_close(path, STEPS[:1])
    assert version(path) == 2


async def test_a_damaged_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "database"
    path.write_bytes(b"this is no database, and never was one" * 40)
    with pytest.raises(StorageError, match="restore it from a backup"):
        await open_and_close(path)


async def test_a_transaction_that_fails_writes_nothing(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "database", STEPS)

    async def write() -> None:
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO one (a) VALUES (1)")
            raise KeyError

    with pytest.raises(KeyError):
        await write()
    assert await database.fetch_all("SELECT * FROM one") == []
    await database.close()


async def test_a_cancelled_transaction_lets_the_next_one_begin(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "database", STEPS)
    inside = asyncio.Event()

    async def write() -> None:
        async with database.transaction() as connection:
            await connection.execute("INSERT INTO one (a) VALUES (1)")
            inside.set()
            await asyncio.Event().wait()

    writing = asyncio.create_task(write())
    await inside.wait()
    writing.cancel()
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO one (a) VALUES (2)")
    assert [row["a"] for row in await database.fetch_all("SELECT a FROM one")] == [2]
    await database.close()


async def test_every_table_is_strict_and_names_persons_only_where_they_can_be_forgotten(
    tmp_path: Path,
) -> None:
    database = await Database.open(tmp_path / "database")
    tables = await database.fetch_all(
        "SELECT name, strict FROM pragma_table_list WHERE schema = 'main'"
        " AND name NOT LIKE 'sqlite_%'"
    )
    assert [row["name"] for row in tables if not row["strict"]] == []
    columns = await database.fetch_all(
        "SELECT t.name AS place, c.name FROM pragma_table_list AS t"
        " JOIN pragma_table_info(t.name) AS c WHERE t.schema = 'main'"
    )
    naming = re.compile(r".*_by_id|user_id|author_id|member_id|owner_id")
    naming_persons = {
        (row["place"], row["name"]) for row in columns if naming.fullmatch(row["name"])
    }
    assert naming_persons == PERSON_COLUMNS
    telling = re.compile("author|content|text|nick|display")
    names = [row["name"] for row in columns if (row["place"], row["name"]) not in PERSON_COLUMNS]
    assert [name for name in names if telling.search(name)] == []
    await database.close()


async def test_the_privacy_policy_lists_every_column(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "database")
    rows = await database.fetch_all(
        "SELECT t.name AS place, c.name FROM pragma_table_list AS t"
        " JOIN pragma_table_info(t.name) AS c WHERE t.schema = 'main'"
        " AND t.name NOT LIKE 'sqlite_%'"
    )
    await database.close()
    real: dict[str, set[str]] = {}
    for row in rows:
        real.setdefault(row["place"], set()).add(row["name"])
    policy = (Path(__file__).parents[3] / "PRIVACY.md").read_text(encoding="utf-8")
    told = {
        place: set(re.findall(r"`(\w+)`", columns))
        for place, columns in re.findall(r"^\| `(\w+)` \| (.*?) \|", policy, re.MULTILINE)
    }
    assert told == real


def test_migrations_are_numbered_without_gaps() -> None:
    steps = load_migrations()
    assert [step.version for step in steps] == list(range(1, len(steps) + 1))


async def test_models_of_version_1_remember_what_they_learned(tmp_path: Path) -> None:
    path = tmp_path / "database"
    await open_and_close(path, load_migrations()[:1])
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "INSERT INTO guild (guild_id) VALUES (1);"
            "INSERT INTO train_job (guild_id, status, before_id, report_channel_id, created_at)"
            " VALUES (1, 'done', 900, 9, 'then');"
            "INSERT INTO job_channel (train_job_id, channel_id, position, first_id, after_id,"
            " messages) VALUES (1, 5, 0, 100, 800, 70), (1, 6, 1, NULL, 0, 0);"
            "INSERT INTO model (guild_id, version, train_job_id, path, messages,"
            " bits_per_char_before, bits_per_char_after, train_s, created_at)"
            " VALUES (1, 1, 1, 'models/1/1', 70, 3, 2, 1, 'then');"
        )
    await open_and_close(path)
    with closing(sqlite3.connect(path)) as connection:
        learned = connection.execute(
            "SELECT model_id, channel_id, first_id, after_id, messages FROM model_channel"
        ).fetchall()
        jobs = connection.execute("SELECT fresh, base_version FROM train_job").fetchall()
    assert learned == [(1, 5, 100, 800, 70)]
    assert jobs == [(1, 0)]


async def test_what_was_quoted_of_files_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "database"
    await open_and_close(path, load_migrations()[:12])
    reasons = [
        "chat.txt is a log of no form that I know: it begins with “ann: a secret”. Take it",
        "a.csv is a table in which I cannot tell the text: its columns are a secret, b, and",
        "I found only 3 usable messages.",
    ]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO guild (guild_id) VALUES (1)")
        for reason in reasons:
            connection.execute(
                "INSERT INTO train_job (guild_id, status, before_id, report_channel_id, created_at,"
                " reason) VALUES (1, 'failed', 900, 9, 'then', ?)",
                (reason,),
            )
        connection.commit()
    await open_and_close(path)
    with closing(sqlite3.connect(path)) as connection:
        kept = [row[0] for row in connection.execute("SELECT reason FROM train_job")]
    assert kept == [
        "chat.txt is a log of no form that I know: it begins with …",
        "a.csv is a table in which I cannot tell the text: …",
        "I found only 3 usable messages.",
    ]
    assert b"secret" not in path.read_bytes()
