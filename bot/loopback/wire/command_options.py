"""What a person filled into a command: checked against it, and the ids in it looked up."""

from collections.abc import Iterator
from enum import IntEnum

from bot.loopback.wire.api_errors import invalid_field
from bot.loopback.wire.entities import channel_payload, member_payload, role_payload, user_payload
from bot.loopback.wire.json_fields import Fields, Payload, fields_of
from bot.loopback.world.model import Channel, Guild
from bot.loopback.world.permissions import guild_permissions
from bot.loopback.world.world import World


class OptionKind(IntEnum):
    """The types of a command's options."""

    SUBCOMMAND = 1
    GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


class SelectKind(IntEnum):
    """The select menus that offer things of the server."""

    USER = 5
    ROLE = 6
    MENTIONABLE = 7
    CHANNEL = 8


def check_options(command: Fields, data: Fields) -> None:
    """Refuse options that a command does not have, and a required one that is missing."""
    known = {str(option.text("name")): option for option in command.children("options")}
    given = {str(option.text("name")): option for option in data.children("options")}
    for name, option in given.items():
        if name not in known:
            raise invalid_field("data", "APPLICATION_COMMAND_OPTION_UNKNOWN", "Unknown option.")
        if known[name].integer("type") in (OptionKind.SUBCOMMAND, OptionKind.GROUP):
            check_options(known[name], option)
        else:
            _check_value(known[name], option)
    for name, option in known.items():
        if option.truth("required") and name not in given:
            rule = "This option is required"
            raise invalid_field(f"data.options.{name}", "BASE_TYPE_REQUIRED", rule)


def full_name(name: str, data: Fields) -> str:
    """Return a command's name with the group and subcommand that were chosen, if any."""
    for option in data.children("options"):
        if option.integer("type") in (OptionKind.SUBCOMMAND, OptionKind.GROUP):
            return full_name(f"{name} {option.text('name')}", option)
    return name


def given_values(data: Fields) -> Iterator[tuple[int, object]]:
    """Yield the kind and value of every option, those of subcommands included."""
    for option in data.children("options"):
        kind = option.integer("type") or 0
        if kind in (OptionKind.SUBCOMMAND, OptionKind.GROUP):
            yield from given_values(option)
        else:
            yield kind, option.values.get("value")


def selected_values(data: Fields) -> Iterator[tuple[int, object]]:
    """Yield the values of a select menu as if they had been a command's options."""
    kinds = {
        SelectKind.USER: OptionKind.USER,
        SelectKind.ROLE: OptionKind.ROLE,
        SelectKind.MENTIONABLE: OptionKind.MENTIONABLE,
        SelectKind.CHANNEL: OptionKind.CHANNEL,
    }
    for select, kind in kinds.items():
        if data.integer("component_type") == select:
            yield from ((kind, value) for value in data.items("values") or [])


def resolve(
    world: World, guild: Guild | None, user_id: int, values: Iterator[tuple[int, object]]
) -> Payload:
    """Return the accounts, members, roles and channels that values name by id."""
    found: dict[str, dict[str, object]] = {}
    for kind, value in values:
        if not str(value).isdigit():
            continue
        id = int(str(value))
        if kind in (OptionKind.USER, OptionKind.MENTIONABLE) and id in world.users:
            found.setdefault("users", {})[str(id)] = user_payload(world.users[id])
            if guild and id in guild.members:
                member = member_payload(guild.members[id], with_user=False)
                del member["deaf"], member["mute"]
                member["permissions"] = str(guild_permissions(guild, id))
                found.setdefault("members", {})[str(id)] = member
        if kind in (OptionKind.ROLE, OptionKind.MENTIONABLE) and guild and id in guild.roles:
            found.setdefault("roles", {})[str(id)] = role_payload(guild.roles[id])
        channel = _channel_of(guild, id) if kind == OptionKind.CHANNEL else None
        if channel is not None:
            found.setdefault("channels", {})[str(id)] = seen_channel(world, channel, user_id)
    return {**found}


def _channel_of(guild: Guild | None, channel_id: int) -> Channel | None:
    if guild is None:
        return None
    return guild.channels.get(channel_id) or guild.threads.get(channel_id)


def seen_channel(world: World, channel: Channel, user_id: int) -> Payload:
    """Return a channel with the permissions that a person and the bot have in it."""
    return {
        **channel_payload(world, channel, user_id),
        "permissions": str(world.permissions_in(channel, world.users[user_id])),
        "app_permissions": str(world.permissions_in(channel, world.bot)),
    }


def _check_value(known: Fields, option: Fields) -> None:
    value = option.values.get("value")
    kind = known.integer("type")
    path = f"data.options.{known.text('name')}"
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        OptionKind.STRING: isinstance(value, str),
        OptionKind.INTEGER: numeric and isinstance(value, int),
        OptionKind.NUMBER: numeric,
        OptionKind.BOOLEAN: isinstance(value, bool),
    }.get(OptionKind(kind or 0), str(value).isdigit())
    if not fits:
        raise invalid_field(path, "BASE_TYPE_BAD_VALUE", "The value has the wrong type.")
    choices = [fields_of(choice).values.get("value") for choice in known.items("choices") or []]
    if choices and value not in choices:
        raise invalid_field(path, "BASE_TYPE_CHOICES", "The value is not one of the choices.")
    if numeric or isinstance(value, str):
        _check_size(known, path, value)


def _check_size(known: Fields, path: str, value: object) -> None:
    size, unit = (len(value), "length") if isinstance(value, str) else (value, "value")
    assert isinstance(size, int | float)
    least, most = known.values.get(f"min_{unit}"), known.values.get(f"max_{unit}")
    if isinstance(least, int | float) and size < least:
        raise invalid_field(path, "NUMBER_TYPE_MIN", f"Must be at least {least}.")
    if isinstance(most, int | float) and size > most:
        raise invalid_field(path, "NUMBER_TYPE_MAX", f"Must be at most {most}.")
