"""What a member may know, and decide, about what the bot holds of them."""

from __future__ import annotations

from collections.abc import Callable

from bot.errors import UserError
from bot.presentation import privacy
from bot.storage.guild_settings import Learns
from bot.storage.guilds import ServerStore
from bot.storage.learned_channels import LearnedStore
from bot.storage.privacy import Choice, PrivacyStore
from bot.storage.records import TrainingScope
from bot.training.queue_worker import QueueWorker


class MemberPrivacy:
    """Answers members, whoever may train in their server.

    Args:
        can_read: says of a channel's id whether its history is open to the bot.
    """

    def __init__(
        self,
        store: PrivacyStore,
        servers: ServerStore,
        learned: LearnedStore,
        worker: QueueWorker,
        can_read: Callable[[int], bool],
    ) -> None:
        self._store = store
        self._servers = servers
        self._learned = learned
        self._worker = worker
        self._can_read = can_read

    async def told(self, guild_id: int, user_id: int) -> str:
        """Return what is held about a member, and what they can do about it."""
        settings = await self._servers.of(guild_id)
        return privacy.held(await self._store.held(guild_id, user_id), settings.learns)

    async def opt_out(self, guild_id: int, user_id: int) -> str:
        """Learn nothing more of a member; return what that means."""
        await self._store.choose(guild_id, user_id, Choice.OUT)
        return privacy.opted_out(await self._store.held(guild_id, user_id))

    async def opt_in(self, guild_id: int, user_id: int) -> str:
        """Let what a member writes be learned again; return what that means."""
        settings = await self._servers.of(guild_id)
        asked = settings.learns is Learns.OPT_IN
        await self._store.choose(guild_id, user_id, Choice.IN if asked else None)
        return privacy.opted_in(settings.learns)

    async def set_voice(self, guild_id: int, user_id: int, *, allowed: bool) -> str:
        """Let texts be written in a member's way, or no more; return what that means.

        Raises:
            UserError: nothing of theirs is learned.
        """
        if allowed and user_id in (await self._store.choices(guild_id)).out:
            raise UserError(privacy.VOICE_NEEDS_MESSAGES)
        await self._store.set_voice(guild_id, user_id, allowed=allowed)
        return privacy.VOICE_ON if allowed else privacy.VOICE_OFF

    async def has_voice(self, guild_id: int, user_id: int) -> bool:
        """Say whether texts may be written in a member's way."""
        return user_id in (await self._store.choices(guild_id)).voices

    async def erase(self, guild_id: int, user_id: int, *, before_id: int) -> str:
        """Forget a member as far as can be, and return what happens when.

        A model cannot unlearn: where one may know the member, a new one is made
        without them, and takes the place of all before.

        Args:
            before_id: where the histories end for the new model.
        """
        await self._store.forget_member(guild_id, user_id)
        if not (await self._store.held(guild_id, user_id)).versions:
            return privacy.erased()
        return privacy.erased(await self._rebuilt(guild_id, before_id))

    async def _rebuilt(self, guild_id: int, before_id: int) -> str:
        """Queue a training that takes the place of all versions; return how that stands."""
        for job in await self._worker.open(guild_id):
            if job.scope.erases and job.base_version is None:
                return privacy.REBUILD_WAITS
        known = await self._learned.of_server(guild_id)
        channels = {channel.parent_id or channel.channel_id for channel in known}
        readable = tuple(sorted(filter(self._can_read, channels)))
        if not ((await self._servers.of(guild_id)).reads_history and readable):
            return privacy.NO_REBUILD
        scope = TrainingScope(
            fresh=True,
            erases=True,
            threads=any(channel.parent_id is not None for channel in known),
            since_id=min(channel.first_id for channel in known) - 1,
        )
        try:
            submission = await self._worker.submit(
                guild_id=guild_id,
                channel_ids=readable,
                report_channel_id=0,
                before_id=before_id,
                scope=scope,
            )
        except UserError:
            return privacy.REBUILD_REFUSED
        return privacy.rebuild_queued(submission.place)
