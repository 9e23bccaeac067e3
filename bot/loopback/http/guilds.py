"""REST: servers, their channels, roles and members."""

from itertools import islice

from bot.loopback.http.app import Answer, Call, Route
from bot.loopback.wire.api_errors import not_found
from bot.loopback.wire.entities import (
    channel_payload,
    guild_answer,
    member_payload,
    role_payload,
)


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


GUILD = "/guilds/{guild_id}"

GUILD_ROUTES = (
    Route("GET", GUILD, get_guild, major="guild_id"),
    Route("GET", GUILD + "/channels", list_channels, major="guild_id"),
    Route("GET", GUILD + "/roles", list_roles, major="guild_id"),
    Route("GET", GUILD + "/members", list_members, major="guild_id"),
    Route("GET", GUILD + "/members/search", search_members, major="guild_id"),
    Route("GET", GUILD + "/members/{user_id}", get_member, major="guild_id"),
    Route("GET", "/channels/{channel_id}", get_channel, major="channel_id"),
)
