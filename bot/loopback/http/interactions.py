"""REST: people use commands, components and forms."""

import asyncio
from collections.abc import Iterator

from bot.loopback.http.app import Answer, Call, Route
from bot.loopback.state.backend import Backend
from bot.loopback.state.command_registry import CHAT_INPUT, may_use
from bot.loopback.state.interactions import Interaction, InteractionKind
from bot.loopback.state.posting import attachment_of
from bot.loopback.state.session import Session
from bot.loopback.wire.api_errors import ApiError, invalid_field, missing_permissions, not_found
from bot.loopback.wire.command_options import (
    check_options,
    full_name,
    given_values,
    resolve,
    seen_channel,
    selected_values,
)
from bot.loopback.wire.component_rules import numbered
from bot.loopback.wire.entities import member_payload, user_payload
from bot.loopback.wire.json_fields import Fields, Payload
from bot.loopback.wire.messages import Viewer, attachment_payload, message_payload
from bot.loopback.wire.uploads import Upload
from bot.loopback.world.model import Channel, Message
from bot.loopback.world.permissions import Permission, guild_permissions

USER_COMMAND = 2
MESSAGE_COMMAND = 3


async def use(call: Call) -> Answer:
    """Start an interaction: the bot is told, the person hears of its outcome."""
    fields, uploads = await call.body()
    channel = _channel(call, fields)
    data = fields.must("data", fields.child("data"))
    kind = _kind(fields)
    interaction = Interaction(
        call.backend.world.snowflakes.make(), kind, call.user, channel, _nonce(fields)
    )
    payload: Payload
    if kind in (InteractionKind.COMMAND, InteractionKind.AUTOCOMPLETE):
        payload = _command_data(call, interaction, data, uploads)
    elif kind == InteractionKind.COMPONENT:
        payload = _component_data(call, interaction, fields, data)
    else:
        payload = _modal_data(call, interaction, data)
    _start(call.backend, interaction, payload)
    return None


def _channel(call: Call, fields: Fields) -> Channel:
    channel_id = fields.must("channel_id", fields.integer("channel_id"))
    channel = call.backend.world.channels.get(channel_id)
    if channel is None or not call.backend.sees(channel, call.user):
        raise not_found("Channel")
    permissions = call.backend.world.permissions_in(channel, call.user)
    if not permissions & Permission.USE_APPLICATION_COMMANDS:
        raise missing_permissions()
    return channel


def _kind(fields: Fields) -> InteractionKind:
    number = fields.must("type", fields.integer("type"))
    if number not in {kind.value for kind in InteractionKind} or number == InteractionKind.PING:
        raise invalid_field("type", "BASE_TYPE_CHOICES", "Value must be one of {2, 3, 4, 5}.")
    return InteractionKind(number)


def _nonce(fields: Fields) -> str | int | None:
    nonce = fields.values.get("nonce")
    return nonce if isinstance(nonce, str | int) else None


def _command_data(
    call: Call, interaction: Interaction, data: Fields, uploads: list[Upload]
) -> Payload:
    backend = call.backend
    guild = backend.world.guild_of(interaction.channel)
    command_id = data.must("id", data.integer("id"))
    command = backend.commands.find(command_id, guild.id if guild else None)
    if command is None:
        raise not_found("application command")
    if guild and not may_use(command, guild_permissions(guild, call.user.id)):
        raise missing_permissions()
    interaction.name = full_name(str(command["name"]), data)
    interaction.is_menu = command["type"] != CHAT_INPUT
    if interaction.kind == InteractionKind.COMMAND and command["type"] == CHAT_INPUT:
        check_options(Fields(command), data)
    payload: Payload = {
        "id": command["id"],
        "name": command["name"],
        "type": command["type"],
        "options": data.items("options") or [],
    }
    if "guild_id" in command:
        payload["guild_id"] = command["guild_id"]
    if interaction.kind == InteractionKind.COMMAND:
        values = _with_target(data, int(str(command["type"])))
        resolved = resolve(backend.world, guild, call.user.id, values)
        resolved |= _uploaded(backend, interaction.channel, data, uploads)
        if command["type"] == MESSAGE_COMMAND:
            resolved["messages"] = _target_message(call, interaction, data)
        if resolved:
            payload["resolved"] = resolved
    if "target_id" in data:
        payload["target_id"] = str(data.values["target_id"])
    return payload


def _with_target(data: Fields, command_kind: int) -> Iterator[tuple[int, object]]:
    yield from given_values(data)
    if command_kind == USER_COMMAND:
        yield 6, data.values.get("target_id")


def _target_message(call: Call, interaction: Interaction, data: Fields) -> Payload:
    target_id = data.must("target_id", data.integer("target_id"))
    message = interaction.channel.messages.get(target_id)
    if message is None:
        raise not_found("Message")
    interaction.target_message_id = target_id
    # The target of a message command is shown to the bot whatever its intents.
    viewer = Viewer(call.backend.world.bot.id, sees_content=True)
    payload = message_payload(
        call.backend.world, interaction.channel, message, viewer, origin=call.backend.url
    )
    return {str(target_id): payload}


