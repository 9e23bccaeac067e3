"""REST: a channel's messages, its typing sign and its pins."""

import math
import time
from datetime import datetime

from bot.loopback.http.app import Answer, Call, Route
from bot.loopback.state.membership import join_thread
from bot.loopback.state.posting import announce, compose, remove, revise, send
from bot.loopback.state.session import Intent
from bot.loopback.wire.api_errors import ApiError, missing_permissions
from bot.loopback.wire.entities import member_payload
from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.model import Channel, Message
from bot.loopback.world.permissions import Permission
from bot.loopback.world.snowflake import iso_time, now_ms, unix_ms_of
from bot.loopback.world.world import CATEGORY, FORUM

MAX_PAGE = 100
BULK_DELETE_MS = 14 * 24 * 3600 * 1000
MAX_PINS = 250
MAX_PINS_PAGE = 50
NONCE_MS = 5 * 60 * 1000


async def list_messages(call: Call) -> Answer:
    """Return a page of a channel's history, newest first."""
    channel, permissions = call.channel_of_messages()
    if channel.kind in (CATEGORY, FORUM):
        raise ApiError(400, 50024, "Cannot execute action on this channel type")
    query = call.query()
    limit = query.integer("limit") or 50
    if not permissions & Permission.READ_MESSAGE_HISTORY:
        return []  # as Discord does: a page of nothing, not an error
    page = channel.messages.latest(limit)
    for name in ("before", "after", "around"):
        anchor = query.integer(name)
        if anchor is not None:
            page = getattr(channel.messages, name)(anchor, limit)
            break
    return [call.backend.read_message(channel, message, call.user) for message in page]


async def get_message(call: Call) -> Answer:
    """Return one message."""
    channel, _ = call.channel_of_messages(Permission.READ_MESSAGE_HISTORY)
    return call.backend.read_message(channel, call.message(channel), call.user)


async def post_message(call: Call) -> Answer:
    """Send a message; one of a known nonce is not sent again, if that is asked for."""
    channel, permissions = call.channel_of_messages(Permission.SEND_MESSAGES)
    fields, uploads = await call.body()
    message = compose(call.backend, channel, call.user, fields, uploads, permissions=permissions)
    sent = _sent_before(channel, message) if fields.truth("enforce_nonce") else None
    if sent is not None:
        return call.backend.read_message(channel, sent, call.user)
    if channel.owner_id is not None:
        join_thread(call.backend, channel, call.user.id)
    send(call.backend, channel, message)
    return call.backend.read_message(channel, message, call.user)


def _sent_before(channel: Channel, message: Message) -> Message | None:
    """Return the message of the same author and nonce of the last minutes."""
    nonce = message.extra and message.extra.nonce
    if nonce is None:
        return None
    oldest_ms = now_ms() - NONCE_MS
    for former in channel.messages.latest(MAX_PAGE):
        is_own = former.author is message.author and unix_ms_of(former.id) > oldest_ms
        if is_own and former.extra is not None and former.extra.nonce == nonce:
            return former
    return None


async def patch_message(call: Call) -> Answer:
    """Change one's own message."""
    channel, permissions = call.channel()
    message = call.message(channel)
    if message.author is not call.user:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    fields, uploads = await call.body()
    revise(call.backend, channel, message, fields, uploads, permissions=permissions)
    return call.backend.read_message(channel, message, call.user)


async def delete_message(call: Call) -> Answer:
    """Take a message away: one's own, or any with Manage Messages."""
    channel, permissions = call.channel()
    message_id = call.id("message_id")
    hidden = call.backend.interactions.hidden.get(message_id)
    if hidden is None or hidden.reader is not call.user:
        message = call.message(channel)
        if message.author is not call.user and not permissions & Permission.MANAGE_MESSAGES:
            raise missing_permissions()
    remove(call.backend, channel, [message_id])
    return None


async def bulk_delete(call: Call) -> Answer:
    """Take 2 to 100 messages of the last two weeks away at once."""
    channel, _ = call.channel(Permission.MANAGE_MESSAGES)
    ids = (await call.fields()).snowflakes("messages")
    if any(unix_ms_of(id) < now_ms() - BULK_DELETE_MS for id in ids):
        rule = "You can only bulk delete messages that are under 14 days old."
        raise ApiError(400, 50034, rule)
    remove(call.backend, channel, ids)
    return None


