"""The doctor sees what is wrong with an installation, and says what to do."""

from __future__ import annotations

import ast
import json
import os
import shutil
import sqlite3
from pathlib import Path

import discord
import pytest
from bot_harness import REAL_TRAINING_S, make_base, open_scene, run_python
from typed_bot import START

from bot.config import load_settings
from bot.loopback.state.options import SandboxOptions
from bot.operations.doctor import files, programs
from bot.operations.doctor.discord_login import PERMISSIONS, discord_side, permission_names
from bot.operations.doctor.finding import Finding, Level
from bot.runtime.data_folder import DataFolder
from bot.storage.database import Database
from bot.storage.migrations import Migration, load_migrations
from textgen_core.model.bundled import SHIPPED, model_path

ROOT = Path(__file__).parents[3]


def levels(findings: list[Finding]) -> dict[str, str]:
    return {finding.check: finding.level.value for finding in findings}


async def ask_discord(tmp_path: Path, options: SandboxOptions, token: str = "") -> list[Finding]:
    async with open_scene(tmp_path, messages=0, options=options) as scene:
        settings = load_settings(None, discord_token=token or scene.discord.bot_token)
        return await discord_side(settings)


async def test_a_valid_token_brings_an_invite_with_the_needed_permissions(tmp_path: Path) -> None:
    found = await ask_discord(tmp_path, SandboxOptions())
    assert levels(found) == {
        "token": "ok",
        "intents": "ok",
        "permissions": levels(found)["permissions"],
        "invite": "ok",
    }
    address = found[-1].found
    assert f"permissions={PERMISSIONS.value}" in address
    assert "scope=bot+applications.commands" in address


async def test_a_refused_token_is_an_error(tmp_path: Path) -> None:
    (found,) = await ask_discord(tmp_path, SandboxOptions(), token="wrong")
    assert (found.level, found.found) == (Level.ERROR, "Discord refuses DISCORD_TOKEN")
    assert "page Bot" in found.advice


async def test_no_token_and_no_network_are_errors() -> None:
    (found,) = await discord_side(load_settings(None, discord_token=None))
    assert "DISCORD_TOKEN is missing" in found.found


async def test_a_missing_intent_is_told(tmp_path: Path) -> None:
    found = await ask_discord(tmp_path, SandboxOptions(message_content_intent=False))
    assert levels(found)["intents"] == "warning"
    assert "Message Content Intent is off" in found[1].found
    assert "page Bot" in found[1].advice


async def test_missing_permissions_are_named(tmp_path: Path) -> None:
    async with open_scene(tmp_path, messages=0) as scene:
        everyone = scene.guild.roles[scene.guild.id]
        everyone.permissions &= ~discord.Permissions(read_message_history=True).value
        for role_id in scene.guild.members[scene.world.bot.id].role_ids:
            scene.guild.roles[role_id].permissions = 0
        found = await discord_side(load_settings(None, discord_token=scene.discord.bot_token))
    assert levels(found)["permissions"] == "warning"
    assert "missing in 1 of 1 servers: Read Message History" in found[2].found


def called_for() -> set[str]:
    """Return the permissions that calls in the bot's own code need."""
    needs = {
        "send": {"send_messages"},
        "logs_from": {"read_message_history"},
        "history": {"read_message_history"},
        "Thread": {"send_messages_in_threads"},
        "add_reaction": {"add_reactions"},
        "Embed": {"embed_links"},
        "File": {"attach_files"},
        "VoiceChannel": {"connect"},
    }
    permissions = {"view_channel"}
    paths = [path for folder in ("cogs", "bot") for path in (ROOT / folder).rglob("*.py")]
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                permissions |= needs.get(node.attr, set())
    return permissions


def test_the_invite_asks_for_what_the_code_calls_for_and_no_more() -> None:
    assert discord.Permissions(**dict.fromkeys(called_for(), True)) == PERMISSIONS


def test_operating_md_names_these_permissions() -> None:
    page = " ".join((ROOT / "docs" / "operating.md").read_text(encoding="utf-8").split())
    assert [name for name in permission_names(PERMISSIONS) if f"*{name}*" not in page] == []


def test_a_folder_that_others_can_read_is_a_warning(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    with folder.locked():
        pass
    assert files.data_folder(folder).level is Level.OK
    folder.root.chmod(0o755)
    found = files.data_folder(folder)
    assert found.level is Level.WARNING
    assert found.advice == f"chmod 700 {folder.root}"


def test_a_folder_that_is_none_is_an_error() -> None:
    found = files.data_folder(DataFolder(Path("/dev/null/data")))
    assert found.level is Level.ERROR
    assert "chown" in found.advice


@pytest.mark.parametrize(
    ("free", "level"), [(10**8, Level.ERROR), (10**9, Level.WARNING), (10**11, Level.OK)]
)
def test_a_full_disk_is_told_before_it_hurts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: Level
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(0, 0, free))
    assert files.free_disk(DataFolder(tmp_path)).level is level


