"""Who is in a thread: topics/threads and topics/gateway-events of Discord's documentation."""

from bot.loopback.state.backend import Backend
from bot.loopback.state.session import Intent
from bot.loopback.wire.entities import member_payload, thread_member_payload
from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.model import Channel
from bot.loopback.world.snowflake import now_ms


def join_thread(backend: Backend, thread: Channel, user_id: int) -> None:
    """Let an account into a thread and tell of it; a second time changes nothing."""
    guild = backend.world.guild_of(thread)
    if user_id in thread.member_ids or guild is None:
        return
    thread.member_ids[user_id] = now_ms()
    added: Payload = {
        **thread_member_payload(thread, user_id),
        "member": member_payload(guild.members[user_id]),
        "presence": None,
    }
    _tell(backend, thread, user_id, {"added_members": [added]})


def leave_thread(backend: Backend, thread: Channel, user_id: int) -> None:
    """Let an account out of a thread and tell of it; a stranger to it changes nothing."""
    if user_id in thread.member_ids:
        del thread.member_ids[user_id]
        _tell(backend, thread, user_id, {"removed_member_ids": [str(user_id)]})


def _tell(backend: Backend, thread: Channel, user_id: int, change: Payload) -> None:
    """Tell who sees a thread; bots without GUILD_MEMBERS hear of themselves alone."""
    about: Payload = {
        "id": str(thread.id),
        "guild_id": str(thread.guild_id),
        "member_count": len(thread.member_ids),
    }
    for session in backend.audience(thread, Intent.GUILDS):
        hears_all = not session.user.bot or session.intents & Intent.GUILD_MEMBERS
        if hears_all or session.user.id == user_id:
            session.dispatch("THREAD_MEMBERS_UPDATE", {**about, **change})
