"""The least that Discord may send: the bot gets no key that the specification calls optional."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from discord_spec import Schemas, Specification

from bot.loopback.state.taps import Answer, Exchange, Tap
from bot.loopback.wire.json_fields import Payload
from bot.loopback.world.model import User

Json = dict[str, Any]
# Optional because they are there in some cases and not in others, not because Discord may leave
# them out: where something was said and by whom, what was asked, what is answered.
SITUATION = frozenset(
    {"guild_id", "member", "user", "message", "data", "options", "value", "values", "resolved"}
    | {"target_id", "custom_id", "unavailable", "nonce", "shard", "role_id", "bot", "chunk_index"}
    | {"users", "members", "roles", "channels", "messages", "attachments"}
)
# Of these only what says something is sent: people's accounts have no "bot".
SAID_IF_SO = frozenset({"bot", "options", "values", "resolved"})
# discord.py 2.7 ends in a KeyError without them, whatever the specification says.
NEEDED_BY_DISCORD_PY = frozenset(
    {
        "permission_overwrites",
        "bot_public",
        "bot_require_code_grant",
        "bitrate",
        "user_limit",
    }
)
KEPT = SITUATION | NEEDED_BY_DISCORD_PY
KEPT_IN_EVENTS = KEPT | {"parent_id"}  # REST's threads are read by us


class Lean(Tap):
    """Takes away what is optional from all that the bot gets.

    Attributes:
        taken: the keys that were taken away, by name.
    """

    def __init__(self, specification: Specification) -> None:
        self._specification = specification
        self.taken: set[str] = set()

    def answer(self, exchange: Exchange) -> Answer:
        """Return an answer without its optional keys."""
        method, path = exchange.method, exchange.path
        operation = self._specification.operation(method, path, exchange.values)
        if operation is None or not exchange.user.bot or exchange.status >= 400:
            return exchange.answer
        schema = operation.answer(exchange.status)
        if schema is None:
            return exchange.answer
        return self._bare(schema, exchange.answer, KEPT)  # type: ignore[no-any-return]

    def event(self, user: User, name: str, data: Payload) -> Payload:
        """Return an event without its optional keys."""
        schema = self._specification.events.get(name)
        if not user.bot or schema is None:
            return data
        return self._bare(schema, data, KEPT_IN_EVENTS)  # type: ignore[no-any-return]

    def _bare(self, schema: Json, value: Any, kept: frozenset[str]) -> Any:
        schemas = self._specification.answers
        schema = _fitting(schemas, schemas.resolved(schema), value)
        if isinstance(value, Mapping):
            return self._bare_object(schema, value, kept)
        if isinstance(value, Sequence) and not isinstance(value, str) and "items" in schema:
            return [self._bare(schema["items"], item, kept) for item in value]
        return value

    def _bare_object(self, schema: Json, value: Mapping[str, Any], kept: frozenset[str]) -> Json:
        fields, needed = schema.get("properties", {}), schema.get("required", ())
        others = schema.get("additionalProperties")
        made: Json = {}
        for key, item in value.items():
            is_kept = key in kept and (item or key not in SAID_IF_SO)
            if key in fields and key not in needed and not is_kept:
                self.taken.add(key)
            elif key in fields:
                made[key] = self._bare(fields[key], item, kept)
            elif isinstance(others, Mapping):
                made[key] = self._bare(others, item, kept)
            else:
                made[key] = item
        return made


def _fitting(schemas: Schemas, schema: Json, value: object) -> Json:
    """Return the one of several schemas that a value fits."""
    for name in ("oneOf", "anyOf"):
        for branch in schema.get(name, ()):
            if not schemas.errors(branch, value):
                return _fitting(schemas, schemas.resolved(branch), value)
    return schema
