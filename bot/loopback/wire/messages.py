"""Messages as Discord writes them in JSON, for one who may or may not see their content."""

from dataclasses import dataclass

from bot.loopback.wire.entities import member_payload, user_payload
from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.model import Attachment, Channel, InteractionOrigin, Message, MessageExtra
from bot.loopback.world.snowflake import iso_time, unix_ms_of
from bot.loopback.world.world import DM_CHANNEL, World

NOTHING_EXTRA = MessageExtra()
REPLY = 19
COMMAND, COMPONENT = 2, 3  # kinds of interactions


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who reads a message: an account, and whether it has the Message Content intent."""

    user_id: int
    sees_content: bool = True


def message_payload(
    world: World,
    channel: Channel,
    message: Message,
    viewer: Viewer,
    *,
    origin: str,
    live: bool = False,
    with_reference: bool = True,
) -> Payload:
    """Return a message as `viewer` gets it.

    Args:
        origin: the server's own address, where attachments are served.
        live: as a gateway event, which adds the server and the author's member.
        with_reference: with the message that it replies to.
    """
    extra = message.extra or NOTHING_EXTRA
    open_to_viewer = (
        viewer.sees_content
        or message.author.id == viewer.user_id
        or channel.kind == DM_CHANNEL
        or viewer.user_id in extra.mention_ids
    )
    payload: Payload = {
        "id": str(message.id),
        "channel_id": str(channel.id),
        "type": extra.kind,
        "author": user_payload(message.author),
        "timestamp": iso_time(unix_ms_of(message.id)),
        "edited_timestamp": iso_time(extra.edited_ms) if extra.edited_ms else None,
        "tts": False,
        "mention_everyone": extra.mention_everyone,
        "mentions": [_mention(world, channel, user_id, live) for user_id in extra.mention_ids],
        "mention_roles": [str(role_id) for role_id in extra.mention_role_ids],
        "pinned": extra.pinned_ms is not None,
        "flags": extra.flags,
        "content": message.content if open_to_viewer else "",
        "embeds": extra.embeds if open_to_viewer else [],
        "components": extra.components if open_to_viewer else [],
        "attachments": [
            attachment_payload(channel.id, attachment, origin=origin)
            for attachment in (extra.attachments if open_to_viewer else [])
        ],
    }
    if live:
        payload |= _guild_parts(world, channel, message.author.id)
    if message.extra is not None:
        payload |= _rare_parts(world, channel, message.extra, viewer, origin)
        if extra.reference_id is not None and with_reference:
            payload["referenced_message"] = _referenced(world, channel, extra, viewer, origin)
    return payload


def attachment_payload(channel_id: int, attachment: Attachment, *, origin: str) -> Payload:
    """Return a file of a message, with the address that it is served at."""
    url = f"{origin}/attachments/{channel_id}/{attachment.id}/{attachment.filename}"
    payload: Payload = {
        "id": str(attachment.id),
        "filename": attachment.filename,
        "size": len(attachment.content),
        "url": url,
        "proxy_url": url,
        "content_type": attachment.content_type,
        "flags": 0,
    }
    if attachment.description is not None:
        payload["description"] = attachment.description
    if attachment.width is not None:
        payload |= {"width": attachment.width, "height": attachment.height}
    return payload


def origin_payload(origin: InteractionOrigin) -> Payload:
    """Return the description of the interaction that a message answers."""
    payload: Payload = {
        "id": str(origin.id),
        "type": origin.kind,
        "user": user_payload(origin.user),
        "authorizing_integration_owners": {"0": str(origin.guild_id or 0)},
    }
    if origin.opener is not None:
        payload["triggering_interaction_metadata"] = origin_payload(origin.opener)
    elif origin.target_message_id is not None:
        key = "interacted_message_id" if origin.kind == COMPONENT else "target_message_id"
        payload[key] = str(origin.target_message_id)
    return payload


def _old_origin(origin: InteractionOrigin) -> Payload:
    """Return the description that came before, which commands alone have."""
    user = user_payload(origin.user)
    return {"id": str(origin.id), "type": origin.kind, "name": origin.name, "user": user}


def _mention(world: World, channel: Channel, user_id: int, live: bool) -> Payload:
    payload = user_payload(world.users[user_id])
    guild = world.guild_of(channel)
    if live and guild and user_id in guild.members:
        payload["member"] = member_payload(guild.members[user_id], with_user=False)
    return payload


def _guild_parts(world: World, channel: Channel, author_id: int) -> Payload:
    guild = world.guild_of(channel)
    if guild is None:
        return {}
    payload: Payload = {"guild_id": str(guild.id)}
    if author_id in guild.members:
        payload["member"] = member_payload(guild.members[author_id], with_user=False)
    return payload


def _rare_parts(
    world: World, channel: Channel, extra: MessageExtra, viewer: Viewer, origin: str
) -> Payload:
    payload: Payload = {}
    if extra.nonce is not None:
        payload["nonce"] = extra.nonce
    if extra.reactions:
        payload["reactions"] = [
            _reaction(emoji, user_ids, viewer.user_id)
            for emoji, user_ids in extra.reactions.items()
        ]
    if extra.reference_id is not None:
        payload["message_reference"] = {
            "type": 0,
            "message_id": str(extra.reference_id),
            "channel_id": str(channel.id),
            **({"guild_id": str(channel.guild_id)} if channel.guild_id else {}),
        }
    if extra.webhook_id is not None:
        payload["webhook_id"] = str(extra.webhook_id)
    if extra.origin is not None:
        if extra.origin.kind == COMMAND:
            payload["interaction"] = _old_origin(extra.origin)
        payload["interaction_metadata"] = origin_payload(extra.origin)
        payload["application_id"] = payload["webhook_id"] = str(world.bot.id)
    return payload


def _referenced(
    world: World, channel: Channel, extra: MessageExtra, viewer: Viewer, origin: str
) -> Payload | None:
    """Return the message replied to, without what that one replied to in turn."""
    original = channel.messages.get(extra.reference_id or 0)
    if original is None:
        return None
    return message_payload(world, channel, original, viewer, origin=origin, with_reference=False)


def _reaction(emoji: str, user_ids: list[int], viewer_id: int) -> Payload:
    return {
        "emoji": emoji_payload(emoji),
        "count": len(user_ids),
        "count_details": {"normal": len(user_ids), "burst": 0},
        "me": viewer_id in user_ids,
        "me_burst": False,
        "burst_colors": [],
    }


def emoji_payload(emoji: str) -> Payload:
    """Return an emoji: a character, or `name:id` for a server's own."""
    name, _, emoji_id = emoji.rpartition(":") if ":" in emoji else (emoji, "", "")
    return {"id": emoji_id or None, "name": name}
