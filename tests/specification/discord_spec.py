"""Discord's own specification as validators: of requests, of answers, of gateway events.

They are stricter than its JSON schemas, which allow any field beside those they name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from accepted_differences import IN_ANSWERS, IN_REQUESTS, Difference
from gateway_schemas import event_schemas
from jsonschema_rs import Draft202012Validator
from trim import TRIMMED, TWINS, shape_of

Json = dict[str, Any]
SHOWN_ERRORS = 3


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the specification, named as there."""

    name: str
    query: Mapping[str, Json]
    body: Json | None
    answers: Mapping[str, Json | None]

    def answer(self, status: int) -> Json | None:
        """Return the schema of the answer with a status, None where it has no body.

        Raises:
            LookupError: no such status is specified.
        """
        for key in (str(status), f"{status // 100}XX"):
            if key in self.answers:
                return self.answers[key]
        raise LookupError(f"{self.name}: no answer {status} is specified")


class Schemas:
    """The named schemas, with differences that we accept, closed to unknown fields."""

    def __init__(self, components: Json, differences: Iterable[Difference]) -> None:
        changed = deepcopy(components)
        for difference in differences:
            difference.apply(changed["schemas"])
        self.components: Json = closed(changed)
        self._validators: dict[str, Draft202012Validator] = {}

    def errors(self, schema: Json, value: object) -> list[str]:
        """Return what about a value a schema does not allow, the first few of it."""
        validator = self._validator(schema)
        if validator.is_valid(value):
            return []
        found = sorted(_told(validator.iter_errors(value)))
        return found[:SHOWN_ERRORS]

    def allows(self, schema: Json, value: object) -> bool:
        """Say whether a schema allows a value."""
        return self._validator(schema).is_valid(value)

    def _validator(self, schema: Json) -> Draft202012Validator:
        key = json.dumps(schema)
        if key not in self._validators:
            document = {"components": self.components, **closed(schema)}
            self._validators[key] = Draft202012Validator(document, validate_formats=True)
        return self._validators[key]

    def resolved(self, schema: Json) -> Json:
        """Return a schema itself where it is only a reference."""
        while "$ref" in schema:
            _, _, kind, name = schema["$ref"].split("/")
            schema = self.components[kind][name]
        return schema


class Specification:
    """The trimmed specification.

    Attributes:
        document: what it was read from.
        requests, answers: the schemas that hold for what clients send, and for what they get.
        events: the schemas of gateway events by name.
    """

    def __init__(self, document: Json) -> None:
        self.document = document
        self.requests = Schemas(document["components"], IN_REQUESTS)
        self.answers = Schemas(document["components"], IN_ANSWERS)
        self.events = event_schemas(document["components"]["schemas"])

    @classmethod
    def load(cls) -> Specification:
        """Return the one that lies beside this file."""
        return cls(json.loads(TRIMMED.read_text(encoding="utf-8")))

    def operation(self, method: str, path: str, values: Mapping[str, str]) -> Operation | None:
        """Return what answers at a route of ours, given the values in its path."""
        shape = shape_of(path)
        if shape in TWINS and set(values.values()) & {"@me", "@original"}:
            shape = TWINS[shape]
        return self._operations.get((method, shape))

    @cached_property
    def _operations(self) -> dict[tuple[str, str], Operation]:
        return {
            (method.upper(), shape_of(path)): _operation(operation, self.document)
            for path, operations in self.document["paths"].items()
            for method, operation in operations.items()
        }


def closed(schema: Any, *, part: bool = False) -> Any:
    """Return a schema that allows only the fields it names.

    Args:
        part: one of several that an object must fit, so that others name fields as well.
    """
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    made = {key: closed(item) for key, item in schema.items() if key != "allOf"}
    if "allOf" in schema:
        made["allOf"] = [closed(item, part=True) for item in schema["allOf"]]
        if schema.get("type", "object") == "object":
            made["unevaluatedProperties"] = False
    elif schema.get("type") == "object" and "properties" in schema and not part:
        open_part = set(schema["properties"]) == {"code", "message"}  # Error, of which others are
        if not open_part:
            made.setdefault("additionalProperties", False)
    return made


def _operation(operation: Json, document: Json) -> Operation:
    parameters = {
        parameter["name"]: parameter["schema"]
        for parameter in operation["parameters"]
        if parameter["in"] == "query"
    }
    answers: dict[str, Json | None] = {}
    for status, answer in operation["responses"].items():
        if "$ref" in answer:
            answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        answers[status] = _json_schema(answer)
    body = _json_schema(operation.get("requestBody", {}))
    return Operation(operation["operationId"], parameters, body, answers)


def _json_schema(part: Json) -> Json | None:
    schema: Json | None = part.get("content", {}).get("application/json", {}).get("schema")
    return schema


def _told(errors: Iterable[Any]) -> Iterator[str]:
    """Yield each error with its place; of alternatives those of the one that fits best."""
    for error in errors:
        context = getattr(error.kind, "context", None)
        if context:
            yield from min((sorted(_told(branch)) for branch in context), key=_badness)
        else:
            place = ".".join(map(str, error.instance_path)) or "(all)"
            yield f"{place}: {error.message[:200]}"


def _badness(errors: list[str]) -> tuple[bool, int]:
    """A branch of another type of thing is not the one that was meant."""
    return any(".type: " in f".{error}" or " is not of type" in error for error in errors), len(
        errors
    )
