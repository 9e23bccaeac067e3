"""From a job to its corpus: what it begins with, what it reads, and whether that is enough."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Protocol

from bot.corpus.author_marks import apply_author_tokens, count_numbers
from bot.corpus.authors import AuthorDigests
from bot.corpus.edits import EditLog, MessageFilter
from bot.corpus.file_messages import Collected, FileCorpus, FileRules
from bot.corpus.files import merge_corpus
from bot.corpus.progress import CorpusProgress, FileProgress, OnProgress
from bot.errors import TooFewMessagesError, UserError
from bot.runtime.data_folder import DataFolder
from bot.runtime.foreign_files import ForeignFiles
from bot.runtime.tasks import finish_before_cancel
from bot.storage.author_tokens import AuthorTokenStore
from bot.storage.jobs import JobStore
from bot.storage.models import ModelStore
from bot.storage.records import JobStatus, TrainJob

MIN_MESSAGES = 50
MAX_INTERRUPTED = 2  # readings of a file, each of which the bot did not survive

OnRead = Callable[[CorpusProgress | FileProgress], None]


class Collector(Protocol):
    """Reads a job's channels into files."""

    @property
    def changes(self) -> EditLog:
        """What is edited and deleted meanwhile."""
        ...

    async def of_file(self, job: TrainJob) -> tuple[Mapping[str, Any], MessageFilter]:
        """See `HistoryCollector.of_file`."""
        ...

    async def look_up(self, guild_id: int, messages: Iterable[Mapping[str, Any]]) -> None:
        """See `MessageFilters.look_up`."""
        ...

    async def collect(self, job: TrainJob, on_progress: OnProgress) -> None:
        """See `HistoryCollector.collect`."""
        ...


class CorpusBuilder:
    """Brings a job's messages together in its corpus."""

    def __init__(
        self,
        jobs: JobStore,
        models: ModelStore,
        voices: AuthorTokenStore,
        folder: DataFolder,
        collector: Collector,
        files: ForeignFiles,
    ) -> None:
        self._voices = voices
        self._jobs = jobs
        self._models = models
        self._folder = folder
        self._collector = collector
        self._files = FileCorpus(files)

    async def build(self, job: TrainJob, on_read: OnRead) -> TrainJob:
        """Return the job, its corpus written and ready to be trained on.

        Args:
            on_read: is told how far reading has come.

        Raises:
            UserError: it cannot be read.
            TooFewMessagesError: there is too little in it.
        """
        job = await self._begun(job)
        if job.scope.file_name is not None:
            await self._read_file(job, job.scope.file_name, on_read)
        else:
            await self._read_channels(job, on_read)
        job = await self._jobs.get(job.train_job_id)
        if job.messages < MIN_MESSAGES:
            raise TooFewMessagesError(job.messages, MIN_MESSAGES)
        await self._settle_voices(job)
        await self._jobs.advance(job.train_job_id, JobStatus.TRAINING)
        return await self._jobs.get(job.train_job_id)

    async def _settle_voices(self, job: TrainJob) -> None:
        """Put marks on the messages of those whose way the model will know."""
        corpus = self._folder.corpus(job.train_job_id)
        counts = await asyncio.to_thread(count_numbers, corpus)
        marks = await self._voices.settle(job.train_job_id, counts)
        if counts:
            await asyncio.to_thread(apply_author_tokens, corpus, marks)

    async def _begun(self, job: TrainJob) -> TrainJob:
        """Choose what the job begins with; after a restart it stays what it was."""
        if job.base_version is None:
            base = None if job.scope.fresh else await self._models.current(job.guild_id)
            if base is not None:
                try:
                    await asyncio.to_thread(self._folder.copy_base, job.train_job_id, base.path)
                except FileNotFoundError:
                    raise UserError(
                        "The file of this server's model is missing. Start over with "
                        "`!train full #channel`."
                    ) from None
            await self._jobs.begin(job.train_job_id, base)
        elif job.base_version and not self._folder.base(job.train_job_id).exists():
            raise UserError("This training's files are gone from the bot's disk. Train again.")
        else:
            await self._jobs.advance(job.train_job_id, JobStatus.COLLECTING)
        return await self._jobs.get(job.train_job_id)

    async def _read_file(self, job: TrainJob, name: str, on_read: OnRead) -> None:
        def show(now: Collected) -> None:
            on_read(FileProgress(name, now.messages, now.found))

        self._folder.make_job(job.train_job_id)
        path = self._folder.uploaded(job.train_job_id, name)
        if not path.exists():
            raise UserError("The file I was learning from is gone. Send it again.")
        corpus = self._folder.corpus(job.train_job_id)
        options, learnable = await self._collector.of_file(job)
        options = {**options, "column": job.scope.file_column, "form": job.scope.file_format}
        authors = AuthorDigests(self._folder.author_salt(job.train_job_id))
        look_up = partial(self._collector.look_up, job.guild_id)
        rules = FileRules(learnable, look_up, authors)
        async with self._interruptible(job):
            read = await self._files.collect(path, corpus, options, rules, show)
        await self._jobs.save_counts(
            job.train_job_id, channels={}, file_messages=read.messages, file_found=read.found
        )

    @asynccontextmanager
    async def _interruptible(self, job: TrainJob) -> AsyncIterator[None]:
        """Count a reading that something ends before it is done, such as the bot's death.

        Raises:
            UserError: that has happened too often; a file must not end the bot for ever.
        """
        if await self._jobs.begin_file(job.train_job_id) > MAX_INTERRUPTED:
            raise UserError(
                "I was killed twice while reading that file, so I won't try again. Send it in "
                "smaller parts, or ask whoever runs the bot to look at its log."
            )
        try:
            yield
        except asyncio.CancelledError:
            await asyncio.shield(self._jobs.file_is_innocent(job.train_job_id))
            raise
        await self._jobs.file_is_innocent(job.train_job_id)

    async def _read_channels(self, job: TrainJob, on_read: OnRead) -> None:
        try:
            await self._collector.collect(job, on_read)
            await finish_before_cancel(self._merge(job.train_job_id))
        finally:
            self._collector.changes.unfollow(job.train_job_id)

    async def _merge(self, train_job_id: int) -> None:
        """Write the corpus, with what has happened to its messages since they were read."""
        job = await self._jobs.get(train_job_id)
        parts = {
            channel.channel_id: path
            for channel in job.channels
            if (path := self._folder.channel_file(train_job_id, channel.channel_id)).exists()
        }
        noted = -1
        while noted != self._collector.changes.size(train_job_id):
            noted = self._collector.changes.size(train_job_id)
            changes = self._collector.changes.read(train_job_id)
            for channel_id in changes.deleted_threads & parts.keys():
                parts.pop(channel_id).unlink()
                await self._jobs.drop_channel(train_job_id, channel_id)
            counts = await asyncio.to_thread(
                merge_corpus,
                parts,
                self._folder.corpus(train_job_id),
                changes=changes.texts,
                newest_first=bool(job.scope.max_messages),
            )
            await self._jobs.save_counts(train_job_id, channels=counts)
