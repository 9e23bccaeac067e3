"""A power cut: the process dies at a chosen moment, and what was not synced is lost.

A moment is named `fsync:3`, `rename:1` or `commit:8`: right after so many such calls,
counted from the moment at which a training was asked for.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiosqlite import Connection

from bot.storage.jobs import JobStore

SYNCED_BY_OTHERS = (".sqlite3", ".sqlite3-wal", ".sqlite3-shm", ".safetensors", ".part", ".new")


class PowerCut:
    """Counts calls, and ends the process at one of them."""

    def __init__(self, moment: str, data: Path) -> None:
        self._kind, _, number = moment.partition(":")
        self._left = int(number)
        self._data = data
        self._armed = False
        self._synced: dict[int, int] = {}  # inode to bytes that are on the disk

    def plan(self) -> None:
        """Let every call count from now on."""
        fsync, replace, commit, add = os.fsync, os.replace, Connection.commit, JobStore.add

        def counted_fsync(descriptor: int) -> None:
            fsync(descriptor)
            status = os.fstat(descriptor)
            self._synced[status.st_ino] = status.st_size
            self._count("fsync")

        def counted_replace(source: Any, target: Any, **options: Any) -> None:
            replace(source, target, **options)
            self._count("rename")

        async def counted_commit(connection: Connection) -> None:
            await commit(connection)
            self._count("commit")

        async def arming_add(*arguments: Any, **options: Any) -> Any:
            added = await add(*arguments, **options)
            self._armed = True
            return added

        os.fsync = counted_fsync
        os.replace = counted_replace
        _set(Connection, "commit", counted_commit)
        _set(JobStore, "add", arming_add)

    def _count(self, kind: str) -> None:
        if kind != self._kind or not self._armed:
            return
        self._left -= 1
        if self._left == 0:
            self._lose_what_is_not_synced()
            os.kill(os.getpid(), signal.SIGKILL)

    def _lose_what_is_not_synced(self) -> None:
        """Cut each file to what was synced and half of the rest."""
        for path in self._data.rglob("*"):
            if not path.is_file() or path.suffix in SYNCED_BY_OTHERS:
                continue
            status = path.stat()
            synced = min(self._synced.get(status.st_ino, 0), status.st_size)
            os.truncate(path, synced + (status.st_size - synced) // 2)


def _set(owner: type, name: str, value: Callable[..., Awaitable[Any]]) -> None:
    setattr(owner, name, value)
