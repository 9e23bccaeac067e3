"""migrate, erase-guild and models as they are typed."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import pytest
from bot_harness import open_scene, run_python, running_bot
from model_folders import GUILD, add_version, folder_with_model
from typed_bot import last_line

from bot.runtime.data_folder import DataFolder
from bot.storage.database import Database, former_databases
from bot.storage.erasure import tables_of_guilds
from bot.storage.migrations import Migration, load_migrations
from bot.storage.offline import database_version

NEWEST = len(load_migrations())
# They go with the row that they belong to.
FOLLOWING = ("job_channel", "job_known", "job_voice", "model_channel", "model_voice")
MORE = Migration(NEWEST + 1, "more", "CREATE TABLE more (a INTEGER) STRICT;")


async def test_a_database_is_copied_before_it_is_migrated(tmp_path: Path) -> None:
    folder = await folder_with_model(tmp_path)
    assert former_databases(folder.database) == []
    (tmp_path / "textgen.v0.sqlite3").write_bytes(b"of an earlier upgrade")
    await (await Database.open(folder.database, (*load_migrations(), MORE))).close()
    (copy,) = former_databases(folder.database)
    assert copy.name == f"textgen.v{NEWEST}.sqlite3"
    assert copy.stat().st_mode & 0o077 == 0
    assert database_version(copy, check=True) == NEWEST
    assert database_version(folder.database) == NEWEST + 1
    # Going back is putting the copy in its place.
    copy.replace(folder.database)
    await (await Database.open(folder.database)).close()
    with sqlite3.connect(folder.database) as connection:
        assert connection.execute("SELECT COUNT(*) FROM model").fetchone() == (2,)


@pytest.mark.parametrize("version", range(1, NEWEST))
async def test_every_older_database_is_upgraded_and_kept(tmp_path: Path, version: int) -> None:
    folder = DataFolder(tmp_path)
    await (await Database.open(folder.database, load_migrations()[:version])).close()
    await (await Database.open(folder.database)).close()
    assert database_version(folder.database, check=True) == NEWEST
    assert [database_version(copy) for copy in former_databases(folder.database)] == [version]


async def test_migrate_makes_upgrades_and_refuses(tmp_path: Path) -> None:
    status, _, err = await run_python(tmp_path, "-m", "bot", "migrate")
    assert (status, last_line(err)) == (
        0,
        f"The database went from version 0 to {NEWEST}.",
    )
    status, _, err = await run_python(tmp_path, "-m", "bot", "migrate")
    assert (status, "nothing to do" in err) == (0, True)
    with sqlite3.connect(tmp_path / "data" / "textgen.sqlite3") as connection:
        connection.execute(f"PRAGMA user_version = {NEWEST + 1}")
    status, _, err = await run_python(tmp_path, "-m", "bot", "migrate")
    assert status == 1
    assert "run the newer program again" in last_line(err)
    assert "Traceback" not in err


async def test_backup_and_restore_as_they_are_typed(tmp_path: Path) -> None:
    folder = await folder_with_model(tmp_path / "data")
    status, _, err = await run_python(tmp_path, "-m", "bot", "backup", "backup.tar.gz")
    assert status == 0, err
    assert "Saved 3 files" in last_line(err)
    status, _, err = await run_python(tmp_path, "-m", "bot", "restore", "backup.tar.gz")
    assert status == 1
    assert "--replace" in last_line(err)
    status, _, err = await run_python(
        tmp_path, "-m", "bot", "restore", "backup.tar.gz", DATA_DIR="other"
    )
    assert status == 0, err
    other = DataFolder(tmp_path / "other")
    for version in (1, 2):
        path = folder.model_path(GUILD, version)
        assert other.absolute(path).read_bytes() == folder.absolute(path).read_bytes()


async def test_the_models_are_listed(tmp_path: Path) -> None:
    folder = await folder_with_model(tmp_path / "data")
    folder.absolute(folder.model_path(GUILD, 1)).unlink()
    status, out, err = await run_python(tmp_path, "-m", "bot", "models", "--json")
    assert status == 0, err
    first, second = json.loads(out)
    assert (first["version"], first["current"], first["bytes"]) == (1, False, None)
    assert (second["guild_id"], second["current"], second["bytes"]) == (GUILD, True, 9000)
    status, out, _ = await run_python(tmp_path, "-m", "bot", "models")
    assert re.search(r"2\* +2026-01-01 00:00        100  3.00 → 2.50     0.0", out)
    assert "gone" in out


async def test_every_table_is_known_to_the_erasure(tmp_path: Path) -> None:
    folder = await folder_with_model(tmp_path)
    with sqlite3.connect(folder.database) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        names = {row[0] for row in tables if not row[0].startswith("sqlite_")}
        names -= set(tables_of_guilds(connection))
    assert names == {*FOLLOWING, "nsfw_channel", "bot_fact", "night"}


async def test_an_erased_server_leaves_nothing(tmp_path: Path) -> None:
    async with open_scene(tmp_path) as scene:
        async with running_bot(scene):
            await scene.train()
        folder = DataFolder(tmp_path / "data")
        guild_id = scene.guild.id
        with sqlite3.connect(folder.database) as connection:
            connection.execute("INSERT INTO guild (guild_id) VALUES (?)", (GUILD,))
            add_version(connection, folder, 1)
            connection.execute("INSERT INTO nsfw_channel VALUES (?), (7)", (scene.talk.id,))
        (folder.root / "textgen.v0.sqlite3").write_bytes(b"of an earlier upgrade")
        status, _, err = await run_python(tmp_path, "-m", "bot", "erase-guild", str(guild_id))
        assert status == 0, err
        assert "Backups that you made still hold it" in last_line(err)
        assert not folder.models(guild_id).exists()
        assert former_databases(folder.database) == []
        with sqlite3.connect(folder.database) as connection:
            for table in tables_of_guilds(connection):
                ids = {row[0] for row in connection.execute(f"SELECT guild_id FROM {table}")}  # noqa: S608
                assert guild_id not in ids
            for table in FOLLOWING:
                rows = connection.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608
                assert rows.fetchone() == (0,), table
            assert connection.execute("SELECT channel_id FROM nsfw_channel").fetchall() == [(7,)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert folder.absolute(folder.model_path(GUILD, 1)).exists()
        status, _, err = await run_python(tmp_path, "-m", "bot", "erase-guild", str(guild_id))
        assert status == 1
        assert "Nothing is known" in last_line(err)
        status, _, err = await run_python(
            tmp_path, "-m", "bot", "erase-guild", str(guild_id), "--force"
        )
        assert status == 1
        assert "Nothing is known" in last_line(err)
        async with running_bot(scene):
            assert "haven't learned anything" in await scene.ask("!about")


async def test_erasing_asks_for_a_bot_that_is_stopped(tmp_path: Path) -> None:
    folder = await folder_with_model(tmp_path / "data")
    with folder.locked():
        status, _, err = await run_python(tmp_path, "-m", "bot", "erase-guild", str(GUILD))
    assert status == 1
    assert "stop it first" in last_line(err)
    assert folder.models(GUILD).exists()
