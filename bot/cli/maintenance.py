"""textgen-bot backup, restore, migrate, erase-guild and models: care for the data folder."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from bot.config import Settings
from bot.models.sealing import foreign_keys
from bot.operations.backup import make_backup
from bot.operations.restore import restore_backup
from bot.privacy.guild_erasure import erase_guild
from bot.runtime.data_folder import DataFolder
from bot.storage.database import Database, former_databases
from bot.storage.offline import database_version, list_models, newest_version


def add_care(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Let these commands be typed."""
    backup = commands.add_parser("backup", help="save database and models; the bot may run")
    backup.add_argument("file", type=Path, metavar="FILE.tar.gz", help="- is standard output")
    backup.set_defaults(run=_backup)

    restore = commands.add_parser("restore", help="turn a backup into the data folder")
    restore.add_argument("file", type=Path, metavar="FILE.tar.gz", help="- is standard input")
    restore.add_argument(
        "--replace", action="store_true", help="remove what the data folder holds now"
    )
    restore.set_defaults(run=_restore)

    migrate = commands.add_parser("migrate", help="bring the database up to date, as a start does")
    migrate.set_defaults(run=_migrate)

    erase = commands.add_parser("erase-guild", help="remove everything about one server")
    erase.add_argument("guild_id", type=int, metavar="ID")
    erase.add_argument("--force", action="store_true", help="even if I never saw that server")
    erase.set_defaults(run=_erase)

    models = commands.add_parser("models", help="list the servers' models; the bot may run")
    models.add_argument("--json", action="store_true", help="print JSON alone")
    models.set_defaults(run=_models)


def _say(text: str) -> None:
    """Tell on standard error, as standard output may be an archive."""
    print(text, file=sys.stderr, flush=True)


async def _backup(settings: Settings, options: argparse.Namespace) -> None:
    folder = DataFolder(settings.data_dir)
    result = await asyncio.to_thread(make_backup, folder, options.file)
    _say(
        f"{folder.filter_key} is in no backup: keep a copy of it in another place. It opens the "
        "filters that keep models from repeating what was said."
    )
    _say(f"Saved {result.files} files, {result.total_bytes / 1e6:.1f} MB, to {options.file}.")
    for name in result.missing:
        _say(f"Not saved, because it is gone: {name}. That server has to be trained again.")


async def _restore(settings: Settings, options: argparse.Namespace) -> None:
    folder = DataFolder(settings.data_dir)
    count = await asyncio.to_thread(restore_backup, options.file, folder, replace=options.replace)
    _say(f"Restored {count} files into {folder.root}: start the bot.")
    paths = list((folder.root / "models").rglob("*.safetensors"))
    for key_id, models in (await asyncio.to_thread(foreign_keys, folder, paths)).items():
        _say(
            f"{models} models were sealed by the key {key_id}, which is not in {folder.root}: put "
            f"the former {folder.filter_key.name} there before the bot starts. Without it they "
            "can repeat what was said, until they are trained from the beginning (`train full`)."
        )


async def _migrate(settings: Settings, options: argparse.Namespace) -> None:
    folder = DataFolder(settings.data_dir)
    with folder.locked():
        before = database_version(folder.database) if folder.database.exists() else 0
        await (await Database.open(folder.database)).close()
    if before == newest_version():
        _say(f"The database has version {before}, the newest: there is nothing to do.")
        return
    kept = former_databases(folder.database) if before else []
    where = f" What was before lies in {kept[-1]}." if kept else ""
    _say(f"The database went from version {before} to {newest_version()}.{where}")


async def _erase(settings: Settings, options: argparse.Namespace) -> int:
    folder = DataFolder(settings.data_dir)
    result = await asyncio.to_thread(
        erase_guild, folder, guild_id=options.guild_id, force=options.force
    )
    if result.rows == result.files == 0:
        _say(f"Nothing is known of a server {options.guild_id}: `textgen-bot models` lists them.")
        return 1
    _say(
        f"Erased {result.rows} rows and {result.files} files of server {options.guild_id}. "
        "Backups that you made still hold it: delete them."
    )
    return 0


async def _models(settings: Settings, options: argparse.Namespace) -> None:
    folder = DataFolder(settings.data_dir)
    models = await asyncio.to_thread(list_models, folder.database)
    for model in models:
        path = folder.absolute(str(model["path"]))
        model["bytes"] = path.stat().st_size if path.is_file() else None
    if options.json:
        print(json.dumps(models))
        return
    print(
        f"{'server':>20} {'version':>7}  {'name':<12} made at (UTC)     {'messages':>9}  "
        "bits/char          MB"
    )
    for model in models:
        print(_line(model))


def _line(model: dict[str, Any]) -> str:
    made = str(model["created_at"])[:16].replace("T", " ")
    if model["messages"] is None:
        learned = f"{'from a file':>22}"
    else:
        bits = f"{model['bits_per_char_before']:.2f} → {model['bits_per_char_after']:.2f}"
        learned = f"{model['messages']:>9,}  {bits}"
    size = "  gone" if model["bytes"] is None else f"{model['bytes'] / 1e6:6.1f}"
    mark = "*" if model["current"] else " "
    version = f"{model['version']}{mark}"
    name = str(model["name"] or "")
    return f"{model['guild_id']:>20} {version:>7}  {name:<12} {made}  {learned}  {size}"
