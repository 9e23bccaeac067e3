"""What a member may know, and decide, about what the bot holds of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from bot.errors import UserError
from bot.storage.guild_settings import Learns
from bot.storage.guilds import ServerStore
from bot.storage.learned_channels import LearnedStore
from bot.storage.models import ModelStore
from bot.storage.privacy import Choice, Held, PrivacyStore
from bot.storage.records import LearnedChannel, ModelRecord, TrainingScope
from bot.training.queue_worker import QueueWorker


class Rebuild(StrEnum):
    """What becomes of a model that may know a member who wants to be forgotten."""

    NOT_NEEDED = "not needed"
    ASKED = "asked"
    QUEUED = "queued"
    WAITS = "waits"
    IMPOSSIBLE = "impossible"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class MemberErasure:
    """What an erasure has set in motion, or asks before it does.

    Attributes:
        rebuild: what becomes of the model.
        versions: those that may hold something of the member, and give way to a new one.
        place: how many trainings a queued one waits for.
    """

    rebuild: Rebuild
    versions: tuple[ModelRecord, ...] = ()
    place: int = 0


class MemberPrivacy:
    """Answers members, whoever may train in their server.

    Args:
        can_read: says of a channel's id whether its history is open to the bot.
        forget_live: takes back what a member's messages in live channels gave.
    """

    def __init__(
        self,
        store: PrivacyStore,
        servers: ServerStore,
        learned: LearnedStore,
        models: ModelStore,
        worker: QueueWorker,
        can_read: Callable[[int], bool],
        forget_live: Callable[[int, int], Awaitable[None]],
    ) -> None:
        self._forget_live = forget_live
        self._store = store
        self._servers = servers
        self._learned = learned
        self._models = models
        self._worker = worker
        self._can_read = can_read

    async def held(self, guild_id: int, user_id: int) -> tuple[Held, Learns, frozenset[int]]:
        """Return what is held about a member, and of whom and where their server lets it learn."""
        settings = await self._servers.of(guild_id)
        return await self._store.held(guild_id, user_id), settings.learns, settings.live

    async def opt_out(self, guild_id: int, user_id: int) -> Held:
        """Learn nothing more of a member; return what is held about them now."""
        await self._store.choose(guild_id, user_id, Choice.OUT)
        await self._forget_live(guild_id, user_id)
        return await self._store.held(guild_id, user_id)

    async def opt_in(self, guild_id: int, user_id: int) -> Learns:
        """Let what a member writes be learned again; return whom their server lets learn from."""
        settings = await self._servers.of(guild_id)
        asked = settings.learns is Learns.OPT_IN
        await self._store.choose(guild_id, user_id, Choice.IN if asked else None)
        return settings.learns

    async def set_voice(self, guild_id: int, user_id: int, *, allowed: bool) -> None:
        """Let texts be written in a member's way, or no more.

        Raises:
            UserError: nothing of theirs is learned.
        """
        if allowed and user_id in (await self._store.choices(guild_id)).out:
            raise UserError(
                "You've opted out, so I can't learn how you write. Type `!privacy in` first."
            )
        await self._store.set_voice(guild_id, user_id, allowed=allowed)

    async def has_voice(self, guild_id: int, user_id: int) -> bool:
        """Say whether texts may be written in a member's way."""
        return user_id in (await self._store.choices(guild_id)).voices

    async def erase(self, guild_id: int, user_id: int) -> MemberErasure:
        """Forget a member as far as can be at once, and return what is left.

        A model cannot unlearn: where one may know the member, a new one can be made
        without them (`rebuild`), which takes the place of all before. As that deletes
        what others made, it is asked first.
        """
        await self._store.forget_member(guild_id, user_id)
        await self._forget_live(guild_id, user_id)
        if not (await self._store.held(guild_id, user_id)).versions:
            return MemberErasure(Rebuild.NOT_NEEDED)
        versions = tuple(await self._models.versions(guild_id))
        return MemberErasure(await self._obstacle(guild_id) or Rebuild.ASKED, versions)

    async def rebuild(self, guild_id: int, user_id: int, *, before_id: int) -> MemberErasure:
        """Have a model made without a member; return how that stands.

        Args:
            before_id: where the histories end for the new model.

        Raises:
            UserError: the member has not asked to be forgotten, or has come back since.
        """
        if user_id not in (await self._store.choices(guild_id)).out:
            raise UserError("You've opted in again, so nothing is deleted.")
        versions = tuple(await self._models.versions(guild_id))
        obstacle = await self._obstacle(guild_id)
        if obstacle is not None:
            return MemberErasure(obstacle, versions)
        return await self._rebuilt(guild_id, versions, before_id)

    async def _obstacle(self, guild_id: int) -> Rebuild | None:
        """Return why no new model need, or can, be made now; None where one can."""
        for job in await self._worker.open(guild_id):
            if job.scope.erases and job.base_version is None:
                return Rebuild.WAITS
        known = await self._learned.of_server(guild_id)
        if (await self._servers.of(guild_id)).reads_history and self._readable(known):
            return None
        return Rebuild.IMPOSSIBLE

    def _readable(self, known: list[LearnedChannel]) -> tuple[int, ...]:
        channels = {channel.parent_id or channel.channel_id for channel in known}
        return tuple(sorted(filter(self._can_read, channels)))

    async def _rebuilt(
        self, guild_id: int, versions: tuple[ModelRecord, ...], before_id: int
    ) -> MemberErasure:
        """Queue a training that takes the place of all versions; return how that stands."""
        known = await self._learned.of_server(guild_id)
        scope = TrainingScope(
            fresh=True,
            erases=True,
            threads=any(channel.parent_id is not None for channel in known),
            since_id=min(channel.first_id for channel in known) - 1,
        )
        try:
            submission = await self._worker.submit(
                guild_id=guild_id,
                channel_ids=self._readable(known),
                report_channel_id=0,
                before_id=before_id,
                scope=scope,
            )
        except UserError:
            return MemberErasure(Rebuild.REFUSED, versions)
        return MemberErasure(Rebuild.QUEUED, versions, submission.place)
