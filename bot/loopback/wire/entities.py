"""Accounts, members, roles, channels and servers as Discord writes them in JSON."""

from collections.abc import Iterable

from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.model import Channel, Guild, Member, Role, User
from bot.loopback.world.permissions import ALL_PERMISSIONS
from bot.loopback.world.snowflake import iso_time, unix_ms_of
from bot.loopback.world.world import CATEGORY, DM_CHANNEL, FORUM, VOICE_CHANNELS, World

MESSAGE_CONTENT_FLAG = 1 << 18  # an unverified application with the intent
MEMBERS_FLAG = 1 << 14


def user_payload(user: User) -> Payload:
    """Return an account."""
    return {
        "id": str(user.id),
        "username": user.name,
        "discriminator": "0",
        "global_name": user.global_name,
        "avatar": None,
        "banner": None,
        "accent_color": None,
        "public_flags": 0,
        "flags": 0,
        "primary_guild": None,
        "bot": user.bot,
    }


def own_user_payload(user: User) -> Payload:
    """Return an account as it sees itself."""
    return {
        **user_payload(user),
        "verified": True,
        "mfa_enabled": False,
        "locale": "en-US",
        "email": None,
    }


def member_payload(member: Member, *, with_user: bool = True) -> Payload:
    """Return an account's place in a server."""
    payload: Payload = {
        "nick": member.nick,
        "avatar": None,
        "banner": None,
        "roles": [str(role_id) for role_id in member.role_ids],
        "joined_at": iso_time(member.joined_ms),
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
        "communication_disabled_until": None,
    }
    if with_user:
        payload["user"] = user_payload(member.user)
    return payload


