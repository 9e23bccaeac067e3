"""Data folders of a server that has models, made without a training."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.runtime.data_folder import DataFolder
from bot.storage.database import Database

GUILD = 42


async def folder_with_model(root: Path) -> DataFolder:
    """Make a data folder in which a server speaks with its second version."""
    folder = DataFolder(root)
    with folder.locked():
        await (await Database.open(folder.database)).close()
    with closing(sqlite3.connect(folder.database)) as connection, connection:
        connection.execute("INSERT INTO guild (guild_id) VALUES (?)", (GUILD,))
        for version in (1, 2):
            add_version(connection, folder, version)
        connection.execute("UPDATE guild SET model_id = 2")
    return folder


def add_version(connection: sqlite3.Connection, folder: DataFolder, version: int) -> None:
    path = folder.model_path(GUILD, version)
    folder.absolute(path).parent.mkdir(exist_ok=True)
    folder.absolute(path).write_bytes(f"weights {version}".encode() * 1000)
    connection.execute(
        "INSERT INTO train_job (guild_id, status, before_id, report_channel_id, created_at)"
        " VALUES (?, 'done', 1, 1, '2026-01-01T00:00:00+00:00')",
        (GUILD,),
    )
    connection.execute(
        "INSERT INTO model (guild_id, version, train_job_id, path, messages,"
        " bits_per_char_before, bits_per_char_after, train_s, created_at)"
        " VALUES (?, ?, last_insert_rowid(), ?, 100, 3.0, 2.5, 9.0, '2026-01-01T00:00:00+00:00')",
        (GUILD, version, path),
    )
