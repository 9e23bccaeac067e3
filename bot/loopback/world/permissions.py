"""Discord's permission bits, and what a member may do in a channel."""

from collections.abc import Iterable
from enum import IntEnum

from bot.loopback.world.model import Channel, Guild


class Permission(IntEnum):
    """The bits that the loopback server asks about; no IntFlag, whose & is Python and slow."""

    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_AUDIT_LOG = 1 << 7
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CONNECT = 1 << 20
    SPEAK = 1 << 21
    CHANGE_NICKNAME = 1 << 26
    MANAGE_NICKNAMES = 1 << 27
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    SEND_MESSAGES_IN_THREADS = 1 << 38
    USE_EXTERNAL_APPS = 1 << 50
    PIN_MESSAGES = 1 << 51  # apart from MANAGE_MESSAGES since 23 February 2026
    BYPASS_SLOWMODE = 1 << 52


class OverwriteKind(IntEnum):
    """Whom a channel's overwrite is about, as Discord numbers it."""

    ROLE = 0
    MEMBER = 1


ALL_PERMISSIONS = (1 << 53) - 1

EVERYONE_DEFAULT = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.MENTION_EVERYONE
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.ADD_REACTIONS
    | Permission.CONNECT
    | Permission.SPEAK
    | Permission.CHANGE_NICKNAME
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.CONNECT
    | Permission.USE_EXTERNAL_APPS
)

DIRECT_MESSAGE = (EVERYONE_DEFAULT | Permission.PIN_MESSAGES) & ~Permission.CHANGE_NICKNAME

NEEDS_SENDING = (
    Permission.MENTION_EVERYONE
    | Permission.SEND_TTS_MESSAGES
    | Permission.ATTACH_FILES
    | Permission.EMBED_LINKS
)


def guild_permissions(guild: Guild, user_id: int) -> int:
    """Return a member's permissions in the whole server; 0 for a stranger."""
    member = guild.members.get(user_id)
    if member is None:
        return 0
    if guild.owner_id == user_id:
        return ALL_PERMISSIONS
    granted = guild.roles[guild.id].permissions
    for role_id in member.role_ids:
        role = guild.roles.get(role_id)
        granted |= role.permissions if role else 0
    return ALL_PERMISSIONS if granted & Permission.ADMINISTRATOR else granted


def channel_permissions(guild: Guild | None, channel: Channel, user_id: int) -> int:
    """Return a user's permissions in a channel, overwrites and hidden rules applied."""
    if guild is None:
        return DIRECT_MESSAGE if user_id in channel.recipient_ids else 0
    granted = guild_permissions(guild, user_id)
    if granted in (0, ALL_PERMISSIONS):
        return granted
    role_ids = guild.members[user_id].role_ids
    granted = _apply(granted, channel, OverwriteKind.ROLE, [guild.id])
    granted = _apply(granted, channel, OverwriteKind.ROLE, role_ids)
    granted = _apply(granted, channel, OverwriteKind.MEMBER, [user_id])
    if not granted & Permission.VIEW_CHANNEL:
        return 0
    if not granted & Permission.SEND_MESSAGES:
        granted &= ~NEEDS_SENDING
    return granted


def thread_permissions(guild: Guild, parent: Channel | None, user_id: int) -> int:
    """Return a user's permissions in a thread: its channel's, with sending decided apart."""
    if parent is None:
        return 0
    granted = channel_permissions(guild, parent, user_id)
    may_send = granted & Permission.SEND_MESSAGES_IN_THREADS
    return granted | Permission.SEND_MESSAGES if may_send else granted & ~Permission.SEND_MESSAGES


def _apply(granted: int, channel: Channel, kind: OverwriteKind, ids: Iterable[int]) -> int:
    wanted = set(ids)
    chosen = [o for o in channel.overwrites if o.kind == kind and o.id in wanted]
    for overwrite in chosen:
        granted &= ~overwrite.deny
    # Discord gathers all of one level's denials first, so that an allowance wins.
    for overwrite in chosen:
        granted |= overwrite.allow
    return granted
