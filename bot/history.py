"""Channels' histories, read page by page into files."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import discord

from bot.corpus_files import ChannelFile, CorpusLostError, corpus_line
from bot.data_folder import DataFolder
from bot.discord_text import learnable_text
from bot.errors import UserError
from bot.storage.jobs import JobStore
from bot.storage.records import JobChannel, TrainJob

log = logging.getLogger(__name__)

PAGE_MESSAGES = 100  # the most that Discord gives at once
RETRY_DELAYS_S = (2.0, 5.0, 15.0, 30.0, 60.0, 120.0)

_PASSING_ERRORS = (discord.DiscordServerError, aiohttp.ClientError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class CollectProgress:
    """How far a job's channels have been read; `share` is of their time span, 0 to 1."""

    messages: int
    share: float
    channel_id: int
    channel_place: int
    channel_count: int


OnProgress = Callable[[CollectProgress], None]


class HistoryCollector:
    """Reads channels through a connected client.

    Pages are taken raw from Discord's REST API: a `discord.Message` of each of
    a million messages would be built, and its author cached, for nothing.
    """

    def __init__(
        self,
        client: discord.Client,
        folder: DataFolder,
        jobs: JobStore,
        *,
        prefix_of: Callable[[int], Awaitable[str]],
        retry_delays_s: Sequence[float] = RETRY_DELAYS_S,
    ) -> None:
        self._client = client
        self._folder = folder
        self._jobs = jobs
        self._prefix_of = prefix_of
        self._prefix = ""  # of the server whose job runs
        self._retry_delays_s = tuple(retry_delays_s)

    async def collect(self, job: TrainJob, on_progress: OnProgress) -> None:
        """Read every channel of a job to its end, going on where the job's cursors stand.

        Raises:
            UserError: a channel is gone or closed to the bot, or Discord stays away.
        """
        self._prefix = await self._prefix_of(job.guild_id)
        channels = list(job.channels)
        for place, state in enumerate(channels):
            others = job.messages - state.messages

            def show(
                now: JobChannel, share: float, place: int = place, others: int = others
            ) -> None:
                on_progress(
                    CollectProgress(
                        messages=others + now.messages,
                        share=(place + share) / len(channels),
                        channel_id=now.channel_id,
                        channel_place=place + 1,
                        channel_count=len(channels),
                    )
                )

            channels[place] = await self._collect_channel(job, state, show)
            job = replace(job, channels=tuple(channels))

    async def _collect_channel(
        self, job: TrainJob, state: JobChannel, show: Callable[[JobChannel, float], None]
    ) -> JobChannel:
        path = self._folder.channel_file(job.train_job_id, state.channel_id)
        try:
            file = ChannelFile(path, state.corpus_bytes)
        except CorpusLostError as error:
            log.warning("%s: reading the channel again from its beginning", error)
            state = JobChannel(state.channel_id)
            file = ChannelFile(path, 0)
        with file:
            if state.finished:
                return state
            last_id = self._readable_until(state.channel_id, job)
            show(state, _share(state, last_id) if state.first_id else 0.0)
            while not state.finished:
                page = await self._page(state)
                lines, state = self._digest(page, state, job)
                corpus_bytes = await asyncio.to_thread(file.append, lines)
                state = replace(state, corpus_bytes=corpus_bytes)
                await self._jobs.save_cursor(job.train_job_id, state)
                show(state, _share(state, last_id))
        return state

    def _readable_until(self, channel_id: int, job: TrainJob) -> int:
        """Return the id at which a channel ends for a job, having checked the permissions.

        Without Read Message History, Discord answers with an empty page, not an error.
        """
        channel = self._client.get_channel(channel_id)
        if not isinstance(channel, discord.TextChannel | discord.VoiceChannel | discord.Thread):
            raise UserError(
                f"I cannot find <#{channel_id}>: it is gone, or I may not see it. Give me View "
                "Channel and Read Message History there, then train again."
            )
        rights = channel.permissions_for(channel.guild.me)
        if not (rights.view_channel and rights.read_message_history):
            raise _no_permission(channel_id)
        return min(job.before_id, channel.last_message_id or job.before_id)

    async def _page(self, state: JobChannel) -> list[dict[str, Any]]:
        """Return the next messages of a channel, oldest first."""
        for delay_s in (*self._retry_delays_s, None):
            try:
                page = await self._client.http.logs_from(
                    state.channel_id, PAGE_MESSAGES, after=state.after_id
                )
                return sorted((dict(message) for message in page), key=_message_id)
            except discord.Forbidden:
                raise _no_permission(state.channel_id) from None
            except discord.NotFound:
                raise UserError(
                    f"The channel <#{state.channel_id}> was deleted while I was reading it: "
                    "train again without it."
                ) from None
            except _PASSING_ERRORS as error:
                log.warning("reading channel %d: %s", state.channel_id, type(error).__name__)
                if delay_s is None:
                    break
                await asyncio.sleep(delay_s)
        raise UserError(
            f"Discord did not answer while I was reading <#{state.channel_id}>, and I tried "
            f"{len(self._retry_delays_s) + 1} times: train again later."
        )

    def _digest(
        self, page: list[dict[str, Any]], state: JobChannel, job: TrainJob
    ) -> tuple[list[bytes], JobChannel]:
        """Return a page's lines for the file, and where the channel stands after it."""
        wanted = [message for message in page if _message_id(message) < job.before_id]
        bot_id = self._client.user.id if self._client.user else 0
        lines = []
        for message in wanted:
            text = learnable_text(message, prefix=self._prefix, bot_id=bot_id)
            if text is not None:
                lines.append(corpus_line(_message_id(message), text))
        finished = len(page) < PAGE_MESSAGES or len(wanted) < len(page)
        if wanted:
            state = replace(
                state,
                first_id=state.first_id or _message_id(wanted[0]),
                after_id=_message_id(wanted[-1]),
                messages=state.messages + len(lines),
            )
        return lines, replace(state, finished=finished)


def _message_id(message: dict[str, Any]) -> int:
    return int(message["id"])


def _share(state: JobChannel, last_id: int) -> float:
    """Return how much of a channel's time span has been read; ids grow with time."""
    if state.finished or state.first_id is None or last_id <= state.first_id:
        return 1.0
    return min(1.0, (state.after_id - state.first_id) / (last_id - state.first_id))


def _no_permission(channel_id: int) -> UserError:
    return UserError(
        f"I may not read the history of <#{channel_id}>: give me View Channel and Read Message "
        "History there, then train again."
    )