async def trigger_typing(call: Call) -> Answer:
    """Show for a few seconds that the account is writing."""
    channel, _ = call.channel(Permission.SEND_MESSAGES)
    data: Payload = {
        "channel_id": str(channel.id),
        "user_id": str(call.user.id),
        "timestamp": int(time.time()),
    }
    guild = call.backend.world.guild_of(channel)
    if guild is not None:
        data["member"] = member_payload(guild.members[call.user.id])
    call.backend.publish("TYPING_START", channel, data, Intent.GUILD_MESSAGE_TYPING)
    return None


async def list_pins(call: Call) -> Answer:
    """Return a page of the pinned messages, the last pinned first."""
    channel, permissions = call.channel()
    if not permissions & Permission.READ_MESSAGE_HISTORY:
        return {"items": [], "has_more": False}
    query = call.query()
    limit = query.integer("limit") or MAX_PINS_PAGE
    before = query.text("before")
    before_ms = math.inf if before is None else datetime.fromisoformat(before).timestamp() * 1000
    pinned = [pin for pin in _pins(channel) if pin[0] < before_ms]
    pinned.sort(key=lambda pin: pin[0], reverse=True)
    items = [
        {
            "pinned_at": iso_time(pinned_ms),
            "message": call.backend.read_message(channel, message, call.user),
        }
        for pinned_ms, message in pinned[:limit]
    ]
    return {"items": items, "has_more": len(pinned) > limit}


def _pins(channel: Channel) -> list[tuple[int, Message]]:
    """Return when each pinned message was pinned."""
    extras = ((message.extra and message.extra.pinned_ms, message) for message in channel.messages)
    return [(pinned_ms, message) for pinned_ms, message in extras if pinned_ms]


async def pin(call: Call) -> Answer:
    """Pin a message."""
    channel, _ = call.channel(Permission.PIN_MESSAGES)
    message = call.message(channel)
    if len([pinned for _, pinned in _pins(channel) if pinned is not message]) >= MAX_PINS:
        raise ApiError(400, 30003, f"Maximum number of pins reached for the channel ({MAX_PINS})")
    _set_pin(call, channel, message, now_ms())
    return None


async def unpin(call: Call) -> Answer:
    """Unpin a message."""
    channel, _ = call.channel(Permission.PIN_MESSAGES)
    _set_pin(call, channel, call.message(channel), None)
    return None


def _set_pin(call: Call, channel: Channel, message: Message, pinned_ms: int | None) -> None:
    message.details.pinned_ms = pinned_ms
    announce(call.backend, "MESSAGE_UPDATE", channel, message)
    last = iso_time(pinned_ms) if pinned_ms else None
    data: Payload = {"channel_id": str(channel.id), "last_pin_timestamp": last}
    call.backend.publish("CHANNEL_PINS_UPDATE", channel, data, Intent.GUILDS)


MESSAGES = "/channels/{channel_id}/messages"
MESSAGE = MESSAGES + "/{message_id}"
PIN = MESSAGES + "/pins/{message_id}"

MESSAGE_ROUTES = (
    Route("GET", MESSAGES + "/pins", list_pins, major="channel_id"),
    Route("PUT", PIN, pin, major="channel_id"),
    Route("DELETE", PIN, unpin, major="channel_id"),
    Route("GET", MESSAGES, list_messages, "history", "channel_id"),
    Route("POST", MESSAGES, post_message, "send", "channel_id"),
    Route("POST", MESSAGES + "/bulk-delete", bulk_delete, "bulk_delete", "channel_id"),
    Route("GET", MESSAGE, get_message, major="channel_id"),
    Route("PATCH", MESSAGE, patch_message, "edit", "channel_id"),
    Route("DELETE", MESSAGE, delete_message, "delete", "channel_id"),
    Route("POST", "/channels/{channel_id}/typing", trigger_typing, "typing", "channel_id"),
)
