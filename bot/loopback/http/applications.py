"""REST: the commands of the application, for the bot that makes them and people who use them."""

from bot.loopback.http.app import Answer, Call, Route
from bot.loopback.wire.api_errors import ApiError, not_found
from bot.loopback.wire.entities import user_payload
from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.permissions import Permission, guild_permissions


async def list_commands(call: Call) -> Answer:
    """Return the commands of a scope."""
    return list(call.backend.commands.of(_scope(call)).values())


async def overwrite_commands(call: Call) -> Answer:
    """Make these the only commands of a scope."""
    scope = _scope(call)
    fields = await call.array()
    call.backend.commands.overwrite(call.user.id, scope, fields)
    _announce(call, scope)
    return list(call.backend.commands.of(scope).values())


async def create_command(call: Call) -> Answer:
    """Add or replace one command."""
    scope = _scope(call)
    command = call.backend.commands.put(call.user.id, scope, await call.fields())
    _announce(call, scope)
    return command


async def get_command(call: Call) -> Answer:
    """Return one command."""
    return _known(call)


async def delete_command(call: Call) -> Answer:
    """Take a command away."""
    scope = _scope(call)
    _known(call)
    del call.backend.commands.of(scope)[call.id("command_id")]
    _announce(call, scope)
    return None


async def command_index(call: Call) -> Answer:
    """Return the commands that a person is offered in a server."""
    guild = call.guild()
    permissions = guild_permissions(guild, call.user.id)
    commands: list[Payload] = []
    world = call.backend.world
    if permissions & Permission.USE_APPLICATION_COMMANDS and world.bot.id in guild.members:
        commands = call.backend.commands.available(guild.id, permissions)
    application: Payload = {
        "id": str(world.bot.id),
        "name": world.bot.name,
        "description": "",
        "icon": None,
        "flags": 0,
        "bot": user_payload(world.bot),
    }
    return {
        "applications": [application] if commands else [],
        "application_commands": commands,
        "version": "1",
    }


def _scope(call: Call) -> int | None:
    if not call.user.bot or call.id("application_id") != call.user.id:
        raise ApiError(403, 20012, "You are not authorized to perform this action")
    return call.guild().id if "guild_id" in call.request.match_info else None


def _known(call: Call) -> Payload:
    command = call.backend.commands.of(_scope(call)).get(call.id("command_id"))
    if command is None:
        raise not_found("application command")
    return command


def _announce(call: Call, scope: int | None) -> None:
    """Tell people's clients, which keep the list, to fetch it anew; bots are not told."""
    for session in list(call.backend.sessions.values()):
        for guild in call.backend.world.guilds.values():
            concerned = scope in (None, guild.id) and session.user.id in guild.members
            if concerned and not session.user.bot:
                data: Payload = {"guild_id": str(guild.id)}
                session.dispatch("GUILD_APPLICATION_COMMAND_INDEX_UPDATE", data)


def _routes(prefix: str) -> tuple[Route, ...]:
    one = prefix + "/{command_id}"
    return (
        Route("GET", prefix, list_commands, "commands", "application_id"),
        Route("PUT", prefix, overwrite_commands, "commands", "application_id"),
        Route("POST", prefix, create_command, "commands", "application_id"),
        Route("GET", one, get_command, "commands", "application_id"),
        Route("DELETE", one, delete_command, "commands", "application_id"),
    )


APPLICATION_ROUTES = (
    *_routes("/applications/{application_id}/commands"),
    *_routes("/applications/{application_id}/guilds/{guild_id}/commands"),
    Route("GET", "/guilds/{guild_id}/application-command-index", command_index),
)