def _uploaded(backend: Backend, channel: Channel, data: Fields, uploads: list[Upload]) -> Payload:
    if not uploads:
        return {}
    described = {item.integer("id"): item for item in data.children("attachments")}
    return {
        "attachments": {
            str(upload.index): attachment_payload(
                channel.id,
                attachment_of(backend, upload, described.get(upload.index, Fields({}))),
                origin=backend.url,
            )
            for upload in uploads
        }
    }


def _component_data(call: Call, interaction: Interaction, fields: Fields, data: Fields) -> Payload:
    message_id = fields.must("message_id", fields.integer("message_id"))
    interaction.source = _source(call, interaction.channel, message_id)
    custom_id = data.must("custom_id", data.text("custom_id"))
    components = _usable(interaction.source.details.components)
    used = next((item for item in components if item.get("custom_id") == custom_id), None)
    if used is None:
        rule = "The message has no such component, or it is disabled."
        raise invalid_field("data.custom_id", "COMPONENT_VALIDATION_FAILED", rule)
    payload: Payload = {
        "custom_id": custom_id,
        "component_type": data.must("component_type", data.integer("component_type")),
        "id": used["id"],
    }
    if "values" in data:
        payload["values"] = data.items("values") or []
        guild = call.backend.world.guild_of(interaction.channel)
        resolved = resolve(call.backend.world, guild, call.user.id, selected_values(data))
        if resolved:  # clients take an empty one for an empty choice
            payload["resolved"] = resolved
    return payload


def _source(call: Call, channel: Channel, message_id: int) -> Message:
    hidden = call.backend.interactions.hidden.get(message_id)
    if hidden is not None and hidden.reader is call.user:
        return hidden.message
    message = channel.messages.get(message_id)
    if message is None:
        raise not_found("Message")
    return message


def _usable(components: list[object]) -> Iterator[Payload]:
    for component in components:
        if not isinstance(component, dict):
            continue
        if "custom_id" in component and not component.get("disabled"):
            yield component
        children = [*component.get("components", []), component.get("accessory")]
        yield from _usable(children)


def _modal_data(call: Call, interaction: Interaction, data: Fields) -> Payload:
    custom_id = data.must("custom_id", data.text("custom_id"))
    opener = call.backend.interactions.by_id(data.integer("id") or 0)
    if opener is None or opener.user is not call.user or opener.modal_custom_id != custom_id:
        raise ApiError(404, 10062, "Unknown interaction")
    opener.modal_custom_id = None
    interaction.source, interaction.opener = opener.source, opener
    return {"custom_id": custom_id, "components": numbered(data.items("components") or [])}


def _start(backend: Backend, interaction: Interaction, data: Payload) -> None:
    backend.interactions.open(interaction, backend.options.interaction_token_s)
    loop = asyncio.get_running_loop()
    interaction.deadline = loop.call_later(
        backend.options.interaction_deadline_s, _expire, backend, interaction
    )
    told: Payload = {"id": str(interaction.id), "nonce": interaction.nonce}
    backend.publish_to_user(interaction.user, "INTERACTION_CREATE", lambda _: told)
    for session in backend.sessions_of(backend.world.bot):
        guild_id = interaction.channel.guild_id
        if session.holds_guild(guild_id) if guild_id else session.shard[0] == 0:
            session.dispatch("INTERACTION_CREATE", _payload(backend, interaction, data, session))


def _expire(backend: Backend, interaction: Interaction) -> None:
    backend.interactions.give_up(interaction)
    told: Payload = {"id": str(interaction.id), "nonce": interaction.nonce, "reason_code": 2}
    backend.publish_to_user(interaction.user, "INTERACTION_FAILURE", lambda _: told)


def _payload(
    backend: Backend, interaction: Interaction, data: Payload, session: Session
) -> Payload:
    world = backend.world
    channel = interaction.channel
    payload: Payload = {
        "id": str(interaction.id),
        "application_id": str(world.bot.id),
        "type": int(interaction.kind),
        "version": 1,
        "token": interaction.token,
        "data": data,
        "channel_id": str(channel.id),
        "channel": seen_channel(world, channel, interaction.user.id),
        "app_permissions": str(world.permissions_in(channel, world.bot)),
        "locale": "en-US",
        "entitlements": [],
        "authorizing_integration_owners": {"0": str(channel.guild_id or 0)},
        "context": 0 if channel.guild_id else 1,
        "attachment_size_limit": backend.options.max_file_bytes,
    }
    guild = world.guild_of(channel)
    if guild is None:
        payload["user"] = user_payload(interaction.user)
    else:
        member = member_payload(guild.members[interaction.user.id])
        member["permissions"] = str(world.permissions_in(channel, interaction.user))
        payload |= {
            "guild_id": str(guild.id),
            "guild": {"id": str(guild.id), "locale": guild.preferred_locale, "features": []},
            "guild_locale": guild.preferred_locale,
            "member": member,
        }
    if interaction.source is not None:
        viewer = Viewer(session.user.id, session.sees_content)
        payload["message"] = message_payload(
            world, channel, interaction.source, viewer, origin=backend.url
        )
    return payload


INTERACTION_ROUTES = (Route("POST", "/interactions", use),)
