"""Backups are whole though the bot runs, and are looked at before they are let in."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import json
import sqlite3
import stat
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from bot_harness import fake_trainer, open_scene, running_bot
from model_folders import GUILD, add_version, folder_with_model

import bot.operations.backup
from bot.errors import StorageError
from bot.operations.backup import DATABASE, MANIFEST, make_backup
from bot.operations.restore import restore_backup
from bot.runtime.data_folder import DataFolder
from bot.storage.migrations import load_migrations
from bot.storage.offline import copy_database

Members = dict[str, bytes]


def members(archive: Path) -> Members:
    with tarfile.open(archive) as opened:
        return {entry.name: opened.extractfile(entry).read() for entry in opened}  # type: ignore[union-attr]


def write(archive: Path, content: Members) -> None:
    with tarfile.open(archive, "w:gz") as opened:
        for name, data in content.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            opened.addfile(entry, io.BytesIO(data))


def tree(root: Path) -> dict[str, bytes]:
    """Return what lies in a folder, but for SQLite's own files beside the database."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


async def test_made_while_the_bot_trains_it_brings_everything_back(tmp_path: Path) -> None:
    archive = tmp_path / "backup.tar.gz"
    async with open_scene(tmp_path) as scene:
        async with running_bot(scene):
            await scene.train()
            before = await scene.ask("!generate --seed 7")
        scene.you.events.clear()
        async with running_bot(scene, fake_trainer("hold")):
            await scene.ask(f"!train full <#{scene.talk.id}>")
            await scene.from_bot("MESSAGE_UPDATE", "🧠 **Training** on 250 messages\n`█")
            folder = DataFolder(tmp_path / "data")
            result = await asyncio.to_thread(make_backup, folder, archive)
        assert (result.files, result.missing) == (2, ())
        assert b"message 12" not in gzip.decompress(archive.read_bytes())
        folder.root.rename(tmp_path / "former")
        assert restore_backup(archive, folder, replace=False) == 2
        scene.you.events.clear()
        async with running_bot(scene):
            # The training that was under way reads its channel again, and ends.
            assert "250 messages" in await scene.outcome()
            assert await scene.ask("!generate --seed 7") == before
            assert "version 2" in await scene.ask("!about")


async def test_a_backup_is_private_and_appears_whole(tmp_path: Path) -> None:
    folder = await folder_with_model(tmp_path / "data")
    archive = tmp_path / "backup.tar.gz"
    make_backup(folder, archive)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert not list(folder.root.glob(".backup-*"))
    content = members(archive)
    assert next(iter(content)) == MANIFEST
    manifest = json.loads(content.pop(MANIFEST))
    assert manifest["files"].keys() == content.keys()
    assert manifest["database_version"] == len(load_migrations())
    with pytest.raises(StorageError, match="overwrites nothing"):
        make_backup(folder, archive)


async def test_a_full_or_missing_place_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = await folder_with_model(tmp_path / "data")
    with pytest.raises(StorageError, match="cannot be written"):
        make_backup(folder, tmp_path / "none" / "backup.tar.gz")
    with pytest.raises(StorageError, match="nothing to save"):
        make_backup(DataFolder(tmp_path), tmp_path / "backup.tar.gz")
    assert not (tmp_path / "backup.tar.gz").exists()


async def test_a_version_dropped_meanwhile_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = await folder_with_model(tmp_path / "data")

    def copied_a_moment_too_soon(source: Path, target: Path) -> None:
        copy_database(source, target)
        with sqlite3.connect(source) as connection:
            if connection.execute("SELECT model_id FROM guild").fetchone() == (3,):
                return
            add_version(connection, folder, 3)
            connection.execute("UPDATE guild SET model_id = 3")
            connection.execute("DELETE FROM model WHERE version < 3")
        for version in (1, 2):
            folder.absolute(folder.model_path(GUILD, version)).unlink()

    monkeypatch.setattr(bot.operations.backup, "copy_database", copied_a_moment_too_soon)
    result = make_backup(folder, tmp_path / "backup.tar.gz")
    assert result.missing == ()
    assert members(tmp_path / "backup.tar.gz").keys() == {
        MANIFEST,
        DATABASE,
        "models/42/3.safetensors",
    }


async def test_a_version_announced_but_not_there_yet_is_left_out(tmp_path: Path) -> None:
    folder = await folder_with_model(tmp_path / "data")
    with sqlite3.connect(folder.database) as connection:
        add_version(connection, folder, 3)
    folder.absolute(folder.model_path(GUILD, 3)).unlink()
    archive = tmp_path / "backup.tar.gz"
    assert make_backup(folder, archive).missing == ()
    restored = DataFolder(tmp_path / "restored")
    restore_backup(archive, restored, replace=False)
    with sqlite3.connect(restored.database) as connection:
        assert connection.execute("SELECT version FROM model").fetchall() == [(1,), (2,)]


async def test_a_model_that_is_gone_is_told(tmp_path: Path) -> None:
    folder = await folder_with_model(tmp_path / "data")
    gone = folder.model_path(GUILD, 2)
    folder.absolute(gone).unlink()
    assert make_backup(folder, tmp_path / "backup.tar.gz").missing == (gone,)


