"""What a bot is told of an interaction: interactions/receiving-and-responding."""

from __future__ import annotations

from schema_parts import (
    ANYTHING,
    ID,
    NUMBER,
    TEXT,
    TRUTH,
    Json,
    Known,
    by_id,
    made_of,
    many,
    named,
)


def interaction(known: Known) -> Json:
    """Return the schema of INTERACTION_CREATE."""
    channel = _channel(known)
    resolved = _resolved(known, channel)
    return made_of(
        {
            "id": ID,
            "application_id": ID,
            "type": NUMBER,
            "data": {"oneOf": [_command(resolved), _component(resolved), _form(resolved)]},
            "token": TEXT,
            "version": {"const": 1},
            "app_permissions": TEXT,
            "locale": TEXT,
            "entitlements": many(ANYTHING),
            "authorizing_integration_owners": by_id(ID),
            "context": NUMBER,
            "attachment_size_limit": NUMBER,
            "channel": channel,
            "channel_id": ID,
        },
        optional={
            "guild": made_of({"id": ID, "locale": TEXT, "features": many(TEXT)}),
            "guild_id": ID,
            "guild_locale": TEXT,
            "member": known.like("GuildMemberResponse", add={"permissions": TEXT}),
            "user": named("UserResponse"),
            "message": named("MessageResponse"),
        },
    )


def _channel(known: Known) -> Json:
    """Partial channels: these fields, those of threads, and what the bot and the person may."""
    may = {"permissions": TEXT, "app_permissions": TEXT}
    in_server = known.like("GuildChannelResponse", add=may)
    thread = known.like("ThreadResponse", add=may)
    direct = known.like("PrivateChannelResponse", add=may)
    return {"oneOf": [in_server, thread, direct]}


def _resolved(known: Known, channel: Json) -> Json:
    gone = ("user", "deaf", "mute")
    member = known.like("GuildMemberResponse", without=gone, add={"permissions": TEXT})
    return made_of(
        optional={
            "users": by_id(named("UserResponse")),
            "members": by_id(member),
            "roles": by_id(named("GuildRoleResponse")),
            "channels": by_id(channel),
            "messages": by_id(named("MessageResponse")),
            "attachments": by_id(named("MessageAttachmentResponse")),
        }
    )


def _command(resolved: Json) -> Json:
    option = made_of(
        {"name": TEXT, "type": NUMBER},
        optional={"value": ANYTHING, "options": many(ANYTHING), "focused": TRUTH},
    )
    more = {"resolved": resolved, "options": many(option), "guild_id": ID, "target_id": ID}
    return made_of({"id": ID, "name": TEXT, "type": NUMBER}, optional=more)


def _component(resolved: Json) -> Json:
    return made_of(
        {"custom_id": TEXT, "component_type": NUMBER, "id": NUMBER},
        optional={"values": many(TEXT), "resolved": resolved},
    )


def _form(resolved: Json) -> Json:
    field = made_of({"type": NUMBER, "id": NUMBER, "custom_id": TEXT}, optional={"value": TEXT})
    row = made_of({"type": NUMBER, "id": NUMBER}, optional={"components": many(field)})
    more = {"resolved": resolved}
    return made_of({"custom_id": TEXT, "components": many(row)}, optional=more)
