"""Several processes with one data folder: which servers are whose."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bot.errors import InUseError
from bot.runtime.data_folder import DataFolder

_TIME_SHIFT = 22  # of a snowflake: what is above is the time
_START_WAIT_S = 60.0
_START_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Shards:
    """A process's part of the connections to the gateway.

    https://discord.com/developers/docs/events/gateway#sharding

    Attributes:
        count: connections of all processes together.
        ids: this process's, each 0 to count - 1.
    """

    count: int
    ids: tuple[int, ...]

    def owns(self, guild_id: int) -> bool:
        """Say whether a server's events come to this process."""
        return self.shard_of(guild_id) in self.ids

    def shard_of(self, guild_id: int) -> int:
        """Return the shard to which Discord sends a server's events."""
        return (guild_id >> _TIME_SHIFT) % self.count


class WholeFolder:
    """A data folder that this process has for itself, with every server."""

    alone = True

    def owns(self, guild_id: int) -> bool:
        """Say yes."""
        return True

    def is_served(self, guild_id: int) -> bool:
        """Say yes."""
        return True

    def begun(self) -> None:
        """Do nothing: there is nobody who waits."""


class SharedFolder:
    """A data folder that several processes have, each with its shards.

    Attributes:
        alone: whether no other process had it when this one came.
    """

    def __init__(self, locks: Path, shards: Shards, held: ExitStack) -> None:
        self._locks = locks
        self._shards = shards
        self._starting = held.enter_context((locks / "starting").open("a"))
        _wait_for(self._starting)
        self._lock = held.enter_context((locks.parent / "lock").open("a"))
        self.alone = _try(self._lock, fcntl.LOCK_EX)
        if not self.alone and not _try(self._lock, fcntl.LOCK_SH):
            raise InUseError(
                f"A bot without SHARD_IDS is using DATA_DIR {locks.parent}: stop it first."
            )
        self._refuse_other_counts()
        for shard in shards.ids:
            if not _try(held.enter_context(self._file(shard).open("a")), fcntl.LOCK_EX):
                raise InUseError(
                    f"Shard {shard} of {shards.count} runs already: give each process SHARD_IDS "
                    "of its own."
                )

    def owns(self, guild_id: int) -> bool:
        """Say whether a server's events come to this process."""
        return self._shards.owns(guild_id)

    def is_served(self, guild_id: int) -> bool:
        """Say whether the process to which a server's events come is there."""
        if self._shards.owns(guild_id):
            return True
        path = self._file(self._shards.shard_of(guild_id))
        return path.exists() and _is_held(path)

    def begun(self) -> None:
        """Let others begin: the database is up to date and what was left behind is gone."""
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        fcntl.flock(self._starting, fcntl.LOCK_UN)

    def _file(self, shard: int) -> Path:
        return self._locks / f"{shard}-of-{self._shards.count}"

    def _refuse_other_counts(self) -> None:
        for path in self._locks.glob("*-of-*"):
            count = path.name.rpartition("-")[2]
            if count != str(self._shards.count) and _is_held(path):
                raise InUseError(
                    f"Another process has SHARD_COUNT={count}, this one {self._shards.count}: "
                    "stop all, then start all with one number."
                )


@contextmanager
def held(folder: DataFolder, shards: Shards | None) -> Iterator[WholeFolder | SharedFolder]:
    """Hold a data folder, for this process alone or for its shards.

    What is held are locks on files, which end with the process however it ends. A bot
    without shards locks for itself the file that the others share, so they never meet.

    Args:
        folder: which.
        shards: this process's; None: it is to be alone.

    Raises:
        StorageError: the folder cannot be written.
        InUseError: another process has it, or one of these shards, or others divide the
            servers among another number.
    """
    if shards is None:
        with folder.locked():
            yield WholeFolder()
        return
    folder.prepare()
    folder.shard_locks.mkdir(exist_ok=True)
    with ExitStack() as stack:
        yield SharedFolder(folder.shard_locks, shards, stack)


def _try(file: IO[str], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_held(path: Path) -> bool:
    with path.open() as file:
        return not _try(file, fcntl.LOCK_SH)


def _wait_for(starting: IO[str]) -> None:
    """Wait until no other process is beginning."""
    deadline = time.monotonic() + _START_WAIT_S
    while not _try(starting, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            raise InUseError("Another process has been starting for a minute: look at its log.")
        time.sleep(_START_POLL_S)
