"""REST: accounts, direct conversations, the application and the gateway's address."""

from bot.loopback.http.app import Answer, Call, Route
from bot.loopback.http.gateway import application_flags
from bot.loopback.state.session import Intent
from bot.loopback.wire.api_errors import not_found
from bot.loopback.wire.entities import (
    application_payload,
    channel_payload,
    own_user_payload,
    user_payload,
)
from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.permissions import guild_permissions


async def get_gateway(call: Call) -> Answer:
    """Return where the gateway is."""
    return {"url": call.backend.gateway_url()}


async def get_bot_gateway(call: Call) -> Answer:
    """Return where the gateway is, and how many shards a bot should open."""
    starts: Payload = {
        "total": 1000,
        "remaining": 999,
        "reset_after": 86_400_000,
        "max_concurrency": 16,
    }
    return {
        "url": call.backend.gateway_url(),
        "shards": call.backend.options.shards,
        "session_start_limit": starts,
    }


async def get_own_user(call: Call) -> Answer:
    """Return the account that asks."""
    return own_user_payload(call.user)


async def get_user(call: Call) -> Answer:
    """Return any account."""
    user = call.backend.world.users.get(call.id("user_id"))
    if user is None:
        raise not_found("User")
    return user_payload(user)


async def get_own_guilds(call: Call) -> Answer:
    """Return the servers that the account is in."""
    guilds = [g for g in call.backend.world.guilds.values() if call.user.id in g.members]
    return [
        {
            "id": str(guild.id),
            "name": guild.name,
            "icon": None,
            "banner": None,
            "owner": guild.owner_id == call.user.id,
            "permissions": str(guild_permissions(guild, call.user.id)),
            "features": [],
        }
        for guild in guilds
    ]


async def get_own_channels(call: Call) -> Answer:
    """Return a person's direct conversations; a bot's are not listed."""
    if call.user.bot:
        return []
    return [
        channel_payload(call.backend.world, channel, call.user.id)
        for channel in call.backend.world.channels.values()
        if call.user.id in channel.recipient_ids
    ]


async def open_direct_channel(call: Call) -> Answer:
    """Return the conversation with an account, begun if there is none."""
    fields = await call.fields()
    ids = fields.snowflakes("recipients")
    recipient_id = fields.integer("recipient_id") or (ids[0] if ids else None)
    world = call.backend.world
    user = world.users.get(fields.must("recipient_id", recipient_id))
    if user is None:
        raise not_found("User")
    known = len(world.channels)
    channel = world.direct_channel(call.user, user)
    if len(world.channels) > known:
        for session in call.backend.audience(channel, Intent.GUILD_MESSAGES):
            payload = channel_payload(world, channel, session.user.id)
            session.dispatch("CHANNEL_CREATE", payload)
    return channel_payload(world, channel, call.user.id)


async def get_application(call: Call) -> Answer:
    """Return the bot's application."""
    return application_payload(call.backend.world, flags=application_flags(call.backend))


USER_ROUTES = (
    Route("GET", "/gateway", get_gateway, open=True),
    Route("GET", "/gateway/bot", get_bot_gateway),
    Route("GET", "/users/@me", get_own_user),
    Route("GET", "/users/@me/guilds", get_own_guilds),
    Route("GET", "/users/@me/channels", get_own_channels),
    Route("POST", "/users/@me/channels", open_direct_channel),
    Route("GET", "/users/{user_id}", get_user),
    Route("GET", "/oauth2/applications/@me", get_application),
    Route("GET", "/applications/@me", get_application),
)
