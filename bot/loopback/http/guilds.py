"""REST: servers, their channels, roles and members."""

from datetime import datetime
from itertools import islice

from bot.loopback.http.app import Answer, Call, Route
from bot.loopback.wire.api_errors import not_found
from bot.loopback.wire.entities import (
    channel_payload,
    guild_answer,
    member_payload,
    role_payload,
    thread_member_payload,
    thread_payload,
)
from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.model import Channel, User
from bot.loopback.world.permissions import Permission


async def get_guild(call: Call) -> Answer:
    """Return a server."""
    return guild_answer(call.guild(), bot_id=call.backend.world.bot.id)


async def list_channels(call: Call) -> Answer:
    """Return a server's channels: all to a bot, to a person those in sight."""
    world = call.backend.world
    return [
        channel_payload(world, channel)
        for channel in call.guild().channels.values()
        if call.user.bot or call.backend.sees(channel, call.user)
    ]


async def get_channel(call: Call) -> Answer:
    """Return one channel."""
    channel, _ = call.channel()
    return channel_payload(call.backend.world, channel, call.user.id)


async def list_roles(call: Call) -> Answer:
    """Return a server's roles."""
    bot_id = call.backend.world.bot.id
    return [role_payload(role, bot_id=bot_id) for role in call.guild().roles.values()]


async def list_members(call: Call) -> Answer:
    """Return a page of a server's members, by id."""
    query = call.query()
    after = query.integer("after") or 0
    limit = query.integer("limit") or 1
    members = sorted(call.guild().members.values(), key=lambda member: member.user.id)
    later = (member for member in members if member.user.id > after)
    return [member_payload(member) for member in islice(later, limit)]


async def search_members(call: Call) -> Answer:
    """Return the members whose names start with a text."""
    query = call.query()
    text = (query.text("query") or "").casefold()
    found = (
        member_payload(member)
        for member in call.guild().members.values()
        if (member.nick or member.user.name).casefold().startswith(text)
    )
    return list(islice(found, query.integer("limit") or 1))


async def get_member(call: Call) -> Answer:
    """Return one member."""
    member = call.guild().members.get(call.id("user_id"))
    if member is None:
        raise not_found("Member")
    return member_payload(member)


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


GUILD = "/guilds/{guild_id}"

GUILD_ROUTES = (
    Route("GET", GUILD, get_guild, major="guild_id"),
    Route("GET", GUILD + "/channels", list_channels, major="guild_id"),
    Route("GET", GUILD + "/roles", list_roles, major="guild_id"),
    Route("GET", GUILD + "/members", list_members, major="guild_id"),
    Route("GET", GUILD + "/members/search", search_members, major="guild_id"),
    Route("GET", GUILD + "/members/{user_id}", get_member, major="guild_id"),
    Route("GET", GUILD + "/threads/active", list_active_threads, major="guild_id"),
    Route("GET", "/channels/{channel_id}", get_channel, major="channel_id"),
    Route(
        "GET",
        "/channels/{channel_id}/threads/archived/public",
        list_archived_threads,
        major="channel_id",
    ),
)
