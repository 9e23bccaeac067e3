"""Progress of trainings as messages on Discord."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

import aiohttp
import discord

from bot.progress_text import DONE_MARK
from bot.storage.jobs import JobStore
from bot.storage.records import TrainJob
from bot.storage.servers import ServerStore
from bot.voice import Place, Voice

log = logging.getLogger(__name__)


class DiscordReports:
    """Shows jobs' progress in ordinary messages; interactions would expire too soon."""

    def __init__(
        self, client: discord.Client, jobs: JobStore, servers: ServerStore, voice: Voice
    ) -> None:
        self._client = client
        self._servers = servers
        self._voice = voice
        self._jobs = jobs
        self._shown: dict[int, _Shown] = {}

    async def show(self, job: TrainJob, text: str) -> None:
        """See `bot.report.Reports.show`."""
        shown = self._shown.setdefault(job.train_job_id, _Shown(job.report_message_id))
        async with shown.turn:
            try:
                if job.report_channel_id:  # an imported file's training has none
                    told = await self._told(job.report_channel_id, job, text)
                    await self._send_or_edit(job, shown, told)
                if text.startswith(DONE_MARK):
                    await self._announce(job, text)
            except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
                log.warning("progress of job %d is not shown: %s", job.train_job_id, error)

    async def _told(self, channel_id: int, job: TrainJob, text: str) -> str:
        """Return an outcome as a channel may read it; other texts have nothing to leave out."""
        if not text.startswith(DONE_MARK):
            return text
        channel = self._client.get_channel(channel_id)
        is_nsfw = getattr(channel, "is_nsfw", None)
        parent_id = channel.parent_id if isinstance(channel, discord.Thread) else None
        place = Place(job.guild_id, channel_id, parent_id, bool(is_nsfw and is_nsfw()))
        return await self._voice.told(place, text, job.train_job_id)

    async def _announce(self, job: TrainJob, text: str) -> None:
        """Tell an outcome in the server's channel for that as well."""
        channel_id = (await self._servers.of(job.guild_id)).announce_channel_id
        if channel_id is None or channel_id == job.report_channel_id:
            return
        channel = self._client.get_partial_messageable(channel_id)
        await channel.send(
            await self._told(channel_id, job, text),
            allowed_mentions=discord.AllowedMentions.none(),
        )

    async def _send_or_edit(self, job: TrainJob, shown: _Shown, text: str) -> None:
        channel = self._client.get_partial_messageable(job.report_channel_id)
        if shown.message_id is not None:
            try:
                await channel.get_partial_message(shown.message_id).edit(
                    content=text, allowed_mentions=discord.AllowedMentions.none()
                )
            except discord.NotFound:
                shown.message_id = None  # somebody deleted it
            else:
                return
        message = await channel.send(text, allowed_mentions=discord.AllowedMentions.none())
        shown.message_id = message.id
        await self._jobs.set_report(job.train_job_id, message.id)


@dataclass(slots=True)
class _Shown:
    message_id: int | None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
