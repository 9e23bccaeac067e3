"""Schemas of the gateway events that a bot gets: topics/gateway-events.

The specification has none, so they are made of those of REST.
"""

from __future__ import annotations

from interaction_schemas import interaction
from schema_parts import (
    ANYTHING,
    ID,
    NUMBER,
    TEXT,
    TIME,
    TRUTH,
    Json,
    Known,
    made_of,
    many,
    named,
    nullable,
)

# Fields of a server that only REST tells, or tells for certain.
OF_REST = (
    "home_header",
    "max_members",
    "max_presences",
    "max_stage_video_channel_users",
    "max_video_channel_users",
    "nsfw",
    "premium_subscription_count",
    "region",
    "widget_channel_id",
    "widget_enabled",
)


def event_schemas(schemas: Json) -> dict[str, Json]:
    """Return the schemas of events by name."""
    known = Known(schemas)
    return {
        "READY": _ready(known),
        "RESUMED": made_of(),
        "INTERACTION_CREATE": interaction(known),
        **_of_servers(known),
        **_of_messages(known),
        **_of_reactions(),
    }


def _ready(known: Known) -> Json:
    needed = {
        "v": NUMBER,
        "user": known.like("UserPIIResponse", only_perhaps=("primary_guild",)),
        "guilds": many(made_of({"id": ID, "unavailable": TRUTH})),
        "session_id": TEXT,
        "resume_gateway_url": TEXT,
        "application": made_of({"id": ID, "flags": NUMBER, "flags_new": TEXT}),
    }
    for_people = {"private_channels": many(ANYTHING), "session_type": TEXT}
    return made_of(needed, optional={"shard": many(NUMBER), **for_people})


def _of_servers(known: Known) -> dict[str, Json]:
    channel, thread, role = known.like("GuildChannelResponse"), known.like("ThreadResponse"), {}
    role = made_of({"guild_id": ID, "role": named("GuildRoleResponse")})
    member = known.like("GuildMemberResponse", add={"guild_id": ID})
    direct = named("PrivateChannelResponse")
    thread_made = {**thread, "properties": {**thread["properties"], "newly_created": TRUTH}}
    gone = ("name", "owner_id", "thread_metadata", "message_count", "member_count", "flags")
    thread_gone = known.like("ThreadResponse", only_perhaps=(*gone, "total_message_sent"))
    joined = known.like("ThreadMemberResponse", add={"presence": ANYTHING})
    nonce = {"chunk_index": NUMBER, "chunk_count": NUMBER}
    return {
        "GUILD_CREATE": _guild(known),
        "GUILD_DELETE": made_of({"id": ID}, optional={"unavailable": TRUTH}),
        "GUILD_ROLE_CREATE": role,
        "GUILD_ROLE_UPDATE": role,
        "GUILD_ROLE_DELETE": made_of({"guild_id": ID, "role_id": ID}),
        "GUILD_MEMBER_ADD": member,
        "GUILD_MEMBER_UPDATE": member,
        "GUILD_MEMBER_REMOVE": made_of({"guild_id": ID, "user": named("UserResponse")}),
        "GUILD_MEMBERS_CHUNK": made_of(
            {"guild_id": ID, "members": many(named("GuildMemberResponse")), **nonce},
            optional={"nonce": ANYTHING, "not_found": many(ID), "presences": many(ANYTHING)},
        ),
        "CHANNEL_CREATE": {"oneOf": [channel, direct]},
        "CHANNEL_UPDATE": channel,
        "CHANNEL_DELETE": channel,
        "CHANNEL_PINS_UPDATE": made_of(
            {"channel_id": ID}, optional={"guild_id": ID, "last_pin_timestamp": nullable(TIME)}
        ),
        "THREAD_CREATE": thread_made,
        "THREAD_UPDATE": thread,
        "THREAD_DELETE": thread_gone,
        "THREAD_MEMBERS_UPDATE": made_of(
            {"id": ID, "guild_id": ID, "member_count": NUMBER},
            optional={"added_members": many(joined), "removed_member_ids": many(ID)},
        ),
    }


def _guild(known: Known) -> Json:
    channel = known.like("GuildChannelResponse", only_perhaps=("guild_id",))
    lists = ("voice_states", "presences", "stage_instances")
    lists += ("guild_scheduled_events", "soundboard_sounds")
    more = {
        "hub_type": nullable(NUMBER),
        "joined_at": TIME,
        "large": TRUTH,
        "member_count": NUMBER,
        "members": many(named("GuildMemberResponse")),
        "channels": many(channel),
        "threads": many(named("ThreadResponse")),
        **{name: many(ANYTHING) for name in lists},
    }
    perhaps = {"unavailable": TRUTH}
    return known.like("GuildWithCountsResponse", add=more, optional=perhaps, only_perhaps=OF_REST)


def _of_messages(known: Known) -> dict[str, Json]:
    member = known.like("GuildMemberResponse", without=("user",))
    mention = known.like("UserResponse", optional={"member": member})
    here = {"guild_id": ID, "member": member, "mentions": many(mention)}
    message = known.like("MessageResponse", optional=here)
    writer = {"guild_id": ID, "member": named("GuildMemberResponse")}
    return {
        "MESSAGE_CREATE": message,
        "MESSAGE_UPDATE": message,
        "MESSAGE_DELETE": made_of({"id": ID, "channel_id": ID}, optional={"guild_id": ID}),
        "MESSAGE_DELETE_BULK": made_of(
            {"ids": many(ID), "channel_id": ID}, optional={"guild_id": ID}
        ),
        "TYPING_START": made_of(
            {"channel_id": ID, "user_id": ID, "timestamp": NUMBER}, optional=writer
        ),
    }


def _of_reactions() -> dict[str, Json]:
    place = {"channel_id": ID, "message_id": ID}
    emoji = made_of({"id": nullable(ID), "name": TEXT}, optional={"animated": TRUTH})
    one = {"user_id": ID, **place, "emoji": emoji, "burst": TRUTH, "type": NUMBER}
    here = {"guild_id": ID, "message_author_id": ID}
    more = {**here, "member": named("GuildMemberResponse"), "burst_colors": many(TEXT)}
    return {
        "MESSAGE_REACTION_ADD": made_of(one, optional=more),
        "MESSAGE_REACTION_REMOVE": made_of(one, optional={"guild_id": ID}),
        "MESSAGE_REACTION_REMOVE_ALL": made_of(place, optional={"guild_id": ID}),
    }
