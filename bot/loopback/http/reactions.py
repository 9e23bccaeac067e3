"""REST: reactions under messages."""

from urllib.parse import unquote

from bot.loopback.http.app import Answer, Call, Route
from bot.loopback.state.session import Intent
from bot.loopback.wire.api_errors import ApiError, missing_permissions
from bot.loopback.wire.entities import member_payload, user_payload
from bot.loopback.wire.json_fields import Payload
from bot.loopback.wire.messages import emoji_payload
from bot.loopback.world.model import Channel, Message
from bot.loopback.world.permissions import Permission


async def add_reaction(call: Call) -> Answer:
    """Put one's own reaction under a message."""
    channel, permissions = call.channel(Permission.READ_MESSAGE_HISTORY)
    message = call.message(channel)
    emoji = _emoji(call)
    user_ids = message.details.reactions.get(emoji)
    if user_ids is None:
        if not permissions & Permission.ADD_REACTIONS:
            raise missing_permissions()
        user_ids = message.details.reactions.setdefault(emoji, [])
    if call.user.id not in user_ids:
        user_ids.append(call.user.id)
        _announce(call, "MESSAGE_REACTION_ADD", channel, message, call.user.id, emoji)
    return None


async def remove_reaction(call: Call) -> Answer:
    """Take a reaction away: one's own, or anyone's with Manage Messages."""
    channel, permissions = call.channel()
    message = call.message(channel)
    user_id = call.id("user_id")
    if user_id != call.user.id and not permissions & Permission.MANAGE_MESSAGES:
        raise missing_permissions()
    emoji = _emoji(call)
    user_ids = message.details.reactions.get(emoji, [])
    if user_id in user_ids:
        user_ids.remove(user_id)
        if not user_ids:
            del message.details.reactions[emoji]
        _announce(call, "MESSAGE_REACTION_REMOVE", channel, message, user_id, emoji)
    return None


async def clear_reactions(call: Call) -> Answer:
    """Take every reaction under a message away."""
    channel, _ = call.channel(Permission.MANAGE_MESSAGES)
    message = call.message(channel)
    message.details.reactions.clear()
    data: Payload = {"channel_id": str(channel.id), "message_id": str(message.id)}
    intent = Intent.GUILD_MESSAGE_REACTIONS
    call.backend.publish("MESSAGE_REACTION_REMOVE_ALL", channel, data, intent)
    return None


async def list_reactors(call: Call) -> Answer:
    """Return who reacted with an emoji."""
    channel, _ = call.channel(Permission.READ_MESSAGE_HISTORY)
    user_ids = call.message(channel).details.reactions.get(_emoji(call), [])
    return [user_payload(call.backend.world.users[user_id]) for user_id in user_ids]


def _emoji(call: Call) -> str:
    emoji = unquote(call.request.match_info["emoji"])
    if not emoji or (emoji.isascii() and ":" not in emoji):
        raise ApiError(400, 10014, "Unknown Emoji")
    return emoji


def _announce(
    call: Call, event: str, channel: Channel, message: Message, user_id: int, emoji: str
) -> None:
    data: Payload = {
        "user_id": str(user_id),
        "channel_id": str(channel.id),
        "message_id": str(message.id),
        "emoji": emoji_payload(emoji),
        "burst": False,
        "type": 0,
    }
    guild = call.backend.world.guild_of(channel)
    if event == "MESSAGE_REACTION_ADD":
        data["message_author_id"] = str(message.author.id)
        if guild is not None:
            data["member"] = member_payload(guild.members[user_id])
    call.backend.publish(event, channel, data, Intent.GUILD_MESSAGE_REACTIONS)


REACTIONS = "/channels/{channel_id}/messages/{message_id}/reactions"
REACTION = REACTIONS + "/{emoji}"
OF_USER = REACTION + "/{user_id}"

REACTION_ROUTES = (
    Route("PUT", OF_USER, add_reaction, "reaction", "channel_id"),
    Route("DELETE", OF_USER, remove_reaction, "reaction", "channel_id"),
    Route("GET", REACTION, list_reactors, major="channel_id"),
    Route("DELETE", REACTIONS, clear_reactions, "reaction", "channel_id"),
)
