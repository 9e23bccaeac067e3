"""Removes one server from the data folder, as if the bot had never been there."""

from __future__ import annotations

import shutil
from dataclasses import dataclass

from bot.data_folder import DataFolder, fsync_folder
from bot.storage.database import former_databases
from bot.storage.erasure import erase_guild_rows


@dataclass(frozen=True, slots=True)
class ErasureResult:
    """How much of a server there was."""

    rows: int
    files: int


def erase_guild(folder: DataFolder, *, guild_id: int) -> ErasureResult:
    """Delete a server's rows, models, texts, and the copies that migrations left behind.

    Raises:
        StorageError: a bot uses the folder, or the database is missing or damaged.
    """
    with folder.locked():
        rows, jobs = erase_guild_rows(folder.database, guild_id=guild_id)
        # Copies from before a migration hold the rows too, and left-over staging the models.
        for copy in former_databases(folder.database):
            copy.unlink()
        left_over = (*folder.root.glob(".backup-*"), *folder.root.glob(".restore-*"))
        places = (folder.models(guild_id), *map(folder.job, jobs), *left_over)
        files = sum(path.is_file() for place in places for path in place.rglob("*"))
        for place in places:
            shutil.rmtree(place, ignore_errors=True)
        fsync_folder(folder.root)
    return ErasureResult(rows, files)
