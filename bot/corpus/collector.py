"""Channels' histories, read page by page into files."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import (
    AsyncIterator,
    Iterable,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, replace
from typing import Any

import discord

from bot.corpus.authors import AuthorDigests
from bot.corpus.edits import EditLog, MessageFilter
from bot.corpus.eligibility import EligibilityRules
from bot.corpus.files import ChannelFile, CorpusLostError, corpus_line
from bot.corpus.message_filters import MessageFilters
from bot.corpus.progress import OnProgress, ProgressTracker
from bot.discord_api.channel_access import Readable, lacking
from bot.discord_api.history_pages import (
    PAGE_MESSAGES,
    RETRY_DELAYS_S,
    ChannelGoneError,
    DiscordPages,
    Payload,
    message_id_of,
    no_permission,
)
from bot.errors import UserError
from bot.runtime.data_folder import DataFolder
from bot.runtime.tasks import all_or_none, finish_before_cancel
from bot.storage.jobs import JobStore
from bot.storage.records import JobChannel, TrainJob

log = logging.getLogger(__name__)

AT_ONCE = 4  # each channel has a rate limit of its own; all share 50 requests a second

KEEP_EVERY_S = 0.25  # what a crash may cost is read again


@dataclass(frozen=True, slots=True)
class _Run:
    """One job's collecting."""

    job: TrainJob
    learnable: MessageFilter
    authors: AuthorDigests
    tally: ProgressTracker
    on_progress: OnProgress


