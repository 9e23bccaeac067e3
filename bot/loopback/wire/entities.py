"""Accounts, members, roles, channels and servers as Discord writes them in JSON."""

from collections.abc import Iterable

from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.model import Channel, Guild, Member, Role, User
from bot.loopback.world.permissions import ALL_PERMISSIONS
from bot.loopback.world.snowflake import iso_time, unix_ms_of
from bot.loopback.world.world import CATEGORY, DM_CHANNEL, World

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
        "flags": 0,
    }


def member_payload(member: Member, *, with_user: bool = True) -> Payload:
    """Return an account's place in a server."""
    payload: Payload = {
        "nick": member.nick,
        "avatar": None,
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
    if channel.kind != CATEGORY:
        payload |= {
            "topic": channel.topic,
            "rate_limit_per_user": 0,
            "last_message_id": str(last_id) if last_id else None,
            "last_pin_timestamp": None,
        }
    return payload


def thread_payload(thread: Channel) -> Payload:
    """Return a thread; one that is active was last changed when it was made."""
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
        "member_count": 1,
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
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "premium_progress_bar_enabled": False,
        "preferred_locale": "en-US",
        "max_members": 500_000,
        "features": [],
        "emojis": [],
        "stickers": [],
        "roles": [role_payload(role, bot_id=bot_id) for role in guild.roles.values()],
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
        "joined_at": iso_time(member.joined_ms),
        "large": len(guild.members) >= 250,
        "member_count": len(guild.members),
        "channels": [channel_payload(world, channel) for channel in guild.channels.values()],
        "members": [member_payload(member) for member in members],
        "threads": [
            thread_payload(thread)
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
        "summary": "",
        "verify_key": "0" * 64,
        "bot_public": False,
        "bot_require_code_grant": False,
        "interactions_endpoint_url": None,
        "flags": flags,
        "owner": user_payload(world.you),
        "bot": user_payload(world.bot),
        "team": None,
    }