def role_payload(role: Role, *, bot_id: int | None = None) -> Payload:
    """Return a role."""
    payload: Payload = {
        "id": str(role.id),
        "name": role.name,
        "color": role.color,
        "colors": {"primary_color": role.color, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": role.position,
        "permissions": str(role.permissions & ALL_PERMISSIONS),
        "managed": role.managed,
        "mentionable": role.mentionable,
        "flags": 0,
    }
    if role.managed and bot_id is not None:
        payload["tags"] = {"bot_id": str(bot_id)}
    return payload


def channel_payload(world: World, channel: Channel, viewer_id: int | None = None) -> Payload:
    """Return a channel; of a direct one, those taking part other than the viewer."""
    if channel.owner_id is not None:
        return thread_payload(channel)
    last_id = channel.messages.last_id
    payload: Payload = {"id": str(channel.id), "type": channel.kind, "flags": 0}
    if channel.kind == DM_CHANNEL:
        others = [world.users[id] for id in channel.recipient_ids if id != viewer_id]
        payload["recipients"] = [user_payload(user) for user in others]
        payload["last_message_id"] = str(last_id) if last_id else None
        return payload
    payload |= {
        "guild_id": str(channel.guild_id),
        "name": channel.name,
        "position": channel.position,
        "parent_id": str(channel.parent_id) if channel.parent_id else None,
        "nsfw": channel.nsfw,
        "permission_overwrites": [
            {"id": str(o.id), "type": o.kind, "allow": str(int(o.allow)), "deny": str(int(o.deny))}
            for o in channel.overwrites
        ],
    }
    if channel.kind == FORUM:
        payload |= _forum_parts()
    if channel.kind in VOICE_CHANNELS:
        payload |= {"bitrate": 64_000, "user_limit": 0, "rtc_region": None}
    if channel.kind != CATEGORY:
        payload |= {
            "topic": channel.topic,
            "rate_limit_per_user": 0,
            "last_message_id": str(last_id) if last_id else None,
            "last_pin_timestamp": None,
        }
    return payload


def _forum_parts() -> Payload:
    return {
        "available_tags": [],
        "default_reaction_emoji": None,
        "default_sort_order": None,
        "default_forum_layout": 0,
        "default_tag_setting": "match_some",
    }


def thread_member_payload(thread: Channel, user_id: int) -> Payload:
    """Return an account's place in a thread."""
    joined = iso_time(thread.member_ids[user_id])
    return {"id": str(thread.id), "user_id": str(user_id), "join_timestamp": joined, "flags": 0}


def thread_payload(thread: Channel, viewer_id: int | None = None) -> Payload:
    """Return a thread; one that is active was last changed when it was made.

    Args:
        viewer_id: whose place in it is told as well, if there is one.
    """
    if viewer_id in thread.member_ids:
        return {**thread_payload(thread), "member": thread_member_payload(thread, viewer_id)}
    made_ms = unix_ms_of(thread.id)
    last_id = thread.messages.last_id
    return {
        "id": str(thread.id),
        "type": thread.kind,
        "guild_id": str(thread.guild_id),
        "parent_id": str(thread.parent_id),
        "owner_id": str(thread.owner_id),
        "name": thread.name,
        "last_message_id": str(last_id) if last_id else None,
        "rate_limit_per_user": 0,
        "message_count": len(thread.messages),
        "member_count": len(thread.member_ids),
        "total_message_sent": len(thread.messages),
        "flags": 0,
        "thread_metadata": {
            "archived": thread.archived_ms is not None,
            "auto_archive_duration": 1440,
            "archive_timestamp": iso_time(thread.archived_ms or made_ms),
            "locked": False,
            "create_timestamp": iso_time(made_ms),
        },
    }


def guild_payload(guild: Guild, *, bot_id: int | None = None) -> Payload:
    """Return a server without its channels and members."""
    return {
        "id": str(guild.id),
        "name": guild.name,
        "application_id": None,
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "banner": None,
        "description": None,
        "owner_id": str(guild.owner_id),
        "region": "loopback",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "safety_alerts_channel_id": None,
        "incidents_data": None,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "premium_progress_bar_enabled": False,
        "preferred_locale": guild.preferred_locale,
        "max_members": 500_000,
        "features": [],
        "emojis": [],
        "stickers": [],
        "roles": [role_payload(role, bot_id=bot_id) for role in guild.roles.values()],
    }


def guild_answer(guild: Guild, *, bot_id: int) -> Payload:
    """Return a server as REST gives it, which tells more."""
    count = len(guild.members)
    return {
        **guild_payload(guild, bot_id=bot_id),
        "home_header": None,
        "nsfw": False,
        "widget_enabled": False,
        "widget_channel_id": None,
        "max_presences": None,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "approximate_member_count": count,
        "approximate_presence_count": count,
    }


def guild_create_payload(
    world: World, guild: Guild, *, members: Iterable[Member], viewer_id: int
) -> Payload:
    """Return a server as the gateway announces it, with channels and the given members.

    Without "unavailable" it is one just joined; after a log-in that is false.
    """
    member = guild.members[viewer_id]
    return {
        **guild_payload(guild, bot_id=world.bot.id),
        "hub_type": None,
        "joined_at": iso_time(member.joined_ms),
        "large": len(guild.members) >= 250,
        "member_count": len(guild.members),
        "channels": [channel_payload(world, channel) for channel in guild.channels.values()],
        "members": [member_payload(member) for member in members],
        "threads": [
            thread_payload(thread, viewer_id)
            for thread in guild.threads.values()
            if thread.archived_ms is None and world.permissions_in(thread, member.user)
        ],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def application_payload(world: World, *, flags: int) -> Payload:
    """Return the bot's application; "you" owns it."""
    return {
        "id": str(world.bot.id),
        "name": world.bot.name,
        "icon": None,
        "description": "",
        "type": None,
        "verify_key": "0" * 64,
        "redirect_uris": [],
        "role_connections_verification_url": None,
        "approximate_guild_count": sum(world.bot.id in g.members for g in world.guilds.values()),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": ["bot", "applications.commands"],
        "bot_public": False,
        "bot_require_code_grant": False,
        "interactions_endpoint_url": None,
        "flags": flags,
        "flags_new": str(flags),
        "owner": user_payload(world.you),
        "bot": user_payload(world.bot),
        "team": None,
    }