class HistoryCollector:
    """Reads channels through a connected client.

    Attributes:
        changes: notes edits and deletions meanwhile; the client's events belong to it.
    """

    def __init__(
        self,
        client: discord.Client,
        folder: DataFolder,
        jobs: JobStore,
        *,
        rules: EligibilityRules,
        filters: MessageFilters,
        retry_delays_s: Sequence[float] = RETRY_DELAYS_S,
    ) -> None:
        self._client = client
        self._folder = folder
        self._jobs = jobs
        self._rules = rules
        self._filters = filters
        self._pages = DiscordPages(client, retry_delays_s)
        self.changes = EditLog(folder)

    async def look_up(self, guild_id: int, messages: Iterable[Mapping[str, Any]]) -> None:
        """See `MessageFilters.look_up`."""
        await self._filters.look_up(guild_id, messages)

    async def of_file(self, job: TrainJob) -> tuple[Mapping[str, Any], MessageFilter]:
        """See `MessageFilters.of_file`."""
        return await self._filters.of_file(job.guild_id, job.train_job_id)

    async def collect(self, job: TrainJob, on_progress: OnProgress) -> None:
        """Read every channel of a job to its end, going on where the job's cursors stand.

        Edits and deletions are followed from here on, until `changes.unfollow`.

        Raises:
            UserError: a channel is gone or closed to the bot, the server wants none to be
                read, or Discord stays away.
        """
        await self._rules.check_history(job.guild_id)
        learnable = await self._filters.of_channels(job.guild_id, job.train_job_id)
        # Before the first page: what changes after it was read must not be missed.
        self.changes.follow(job, learnable)
        job, newest = await self._with_threads(job)
        self.changes.follow(job, learnable)
        tally = ProgressTracker(job)
        authors = AuthorDigests(self._folder.author_salt(job.train_job_id))
        run = _Run(job, learnable, authors, tally, on_progress)
        for channel_id, last_id in newest.items():
            tally.expect(channel_id, last_id)
        turns = asyncio.Semaphore(AT_ONCE)

        async def read(state: JobChannel) -> None:
            async with turns:
                try:
                    await self._collect_channel(run, state)
                except ChannelGoneError:
                    await self._leave_out(run, state)

        on_progress(tally.now())
        await all_or_none(read(state) for state in job.channels if _has_news(state, newest))
        for state in job.channels:
            self._readable(state)  # whoever closes a channel to us meanwhile is heeded
        await self._rules.check_history(job.guild_id)

    async def _with_threads(self, job: TrainJob) -> tuple[TrainJob, dict[int, int]]:
        """Return a job with the threads of its channels, and the newest ids of them all."""
        newest: dict[int, int] = {}
        found: list[JobChannel] = []
        for state in job.channels:
            if state.parent_id is not None:
                continue
            channel = self._readable(state)
            newest[state.channel_id] = channel.last_message_id or 0
            is_forum = isinstance(channel, discord.ForumChannel)
            if not (is_forum or (job.scope.threads and isinstance(channel, discord.TextChannel))):
                continue
            try:
                async for thread in self._pages.public_threads(job.guild_id, state.channel_id):
                    thread_id = int(thread["id"])
                    if thread_id < job.before_id:
                        newest[thread_id] = int(thread.get("last_message_id") or 0)
                        found.append(JobChannel(thread_id, parent_id=state.channel_id))
            except ChannelGoneError:
                raise _gone(state.channel_id) from None
        if found:
            await self._jobs.add_threads(job.train_job_id, found)
            job = await self._jobs.get(job.train_job_id)
        return job, newest

    async def _collect_channel(self, run: _Run, state: JobChannel) -> None:
        job = run.job
        path = self._folder.channel_file(job.train_job_id, state.channel_id)
        try:
            file = ChannelFile(path, state.corpus_bytes)
        except CorpusLostError as error:
            log.warning("%s: reading the channel again from its beginning", error)
            state = JobChannel(state.channel_id, floor_id=state.floor_id, parent_id=state.parent_id)
            file = ChannelFile(path, 0)
        with file:
            if self._has_no_messages(state):
                state = replace(state, finished=True)
                await self._jobs.save_cursor(job.train_job_id, state)
                run.on_progress(run.tally.note(state))
            if not state.finished:
                async for now in self._read_on(run, state, file):
                    run.on_progress(run.tally.note(now))

    async def _read_on(
        self, run: _Run, state: JobChannel, file: ChannelFile
    ) -> AsyncIterator[JobChannel]:
        """Read a channel to its end; yield where it stands after each page.

        While one page is being written, the next is under way. Where pages come faster
        than a disk likes to be told to keep them, several are kept at once.
        """
        job = run.job
        coming = asyncio.create_task(self._page(job, state))
        waiting: list[bytes] = []
        kept_s = -math.inf
        try:
            while not state.finished:
                lines, state = await asyncio.to_thread(_digest, await coming, state, run)
                waiting += lines
                if not state.finished:
                    coming = asyncio.create_task(self._page(job, state))
                if state.finished or time.monotonic() - kept_s >= KEEP_EVERY_S:
                    state = await finish_before_cancel(self._keep(job, state, file, waiting))
                    waiting, kept_s = [], time.monotonic()
                yield state
        finally:
            coming.cancel()

    async def _keep(
        self, job: TrainJob, state: JobChannel, file: ChannelFile, lines: list[bytes]
    ) -> JobChannel:
        corpus_bytes = await asyncio.to_thread(file.append, lines)
        state = replace(state, corpus_bytes=corpus_bytes)
        await self._jobs.save_cursor(job.train_job_id, state)
        return state

    def _has_no_messages(self, state: JobChannel) -> bool:
        """Say whether a channel is one that has posts instead of messages."""
        return isinstance(self._client.get_channel(state.channel_id), discord.ForumChannel)

    async def _leave_out(self, run: _Run, state: JobChannel) -> None:
        """Do without a thread that was deleted; without a channel that was asked for never."""
        if state.parent_id is None:
            raise _gone(state.channel_id)
        job = run.job
        log.info("train job %d: thread %d was deleted", job.train_job_id, state.channel_id)
        self._folder.channel_file(job.train_job_id, state.channel_id).unlink(missing_ok=True)
        await self._jobs.drop_channel(job.train_job_id, state.channel_id)
        run.tally.drop(state.channel_id)

    def _readable(self, state: JobChannel) -> Readable:
        """Return the channel whose permissions hold for a state, having checked them."""
        channel_id = state.parent_id or state.channel_id
        channel = self._client.get_channel(channel_id)
        if not isinstance(channel, Readable):
            raise UserError(
                "I can't find <#{channel_id}>: it is gone, or I'm not allowed to see it. "
                "Give me View Channel and Read Message History there, then train again.",
                channel_id=channel_id,
            )
        if lacking(channel, channel.guild.me):
            raise no_permission(channel_id, channel)
        return channel

    async def _page(self, job: TrainJob, state: JobChannel) -> list[Payload]:
        """Return a channel's next messages: the oldest first, or with a count the newest."""
        if job.scope.max_messages:
            before_id = state.first_id or job.before_id
            page = await self._pages.before(state.channel_id, before_id)
        else:
            page = await self._pages.after(state.channel_id, state.after_id or state.floor_id)
        if not page:
            await self._pages.prove_readable(state.channel_id)
        await self.look_up(job.guild_id, page)
        return page


def _digest(page: list[Payload], state: JobChannel, run: _Run) -> tuple[list[bytes], JobChannel]:
    """Return a page's lines for the file, and where the channel stands after it."""
    job = run.job
    most = job.scope.max_messages
    lines: list[bytes] = []
    read: list[int] = []
    finished = len(page) < PAGE_MESSAGES
    for message in page:
        message_id = message_id_of(message)
        if not state.floor_id < message_id < job.before_id or (
            most and state.messages + len(lines) >= most
        ):
            finished = True
            break
        read.append(message_id)
        text = run.learnable(message)
        if text is not None:
            lines.append(corpus_line(message_id, text, run.authors.of(message)))
    if read:
        state = replace(
            state,
            first_id=min(read[0], read[-1], state.first_id or read[0]),
            after_id=max(read[0], read[-1], state.after_id),
            messages=state.messages + len(lines),
        )
    enough = bool(most) and state.messages >= most
    return lines, replace(state, finished=finished or enough)


def _has_news(state: JobChannel, newest: Mapping[int, int]) -> bool:
    """Say whether a channel is worth asking; of threads there may be thousands."""
    last_id = newest.get(state.channel_id, 0)
    return state.parent_id is None or not 0 < last_id <= state.floor_id


def _gone(channel_id: int) -> UserError:
    return UserError(
        "<#{channel_id}> was deleted while I was reading it. Train again without it.",
        channel_id=channel_id,
    )
