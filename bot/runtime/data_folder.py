"""The data folder: where everything that outlives a restart lies."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bot.errors import InUseError, StorageError

SALT_BYTES = 16


def fsync_folder(folder: Path) -> None:
    """Make a rename inside `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def private(path: str | os.PathLike[str], flags: int) -> int:
    """Open a file that the bot's user alone can read; an opener for `open`."""
    return os.open(path, flags, 0o600)


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Knows the path of every file the bot keeps."""

    root: Path

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "textgen.sqlite3"

    def job(self, train_job_id: int) -> Path:
        """The folder of one training job: texts and half-trained weights."""
        return self.root / "corpora" / str(train_job_id)

    def make_job(self, train_job_id: int) -> None:
        """Make a job's folder, for the bot's user alone."""
        self.job(train_job_id).mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def incoming(self) -> Path:
        """Where files arrive before they belong to a job."""
        return self.root / "corpora" / "incoming"

    def uploaded(self, train_job_id: int, name: str) -> Path:
        """The file that a job is to read."""
        return self.job(train_job_id) / "upload" / name

    def changes(self, train_job_id: int) -> Path:
        """What was edited and deleted while a job's channels were being read."""
        return self.job(train_job_id) / "changes.jsonl"

    def base(self, train_job_id: int) -> Path:
        """The job's own copy of the version it trains further."""
        return self.job(train_job_id) / "base.safetensors"

    def channel_file(self, train_job_id: int, channel_id: int) -> Path:
        """One channel's collected messages, oldest first."""
        return self.job(train_job_id) / f"{channel_id}.jsonl"

    def corpus(self, train_job_id: int) -> Path:
        """A job's messages of all its channels, oldest first."""
        return self.job(train_job_id) / "corpus.jsonl"

    def trained(self, train_job_id: int) -> Path:
        """The checkpoint a training process writes."""
        return self.job(train_job_id) / "trained.safetensors"

    def tuning(self, train_job_id: int) -> Path:
        """What a job's recipes came to; where it is, several are tried."""
        return self.job(train_job_id) / "tuning"

    def make_tuning(self, train_job_id: int) -> None:
        """Let a job try several recipes."""
        self.make_job(train_job_id)
        self.tuning(train_job_id).mkdir(exist_ok=True)

    def author_salt(self, train_job_id: int) -> bytes:
        """Return what a job's authors are told apart by (bot/corpus/authors.py).

        It is drawn once a job, and goes with the job's texts.
        """
        path = self.job(train_job_id) / "salt"
        with suppress(FileExistsError), open(path, "xb", opener=private) as file:
            file.write(os.urandom(SALT_BYTES))
        return path.read_bytes()

    @property
    def filter_key(self) -> Path:
        """The key that opens the models' filters; in no backup, no export and no model."""
        return self.root / "filter.key"

    def models(self, guild_id: int) -> Path:
        """The folder of a server's models."""
        return self.root / "models" / str(guild_id)

    def curve(self, train_job_id: int) -> Path:
        """The points of a job's loss curve: numbers, kept as long as the version it made."""
        return self.root / "curves" / f"{train_job_id}.jsonl"

    def forget_curve(self, train_job_id: int) -> None:
        """Remove the points of a loss curve."""
        self.curve(train_job_id).unlink(missing_ok=True)

    def forget_curves_except(self, train_job_ids: set[int]) -> None:
        """Remove the curves of jobs whose version is no more, or of which there is none."""
        keep = {self.curve(train_job_id).name for train_job_id in train_job_ids}
        for path in self.curve(0).parent.glob("*"):
            if path.name not in keep:
                path.unlink(missing_ok=True)

    @property
    def cache(self) -> Path:
        """What can be made again: matplotlib's list of fonts."""
        return self.root / "cache"

    def model_path(self, guild_id: int, version: int) -> str:
        """Where a published version lies, relative to the data folder."""
        return f"models/{guild_id}/{version}.safetensors"

    def absolute(self, relative: str) -> Path:
        """Turn a path kept in the database into one that can be opened.

        Raises:
            StorageError: it leads out of the data folder.
        """
        path = PurePosixPath(relative)
        if path.is_absolute() or ".." in path.parts:
            raise StorageError(f"The database names a file outside the data folder: {relative}.")
        return self.root / path

    def forget_job(self, train_job_id: int) -> None:
        """Remove a job's texts and half-trained weights from the disk."""
        shutil.rmtree(self.job(train_job_id), ignore_errors=True)

    def forget_jobs_except(self, train_job_ids: set[int]) -> None:
        """Remove the texts of jobs that ended just before a crash.

        Files that another process is bringing in at this moment are left alone.
        """
        keep = {str(train_job_id) for train_job_id in train_job_ids} | {self.incoming.name}
        for folder in self.job(0).parent.glob("*"):
            if folder.name not in keep:
                shutil.rmtree(folder, ignore_errors=True)
        for path in self.incoming.glob("*"):
            with path.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                path.unlink(missing_ok=True)

    def copy_base(self, train_job_id: int, relative: str) -> None:
        """Copy a published version for a job, which no longer depends on it then."""
        self.make_job(train_job_id)
        shutil.copyfile(self.absolute(relative), self.base(train_job_id))

    def publish(self, train_job_id: int, relative: str) -> None:
        """Move a job's checkpoint to `relative`; doing it twice is harmless."""
        source, target = self.trained(train_job_id), self.absolute(relative)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.exists() or not target.exists():
            source.replace(target)
            fsync_folder(target.parent)

    def take_model(self, source: Path, relative: str) -> None:
        """Move a file that came from elsewhere to `relative`, so that a power cut keeps it."""
        target = self.absolute(relative)
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as file:
            os.fsync(file.fileno())
        source.replace(target)
        fsync_folder(target.parent)

    def forget_models(self, guild_id: int) -> None:
        """Remove every version of a server from the disk."""
        shutil.rmtree(self.models(guild_id), ignore_errors=True)

    def forget_models_except(self, relative: set[str]) -> None:
        """Remove files of versions that nobody knows any more, and halves of files."""
        keep = {self.absolute(path) for path in relative}
        for path in self.models(0).parent.glob("*/*"):
            if path not in keep and path.is_file():
                path.unlink()

    @property
    def shard_locks(self) -> Path:
        """Files that processes lock, each for its shards (sharding.py)."""
        return self.root / "shards"

    def prepare(self) -> None:
        """Make the folder and what must be in it.

        Raises:
            StorageError: it cannot be written.
        """
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for part in (self.root / "models", self.root / "corpora"):
                part.mkdir(exist_ok=True, mode=0o700)
                part.chmod(0o700)  # earlier versions made them for all
            (self.root / "lock").touch()
        except OSError as error:
            raise StorageError(
                f"DATA_DIR {self.root} cannot be written ({error.strerror}): "
                "choose another folder or change its owner."
            ) from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process alone.

        Raises:
            StorageError: it cannot be written.
            InUseError: another bot uses it.
        """
        self.prepare()
        with (self.root / "lock").open("w", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise InUseError(
                    f"Another bot is using DATA_DIR {self.root}: stop it first, or choose "
                    "another folder."
                ) from None
            yield
