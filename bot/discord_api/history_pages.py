"""Pages of messages and threads, asked for again where Discord failed for a moment."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import aiohttp
import discord

from bot.discord_api.channel_access import reading_needs
from bot.discord_api.permission_names import listed_permissions
from bot.errors import BotError, UserError
from bot.locales.messages import N_

log = logging.getLogger(__name__)

PAGE_MESSAGES = 100  # the most that Discord gives at once
PAGE_THREADS = 100
_ABOVE_ALL_IDS = (1 << 63) - 1
RETRY_DELAYS_S = (2.0, 5.0, 15.0, 30.0, 60.0, 120.0)
PUBLIC_THREADS = (10, 11)  # of announcement channels, of all others

_PASSING_ERRORS = (discord.DiscordServerError, aiohttp.ClientError, OSError, TimeoutError)

# What asking for a page raises where there is none to be had, whatever the reason.
UNREADABLE = (BotError, discord.HTTPException)

Payload = dict[str, Any]
AnswerT = TypeVar("AnswerT")


class ChannelGoneError(BotError):
    """A channel or thread was deleted while it was being read."""


class DiscordPages:
    """Asks Discord's REST API through a connected client.

    Pages are taken raw: a `discord.Message` of each of a million messages would be
    built, and its author cached, for nothing.

    All methods raise UserError where the bot may not read, or Discord stays away.

    Args:
        client: connected.
        retry_delays_s: how long to wait before each further try.
        for_training: whether people are told to train again, or to ask again, if it was in vain.
    """

    def __init__(
        self,
        client: discord.Client,
        retry_delays_s: Sequence[float],
        *,
        for_training: bool = True,
    ) -> None:
        self._client = client
        self._http = client.http
        self._for_training = for_training
        self._retry_delays_s = tuple(retry_delays_s)

    async def after(self, channel_id: int, message_id: int) -> list[Payload]:
        """Return the messages that follow one, oldest first.

        Raises:
            ChannelGoneError: there is no such channel.
        """
        page = await self._ask(
            channel_id, lambda: self._http.logs_from(channel_id, PAGE_MESSAGES, after=message_id)
        )
        return sorted(page, key=message_id_of)  # type: ignore[arg-type]

    async def before(self, channel_id: int, message_id: int) -> list[Payload]:
        """Return the messages that precede one, newest first.

        Raises:
            ChannelGoneError: there is no such channel.
        """
        page = await self._ask(
            channel_id, lambda: self._http.logs_from(channel_id, PAGE_MESSAGES, before=message_id)
        )
        return sorted(page, key=message_id_of, reverse=True)  # type: ignore[arg-type]

    async def newest(self, channel_id: int) -> list[Payload] | None:
        """Return a channel's last messages, newest first; None where they cannot be read."""
        try:
            return await self.before(channel_id, _ABOVE_ALL_IDS)
        except UNREADABLE as error:
            log.info("channel %d is not heard: %s", channel_id, type(error).__name__)
            return None

    async def prove_readable(self, channel_id: int) -> None:
        """Make sure that an empty page means an empty channel.

        To those who may not read the history, Discord shows an empty page; a single
        message it refuses them.

        Raises:
            ChannelGoneError: there is no such channel.
        """
        await self._ask(channel_id, lambda: self._message_or_none(channel_id))

    async def public_threads(self, guild_id: int, channel_id: int) -> AsyncIterator[Payload]:
        """Yield a channel's public threads, active and archived; of a forum its posts."""
        active = await self._ask(channel_id, lambda: self._http.get_active_threads(guild_id))
        for thread in active["threads"]:
            if self._parent_id(thread) == channel_id and thread["type"] in PUBLIC_THREADS:
                yield dict(thread)
        before: Any = None
        while True:
            page = await self._ask(channel_id, partial(self._archived, channel_id, before))
            for thread in page["threads"]:
                yield dict(thread)
            if not page["has_more"] or not page["threads"]:
                return
            before = _archived_at(page["threads"][-1])
            if before is None:
                log.warning("channel %d: Discord does not say where older threads are", channel_id)
                return

    def _parent_id(self, thread: Mapping[str, Any]) -> int:
        """Return a thread's channel, 0 for one whose channel is gone; Discord need not say it."""
        if thread.get("parent_id"):
            return int(thread["parent_id"])
        known = self._client.get_channel(int(thread["id"]))
        return known.parent_id if isinstance(known, discord.Thread) else 0

    def _archived(self, channel_id: int, before: Any) -> Awaitable[Any]:
        return self._http.get_public_archived_threads(channel_id, before, PAGE_THREADS)

    async def _message_or_none(self, channel_id: int) -> None:
        try:
            await self._http.get_message(channel_id, channel_id)
        except discord.NotFound as error:
            if error.code == 10003:  # Unknown Channel
                raise

    async def _ask(self, channel_id: int, request: Callable[[], Awaitable[AnswerT]]) -> AnswerT:
        for delay_s in (*self._retry_delays_s, None):
            try:
                return await request()
            except discord.Forbidden:
                channel = self._client.get_channel(channel_id)
                raise no_permission(channel_id, channel, self._for_training) from None
            except discord.NotFound:
                raise ChannelGoneError(f"channel {channel_id} is gone") from None
            except (discord.HTTPException, *_PASSING_ERRORS) as error:
                if isinstance(error, discord.HTTPException) and not _passes(error):
                    raise
                log.warning("reading channel %d: %s", channel_id, type(error).__name__)
                if delay_s is None:
                    break
                await asyncio.sleep(delay_s)
        sentence = (
            N_(
                "Discord didn't answer while I was reading <#{channel_id}>, though I tried {times} "
                "times. Train again later."
            )
            if self._for_training
            else N_(
                "Discord didn't answer while I was reading <#{channel_id}>, though I tried {times} "
                "times. Ask again later."
            )
        )
        times = len(self._retry_delays_s) + 1
        raise UserError(sentence, channel_id=channel_id, times=times)


def _passes(error: discord.HTTPException) -> bool:
    """Say whether the same request may be answered later: Discord's own failure, or a storm.

    The client waits out single refusals (429), but gives up after five of a request.
    """
    return error.status >= 500 or error.status == 429


def _archived_at(thread: Mapping[str, Any]) -> str | None:
    found = (thread.get("thread_metadata") or {}).get("archive_timestamp")
    return str(found) if found else None


def message_id_of(message: Payload) -> int:
    """Return a message's id as a number."""
    return int(message["id"])


def no_permission(channel_id: int, channel: object, for_training: bool = True) -> UserError:
    """Return the refusal to read a channel whose history is closed to the bot.

    Args:
        channel: as far as the client knows it; one for voice needs more.
    """
    sentence = (
        N_(
            "I'm not allowed to read the history of <#{channel_id}>. Give me {permissions} there, "
            "then train again."
        )
        if for_training
        else N_(
            "I'm not allowed to read the history of <#{channel_id}>. Give me {permissions} there, "
            "then ask again."
        )
    )
    permissions = partial(listed_permissions, reading_needs(channel))
    return UserError(sentence, channel_id=channel_id, permissions=permissions)
