"""Short ways to write JSON schemas, and schemas made of Discord's by adding and leaving out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]

ID: Json = {"$ref": "#/components/schemas/SnowflakeType"}
TEXT: Json = {"type": "string"}
NUMBER: Json = {"type": "integer"}
TRUTH: Json = {"type": "boolean"}
TIME: Json = {"type": "string", "format": "date-time"}
ANYTHING: Json = {}


def named(schema: str) -> Json:
    """Return a reference to one of Discord's schemas."""
    return {"$ref": f"#/components/schemas/{schema}"}


def nullable(schema: Json) -> Json:
    return {"oneOf": [{"type": "null"}, schema]}


def many(schema: Json) -> Json:
    return {"type": "array", "items": schema}


def by_id(schema: Json) -> Json:
    return {"type": "object", "additionalProperties": schema}


def made_of(fields: Json | None = None, *, optional: Json | None = None) -> Json:
    """Return the schema of an object with these fields and no others."""
    fields = fields or {}
    properties = {**fields, **(optional or {})}
    return {"type": "object", "properties": properties, "required": list(fields)}


class Known:
    """Discord's schemas by name."""

    def __init__(self, schemas: Json) -> None:
        self._schemas = schemas

    def like(
        self,
        name: str,
        *,
        add: Json | None = None,
        optional: Json | None = None,
        without: Iterable[str] = (),
        only_perhaps: Iterable[str] = (),
    ) -> Json:
        """Return a schema with other fields.

        Args:
            add: fields beside its own that must be there.
            optional: fields that may be there, or that are other than its own.
            without: fields that it has not.
            only_perhaps: fields that need not be there.
        """
        own, gone = self._schemas[name], set(without)
        properties = {key: field for key, field in own["properties"].items() if key not in gone}
        needed = [key for key in own.get("required", []) if key not in gone | set(only_perhaps)]
        return {
            "type": "object",
            "properties": {**properties, **(add or {}), **(optional or {})},
            "required": [*needed, *(add or {})],
        }
