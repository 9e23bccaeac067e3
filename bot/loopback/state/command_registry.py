"""The application's commands: global ones and those of single servers."""

import itertools
from dataclasses import dataclass, field

from bot.loopback.wire.command_rules import check_all, check_command, check_count
from bot.loopback.wire.json_fields import Fields, Payload
from bot.loopback.world.permissions import Permission
from bot.loopback.world.snowflake import SnowflakeSource

CHAT_INPUT = 1


@dataclass(slots=True)
class CommandRegistry:
    """Commands by where they are valid: a server's id, or None for everywhere."""

    integration_types: tuple[int, ...] = (0,)  # of the application, for commands without
    by_scope: dict[int | None, dict[int, Payload]] = field(default_factory=dict)
    _versions: SnowflakeSource = field(default_factory=SnowflakeSource)

    def put(self, application_id: int, scope: int | None, fields: Fields) -> Payload:
        """Store a command; one of the same name and kind is replaced and keeps its id."""
        check_command(fields)
        name = fields.must("name", fields.text("name"))
        kind = fields.integer("type") or CHAT_INPUT
        known = self.by_scope.setdefault(scope, {})
        same = (int(str(c["id"])) for c in known.values() if (c["name"], c["type"]) == (name, kind))
        command_id = next(same, None) or self._versions.make()
        permissions = fields.values.get("default_member_permissions")
        command: Payload = {
            "id": str(command_id),
            "application_id": str(application_id),
            "version": str(self._versions.make()),
            "type": kind,
            "name": name,
            "name_localizations": fields.values.get("name_localizations"),
            "description": fields.text("description") or "",
            "description_localizations": fields.values.get("description_localizations"),
            "options": fields.items("options") or [],
            "default_member_permissions": None if permissions is None else str(permissions),
            "dm_permission": fields.values.get("dm_permission", True),
            "nsfw": fields.truth("nsfw"),
            "contexts": fields.items("contexts"),
            "integration_types": fields.items("integration_types") or [*self.integration_types],
        }
        check_count(int(str(one["type"])) for one in ({**known, command_id: command}).values())
        if scope is not None:
            command["guild_id"] = str(scope)
        known[command_id] = command
        return command

    def overwrite(self, application_id: int, scope: int | None, items: list[Fields]) -> None:
        """Make these the only commands of a scope; kept names keep their ids."""
        check_all(items)
        former = self.of(scope)
        named = {(item.text("name"), item.integer("type") or CHAT_INPUT) for item in items}
        self.by_scope[scope] = {
            command_id: command
            for command_id, command in former.items()
            if (command["name"], command["type"]) in named
        }
        for item in items:
            self.put(application_id, scope, item)

    def of(self, scope: int | None) -> dict[int, Payload]:
        """Return the commands of one scope by id."""
        return self.by_scope.setdefault(scope, {})

    def find(self, command_id: int, guild_id: int | None) -> Payload | None:
        """Return a command that is valid in a server."""
        return self.of(guild_id).get(command_id) or self.of(None).get(command_id)

    def available(self, guild_id: int | None, permissions: int) -> list[Payload]:
        """Return the commands that a member with these permissions is offered."""
        scopes = [self.of(None)] if guild_id is None else [self.of(guild_id), self.of(None)]
        commands = itertools.chain.from_iterable(scope.values() for scope in scopes)
        return [command for command in commands if may_use(command, permissions)]


def may_use(command: Payload, permissions: int) -> bool:
    """Tell whether a command's default permissions let a member use it."""
    needed = command["default_member_permissions"]
    if permissions & Permission.ADMINISTRATOR or needed is None:
        return True
    wanted = int(str(needed))
    # "0" means nobody but administrators.
    return wanted != 0 and permissions & wanted == wanted