async def test_what_is_there_is_replaced_only_when_told_so(tmp_path: Path) -> None:
    folder = await folder_with_model(tmp_path / "data")
    archive = tmp_path / "backup.tar.gz"
    make_backup(folder, archive)
    folder.absolute(folder.model_path(GUILD, 2)).write_bytes(b"other")
    with pytest.raises(StorageError, match="--replace"):
        restore_backup(archive, folder, replace=False)
    assert folder.absolute(folder.model_path(GUILD, 2)).read_bytes() == b"other"
    restore_backup(archive, folder, replace=True)
    assert folder.absolute(folder.model_path(GUILD, 2)).read_bytes() == b"weights 2" * 1000
    assert not list(folder.root.glob(".restore-*"))


async def test_a_running_bot_keeps_its_folder(tmp_path: Path) -> None:
    folder = await folder_with_model(tmp_path / "data")
    archive = tmp_path / "backup.tar.gz"
    make_backup(folder, archive)
    with folder.locked(), pytest.raises(StorageError, match="Another bot"):
        restore_backup(archive, folder, replace=True)


def change_a_model(content: Members) -> None:
    content["models/42/2.safetensors"] = b"weights X" * 1000


def shorten_a_model(content: Members) -> None:
    content["models/42/2.safetensors"] = b"weights"


def lose_a_model(content: Members) -> None:
    del content["models/42/2.safetensors"]


def lose_the_list(content: Members) -> None:
    del content[MANIFEST]


def bring_a_stranger(content: Members) -> None:
    content["models/../../stranger"] = b"x"


def list_a_stranger(content: Members) -> None:
    name = "models/../../stranger"
    manifest = json.loads(content[MANIFEST])
    manifest["files"][name] = {"bytes": 1, "sha256": "0"}
    content[MANIFEST] = json.dumps(manifest).encode()
    content[name] = b"x"


def speak_another_format(content: Members) -> None:
    manifest = json.loads(content[MANIFEST])
    content[MANIFEST] = json.dumps({**manifest, "format": 9}).encode()


def be_no_object(content: Members) -> None:
    content[MANIFEST] = b"[]"


@pytest.mark.parametrize(
    "damage",
    [
        change_a_model,
        shorten_a_model,
        lose_a_model,
        lose_the_list,
        bring_a_stranger,
        list_a_stranger,
        speak_another_format,
        be_no_object,
    ],
)
async def test_a_damaged_backup_changes_nothing(
    tmp_path: Path, damage: Callable[[Members], None]
) -> None:
    folder = await folder_with_model(tmp_path / "data")
    archive = tmp_path / "backup.tar.gz"
    make_backup(folder, archive)
    content = members(archive)
    damage(content)
    write(archive, content)
    before = tree(folder.root)
    with pytest.raises(StorageError, match="damaged"):
        restore_backup(archive, folder, replace=True)
    assert tree(folder.root) == before
    assert not (tmp_path / "stranger").exists()


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.8])
async def test_half_a_backup_changes_nothing(tmp_path: Path, keep: float) -> None:
    folder = await folder_with_model(tmp_path / "data")
    archive = tmp_path / "backup.tar.gz"
    make_backup(folder, archive)
    data = archive.read_bytes()
    archive.write_bytes(data[: int(keep * len(data))])
    before = tree(folder.root)
    with pytest.raises(StorageError, match="damaged"):
        restore_backup(archive, folder, replace=True)
    assert tree(folder.root) == before
    with pytest.raises(StorageError, match="no file"):
        restore_backup(tmp_path / "none.tar.gz", folder, replace=True)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "models/../../x.safetensors", "x", "models/1/1.safetensors/.."]
)
async def test_a_backup_that_names_files_elsewhere_is_refused(tmp_path: Path, path: str) -> None:
    folder = await folder_with_model(tmp_path / "data")
    archive = tmp_path / "backup.tar.gz"
    make_backup(folder, archive)
    content = members(archive)
    database = tmp_path / "changed.sqlite3"
    database.write_bytes(content["textgen.sqlite3"])
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE model SET path = ? WHERE version = 2", (path,))
    content["textgen.sqlite3"] = database.read_bytes()
    manifest = json.loads(content[MANIFEST])
    manifest["files"]["textgen.sqlite3"] = {
        "bytes": len(content["textgen.sqlite3"]),
        "sha256": hashlib.sha256(content["textgen.sqlite3"]).hexdigest(),
    }
    content[MANIFEST] = json.dumps(manifest).encode()
    write(archive, content)
    target = DataFolder(tmp_path / "b")
    with pytest.raises(StorageError, match="tampered with"):
        restore_backup(archive, target, replace=False)
    assert not target.database.exists()
    with pytest.raises(StorageError, match="outside the data folder"):
        target.absolute("/etc/passwd")


async def test_a_backup_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    folder = await folder_with_model(tmp_path / "data")
    newest = len(load_migrations())
    with sqlite3.connect(folder.database) as connection:
        connection.execute(f"PRAGMA user_version = {newest + 1}")
    make_backup(folder, tmp_path / "backup.tar.gz")
    with pytest.raises(StorageError, match="restore it with the newer program"):
        restore_backup(tmp_path / "backup.tar.gz", DataFolder(tmp_path / "b"), replace=False)
