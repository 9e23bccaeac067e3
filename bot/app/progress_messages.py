"""Progress of trainings as messages on Discord."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import discord

from bot.discord_api.audience import is_nsfw
from bot.errors import MALFORMED
from bot.generation.writer import WriteLocation, Writer
from bot.locales.languages import speaking
from bot.presentation.job_messages import outcome_text, progress_text
from bot.storage.guilds import ServerStore
from bot.storage.jobs import JobStore
from bot.storage.records import JobOutcome, JobStatus, TrainJob
from bot.text.discord_markup import with_prefix
from bot.training.progress import JobProgress

log = logging.getLogger(__name__)

_REFUSALS = (discord.DiscordException, aiohttp.ClientError, OSError, *MALFORMED)
_FOR_GOOD = (discord.Forbidden, discord.NotFound)  # asking again would be refused again


class ProgressMessages:
    """Shows jobs' progress in ordinary messages; interactions would expire too soon.

    Attributes:
        buttons: makes what stands under the message of a job, given its id, until it ends.
        details: makes what stands there when it has made a version.
    """

    def __init__(
        self,
        client: discord.Client,
        jobs: JobStore,
        servers: ServerStore,
        voice: Writer,
        prefix_of: Callable[[int | None], Awaitable[str]],
        language_of: Callable[[int | None], Awaitable[str]],
    ) -> None:
        self._client = client
        self._prefix_of = prefix_of
        self._language_of = language_of
        self._servers = servers
        self._voice = voice
        self._jobs = jobs
        self._shown: dict[int, _Shown] = {}
        self.buttons: Callable[[int], discord.ui.View] | None = None
        self.details: Callable[[int], discord.ui.View] | None = None

    async def show(self, job: TrainJob, progress: JobProgress) -> None:
        """See `bot.training.progress_report.ProgressSink.show`."""
        shown = self._shown_of(job)
        async with shown.turn:
            if shown.stopping or shown.ended:
                return
            try:
                if job.report_channel_id:  # an imported file's training has none
                    with speaking(await self._language_of(job.guild_id)):
                        view = self.buttons(job.train_job_id) if self.buttons else None
                        text = progress_text(progress)
                    await self._send_or_edit(job, shown, text, view)
            except _REFUSALS as error:
                log.warning("progress of job %d is not shown: %r", job.train_job_id, error)

    async def end(self, job: TrainJob, outcome: JobOutcome) -> bool:
        """See `bot.training.progress_report.ProgressSink.end`; it is told in the server's channel
        for that as well."""
        shown = self._shown_of(job)
        async with shown.turn:
            shown.ended = True
            try:
                if job.report_channel_id:
                    told = await self._told(job.report_channel_id, job, outcome)
                    with speaking(await self._language_of(job.guild_id)):
                        view = self._details_of(job, outcome)
                    await self._send_or_edit(job, shown, told, view)
            except _REFUSALS as error:
                log.warning("the end of job %d is not told: %r", job.train_job_id, error)
                return isinstance(error, _FOR_GOOD)
            finally:
                is_news = outcome.status is JobStatus.DONE and not job.scope.scheduled
                if is_news and not shown.announced:
                    shown.announced = True
                    await self._announce(job, outcome)
        return True

    async def stopping(self, job: TrainJob, tell: Callable[[], Awaitable[object]]) -> bool:
        """Show nothing more until the end, having told that it is being stopped.

        Args:
            tell: shows that in the job's message.

        Returns:
            False where the end is shown already; nothing is told then.
        """
        shown = self._shown_of(job)
        async with shown.turn:
            if shown.ended:
                return False
            shown.stopping = True
            await tell()
        return True

    def _details_of(self, job: TrainJob, outcome: JobOutcome) -> discord.ui.View | None:
        """Return the button for those who want figures, where there are any."""
        if self.details is None or outcome.metrics is None:
            return None
        return self.details(job.train_job_id)

    def _shown_of(self, job: TrainJob) -> _Shown:
        return self._shown.setdefault(job.train_job_id, _Shown(job.report_message_id))

    async def _told(self, channel_id: int, job: TrainJob, outcome: JobOutcome) -> str:
        """Return an outcome as a channel may read it; a failure has nothing to leave out."""
        prefix = await self._prefix_of(job.guild_id)
        language = await self._language_of(job.guild_id)
        if outcome.status is not JobStatus.DONE:
            with speaking(language):
                return with_prefix(outcome_text(job, outcome), prefix)
        channel = self._client.get_channel(channel_id)
        parent_id = channel.parent_id if isinstance(channel, discord.Thread) else None
        place = WriteLocation(job.guild_id, channel_id, parent_id, is_nsfw(channel))
        may_quote = await self._voice.may_quote(place, job.train_job_id)
        with speaking(language):
            text = outcome_text(job, outcome, outcome.samples if may_quote else ())
        text = with_prefix(text, prefix)
        return await self._voice.without_banned(job.guild_id, text)

    async def notice(self, guild_id: int, text: str, asked_in: int | None = None) -> None:
        """Tell a server something in its channel for announcements, if it has one.

        Args:
            asked_in: the channel where it has been told already.
        """
        channel_id = (await self._servers.of(guild_id)).announce_channel_id
        if channel_id is None or channel_id == asked_in:
            return
        channel = self._client.get_partial_messageable(channel_id)
        try:
            await channel.send(text, allowed_mentions=discord.AllowedMentions.none())
        except _REFUSALS as error:
            log.warning("a notice of guild %d is not told: %s", guild_id, error)

    async def _announce(self, job: TrainJob, outcome: JobOutcome) -> None:
        """Tell an outcome in the server's channel for that as well."""
        channel_id = (await self._servers.of(job.guild_id)).announce_channel_id
        if channel_id is None or channel_id == job.report_channel_id:
            return
        channel = self._client.get_partial_messageable(channel_id)
        try:
            await channel.send(
                await self._told(channel_id, job, outcome),
                allowed_mentions=discord.AllowedMentions.none(),
            )
        except _REFUSALS as error:
            log.warning("the end of job %d is not announced: %r", job.train_job_id, error)

    async def _send_or_edit(
        self, job: TrainJob, shown: _Shown, text: str, view: discord.ui.View | None
    ) -> None:
        channel = self._client.get_partial_messageable(job.report_channel_id)
        if shown.message_id is not None:
            try:
                await channel.get_partial_message(shown.message_id).edit(
                    content=text, view=view, allowed_mentions=discord.AllowedMentions.none()
                )
            except discord.NotFound:
                shown.message_id = None  # somebody deleted it
            else:
                return
        more: dict[str, Any] = {} if view is None else {"view": view}
        message = await channel.send(text, allowed_mentions=discord.AllowedMentions.none(), **more)
        shown.message_id = message.id
        await self._jobs.set_report(job.train_job_id, message.id)


@dataclass(slots=True)
class _Shown:
    message_id: int | None
    announced: bool = False
    stopping: bool = False
    ended: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
