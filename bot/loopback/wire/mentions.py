"""Whom a message pings: those it names, as far as its sender allows."""

import re
from dataclasses import dataclass

from bot.loopback.wire.json_fields import Fields
from bot.loopback.world.model import Guild, User
from bot.loopback.world.permissions import Permission

USER = re.compile(r"<@!?(\d{1,20})>")
ROLE = re.compile(r"<@&(\d{1,20})>")
EVERYONE = re.compile(r"@(?:everyone|here)\b")


@dataclass(frozen=True, slots=True)
class Mentions:
    """The accounts and roles that get a notification."""

    user_ids: list[int]
    role_ids: list[int]
    everyone: bool


def find_mentions(
    content: str,
    allowed: Fields | None,
    *,
    users: dict[int, User],
    guild: Guild | None,
    permissions: int,
    replied_to: User | None = None,
) -> Mentions:
    """Return whom `content` pings.

    Args:
        allowed: the field `allowed_mentions`; without it everything named is pinged.
        permissions: the sender's in the channel; they decide on @everyone and roles.
        replied_to: the author of the message replied to, pinged unless that is refused.
    """
    parse = None if allowed is None else (allowed.items("parse") or [])
    named_users = _unique(USER, content)
    named_roles = _unique(ROLE, content)
    user_ids = [id for id in named_users if id in users and _allowed(allowed, parse, "users", id)]
    pings_reply = allowed is None or allowed.truth("replied_user")
    if replied_to is not None and pings_reply and replied_to.id not in user_ids:
        user_ids.append(replied_to.id)
    may_ping_all = bool(permissions & Permission.MENTION_EVERYONE)
    role_ids = [
        id
        for id in named_roles
        if guild
        and id in guild.roles
        and (guild.roles[id].mentionable or may_ping_all)
        and _allowed(allowed, parse, "roles", id)
    ]
    everyone = may_ping_all and EVERYONE.search(content) is not None
    return Mentions(user_ids, role_ids, everyone and (parse is None or "everyone" in parse))


def _unique(pattern: re.Pattern[str], content: str) -> list[int]:
    return list(dict.fromkeys(int(found) for found in pattern.findall(content)))


def _allowed(allowed: Fields | None, parse: list[object] | None, kind: str, id: int) -> bool:
    if allowed is None or parse is None:
        return True
    return kind in parse or id in allowed.snowflakes(kind)