async def test_the_database_is_looked_at(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert "none yet" in files.database(folder).found
    database = await Database.open(folder.database)
    assert files.database(folder).level is Level.OK  # while another uses it
    await database.close()
    newest = len(load_migrations())
    assert f"version {newest}" in files.database(folder).found
    with sqlite3.connect(folder.database) as connection:
        connection.execute(f"PRAGMA user_version = {newest + 1}")
    found = files.database(folder)
    assert found.level is Level.ERROR
    assert "newer program" in found.advice


async def test_a_damaged_database_is_an_error(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    table = Migration(1, "first", "CREATE TABLE one (a TEXT); CREATE INDEX two ON one (a);")
    database = await Database.open(folder.database, (table,))
    async with database.transaction() as connection:
        texts = [(f"{number:0500}",) for number in range(200)]
        await connection.executemany("INSERT INTO one (a) VALUES (?)", texts)
    await database.close()
    pages = bytearray(folder.database.read_bytes())
    pages[-3 * 4096 :] = os.urandom(3 * 4096)
    folder.database.write_bytes(pages)
    found = files.database(folder)
    assert found.level is Level.ERROR
    assert "restore" in found.advice


@pytest.mark.parametrize("name", SHIPPED)
def test_a_base_model_that_ships_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert files.base_model(Path(name)).level is Level.OK
    for file in (f"{name}.safetensors", files.CHECKSUMS):
        shutil.copy(model_path(name).with_name(file), tmp_path)
    monkeypatch.setattr(files, "model_path", lambda name: tmp_path / f"{name}.safetensors")
    assert files.base_model(Path(name)).level is Level.OK
    make_base(tmp_path).replace(tmp_path / f"{name}.safetensors")
    assert files.base_model(Path(name)).level is Level.ERROR


def test_a_base_model_that_the_admin_names_is_loaded(tmp_path: Path) -> None:
    assert files.base_model(make_base(tmp_path)).level is Level.OK
    assert "correct BASE_MODEL" in files.base_model(tmp_path / "none.safetensors").advice


def test_a_readable_env_file_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    assert files.env_file(path).level is Level.OK
    path.write_text("DISCORD_TOKEN=x", encoding="utf-8")
    path.chmod(0o644)
    assert files.env_file(path).advice == f"chmod 600 {path}"
    path.chmod(0o600)
    assert files.env_file(path).level is Level.OK


def test_packages_that_are_missing_or_too_old_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ["numpy>=2", "numpy<1", "no-such-package", 'other; extra == "dev"']
    monkeypatch.setattr(programs.metadata, "requires", lambda _: wanted)
    found = programs.packages()
    assert found.level is Level.ERROR
    assert "no-such-package is missing" in found.found
    assert "wanted <1" in found.found
    assert "other" not in found.found


def test_the_slim_image_has_no_tensorflow_and_needs_other_machines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(programs, "has_tensorflow", lambda: False)
    wanted = ["numpy>=2", "keras>=99", "tensorflow-cpu>=99", "no-such-package"]
    monkeypatch.setattr(programs.metadata, "requires", lambda _: wanted)
    assert programs.packages().found == "no-such-package is missing"
    alone = programs.tensorflow()
    assert (alone.level, alone.check) == (Level.ERROR, "tensorflow")
    assert "VARIANT=slim" in alone.found
    assert "let another machine train" in alone.advice
    assert programs.tensorflow(trains_elsewhere=True).level is Level.OK


def test_a_child_that_fails_is_told_in_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "TENSORFLOW_PROBE", "raise ImportError('no such library')")
    found = programs.tensorflow()
    assert found.level is Level.ERROR
    assert "no such library" in found.found


def test_a_folder_that_keeps_no_kernels_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = make_base(tmp_path)
    assert programs.kernels(base).level is Level.OK
    monkeypatch.setattr(programs, "_in_child", lambda *_: {"seconds": 9.0, "folder": None})
    assert "NUMBA_CACHE_DIR" in programs.kernels(base).advice


async def test_the_whole_doctor_fails_on_errors_alone(tmp_path: Path) -> None:
    async with open_scene(tmp_path, messages=0) as scene:
        command = ("-c", START, scene.discord.url, "doctor")
        token = scene.discord.bot_token
        env_file = tmp_path / ".env"
        env_file.write_text(f"DISCORD_TOKEN={token}", encoding="utf-8")
        env_file.chmod(0o644)
        status, out, err = await run_python(tmp_path, *command, "--json", timeout_s=REAL_TRAINING_S)
        assert status == 0, out + err
        assert json.loads(out)["errors"] == 0
        assert "chmod 600 .env" in out
        assert token not in out + err
        env_file.chmod(0o600)
        status, out, _ = await run_python(
            tmp_path, *command, timeout_s=REAL_TRAINING_S, DISCORD_TOKEN="wrong"
        )
    assert status == 1
    assert "error    token" in out
    assert ".env is private" in out
    assert "1 errors, " in out
    assert not (tmp_path / "data").exists()
