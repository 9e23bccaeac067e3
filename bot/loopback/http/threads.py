"""REST: threads, and who is in them."""

from datetime import datetime

from bot.loopback.http.app import Answer, Call, Route
from bot.loopback.state.membership import join_thread, leave_thread
from bot.loopback.wire.api_errors import ApiError, missing_permissions, not_found
from bot.loopback.wire.entities import member_payload, thread_member_payload, thread_payload
from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.model import Channel, User
from bot.loopback.world.permissions import Permission
from bot.loopback.world.world import PRIVATE_THREAD


async def list_active_threads(call: Call) -> Answer:
    """Return a server's active threads that the account sees, the newest first."""
    threads = [
        thread
        for thread in reversed(call.guild().threads.values())
        if thread.archived_ms is None and call.backend.sees(thread, call.user)
    ]
    return _told_of(threads, call.user, has_more=False)


async def list_archived_threads(call: Call) -> Answer:
    """Return a page of a channel's archived public threads, the last archived first."""
    channel, _ = call.channel(Permission.READ_MESSAGE_HISTORY)
    query = call.query()
    limit = query.integer("limit") or 50
    before_ms = _unix_ms(query.text("before"))
    guild = call.backend.world.guild_of(channel)
    archived = [
        (thread.archived_ms, thread)
        for thread in (guild.threads.values() if guild else ())
        if thread.parent_id == channel.id
        and thread.kind != PRIVATE_THREAD
        and thread.archived_ms is not None
        and (before_ms is None or thread.archived_ms < before_ms)
    ]
    archived.sort(key=lambda pair: pair[0], reverse=True)
    shown = [thread for _, thread in archived[:limit]]
    return _told_of(shown, call.user, has_more=len(archived) > limit)


def _told_of(threads: list[Channel], user: User, *, has_more: bool) -> Payload:
    """Return threads, and the account's places in those it has joined."""
    joined = [thread for thread in threads if user.id in thread.member_ids]
    return {
        "threads": [thread_payload(thread) for thread in threads],
        "members": [thread_member_payload(thread, user.id) for thread in joined],
        "has_more": has_more,
    }


def _unix_ms(text: str | None) -> int | None:
    return None if text is None else round(datetime.fromisoformat(text).timestamp() * 1000)


async def list_thread_members(call: Call) -> Answer:
    """Return a page of who is in a thread, by id."""
    thread = _thread(call)
    query = call.query()
    after, limit = query.integer("after") or 0, query.integer("limit") or 100
    later = sorted(user_id for user_id in thread.member_ids if user_id > after)
    return [_place(call, thread, user_id) for user_id in later[:limit]]


async def get_thread_member(call: Call) -> Answer:
    """Return an account's place in a thread."""
    thread, user_id = _thread(call), call.id("user_id")
    if user_id not in thread.member_ids:
        raise not_found("Member")
    return _place(call, thread, user_id)


async def add_thread_member(call: Call) -> Answer:
    """Join a thread, or bring somebody into it."""
    thread, user_id = _thread(call), call.id("user_id")
    guild = call.backend.world.guild_of(thread)
    if guild is None or user_id not in guild.members:
        raise not_found("Member")
    join_thread(call.backend, thread, user_id)
    return None


async def remove_thread_member(call: Call) -> Answer:
    """Leave a thread, or send somebody out of it with Manage Threads."""
    thread, user_id = _thread(call), call.id("user_id")
    permissions = call.backend.world.permissions_in(thread, call.user)
    if user_id != call.user.id and not permissions & Permission.MANAGE_THREADS:
        raise missing_permissions()
    leave_thread(call.backend, thread, user_id)
    return None


def _thread(call: Call) -> Channel:
    channel, _ = call.channel()
    if channel.owner_id is None:
        raise ApiError(400, 50024, "Cannot execute action on this channel type")
    return channel


def _place(call: Call, thread: Channel, user_id: int) -> Payload:
    place = thread_member_payload(thread, user_id)
    guild = call.backend.world.guild_of(thread)
    if call.request.query.get("with_member") in ("true", "1") and guild is not None:
        place["member"] = member_payload(guild.members[user_id])
    return place


THREAD_MEMBERS = "/channels/{channel_id}/thread-members"
ONE = THREAD_MEMBERS + "/{user_id}"

THREAD_ROUTES = (
    Route("GET", "/guilds/{guild_id}/threads/active", list_active_threads, major="guild_id"),
    Route(
        "GET",
        "/channels/{channel_id}/threads/archived/public",
        list_archived_threads,
        major="channel_id",
    ),
    Route("GET", THREAD_MEMBERS, list_thread_members, major="channel_id"),
    Route("GET", ONE, get_thread_member, major="channel_id"),
    Route("PUT", ONE, add_thread_member, major="channel_id"),
    Route("DELETE", ONE, remove_thread_member, major="channel_id"),
)
