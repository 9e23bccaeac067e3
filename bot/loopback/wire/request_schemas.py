"""Requests as Discord's OpenAPI specification has them: types, lengths, counts, choices.

specification/requests.json holds the operations served here (MIT, see LICENSE beside it);
tests/specification/trim.py writes it. What the documentation alone says stands in
component_rules.py, message_rules.py, command_rules.py and modal_rules.py.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from bot.loopback.wire.api_errors import ApiError, invalid_field

Schema = Mapping[str, Any]
JSON_TYPES: Mapping[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}
WRONG_TYPE = {
    "boolean": ("BOOLEAN_TYPE_CONVERT", 'Must be either true or false, got "{}".'),
    "integer": ("NUMBER_TYPE_COERCE", 'Value "{}" is not int.'),
    "number": ("FLOAT_TYPE_COERCE", 'Value "{}" is not float.'),
    "string": ("STRING_TYPE_CONVERT", "Could not interpret the value as string."),
    "array": ("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType"),
    "object": ("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType"),
}
QUERY_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
SNOWFLAKE = "snowflake"
SNOWFLAKE_TEXT = re.compile(r"0|[1-9][0-9]{0,19}")


def check_body(operation: str, body: object) -> None:
    """Refuse a body that the specification does not allow.

    Unknown fields are left alone, as Discord does.

    Args:
        operation: method and route; one that is not specified has no rule.

    Raises:
        ApiError: 50035, with the place of the first field that is wrong.
    """
    schema = _specification().bodies.get(operation)
    if schema is not None:
        _specification().check(schema, body, "")


def check_query(operation: str, query: Mapping[str, str]) -> None:
    """Refuse what stands behind a request's question mark; see `check_body`."""
    for name, schema in _specification().queries.get(operation, {}).items():
        if name in query:
            value = _read(query[name], _specification().resolved(schema))
            _specification().check(schema, value, name)


class RequestSchemas:
    """The requests of one specification.

    Args:
        document: `operations` by name, each with `body`, `query` or both, and the `schemas`
            that they refer to.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        operations = document["operations"].items()
        self.bodies: dict[str, Schema] = {n: o["body"] for n, o in operations if "body" in o}
        self.queries: dict[str, Schema] = {n: o["query"] for n, o in operations if "query" in o}
        self._schemas: Mapping[str, Schema] = document["schemas"]
        self._of_type: Mapping[str, Callable[[Schema, Any, str], None]] = {
            "string": _check_text,
            "integer": _check_number,
            "number": _check_number,
            "array": self._check_array,
            "object": self._check_object,
        }

    def resolved(self, schema: Schema) -> Schema:
        """Return a schema itself where it is only a reference."""
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        return schema

    def check(self, schema: Schema, value: object, at: str) -> None:
        """Refuse a value that a schema does not allow.

        Args:
            at: the dotted place of the value.
        """
        schema = self.resolved(schema)
        for part in schema.get("allOf", ()):
            self.check(part, value, at)
        if "enum" in schema and value is not None:
            _check_choice(schema["enum"], value, at)
        if "oneOf" in schema or "anyOf" in schema:
            self._check_union(schema, value, at)
        if "type" in schema:
            self._check_type(schema, value, at)

    def _check_type(self, schema: Schema, value: object, at: str) -> None:
        kinds = _types_of(schema)
        kind = JSON_TYPES[type(value)]
        if kind == "integer" and "number" in kinds:
            kind = "number"
        if kind == "integer" and kind not in kinds and schema.get("format") == SNOWFLAKE:
            value, kind = str(value), "string"  # documented as text, taken as a number as well
        if kind not in kinds:
            if value is None:
                raise _refusal(at, "BASE_TYPE_REQUIRED", "This field is required")
            code, rule = WRONG_TYPE[kinds[0]]
            raise _refusal(at, code, rule.format(value))
        if kind in self._of_type:
            self._of_type[kind](schema, value, at)

    def _check_array(self, schema: Schema, items: Sequence[object], at: str) -> None:
        _check_count(schema, "Items", len(items), at)
        for index, item in enumerate(items):
            self.check(schema["items"], item, _below(at, index))
            if schema.get("uniqueItems") and item in items[:index]:
                rule = "The set already contains this value"
                raise _refusal(_below(at, index), "SET_TYPE_ALREADY_CONTAINS_VALUE", rule)

    def _check_object(self, schema: Schema, fields: Mapping[str, object], at: str) -> None:
        known = schema.get("properties", {})
        for name in schema.get("required", ()):
            if name not in fields:
                raise _refusal(_below(at, name), "BASE_TYPE_REQUIRED", "This field is required")
        _check_count(schema, "Properties", len(fields), at)
        others = schema.get("additionalProperties")
        for name, value in fields.items():
            if name in known:
                self.check(known[name], value, _below(at, name))
            elif isinstance(others, Mapping):
                self.check(others, value, _below(at, name))

    def _check_union(self, schema: Schema, value: object, at: str) -> None:
        """Refuse what fits no branch, by the branch that was meant."""
        branches = [
            self.resolved(one) for one in (*schema.get("oneOf", ()), *schema.get("anyOf", ()))
        ]
        if all("const" in branch for branch in branches):
            _check_choice([branch["const"] for branch in branches], value, at)
            return
        kind = JSON_TYPES[type(value)]
        if kind == "null" and {"type": "null"} in branches:
            return
        branches = [branch for branch in branches if branch != {"type": "null"}]
        meant = [branch for branch in branches if kind in _types_of(branch)] or branches[:1]
        if len(meant) > 1 and isinstance(value, Mapping):
            meant = _meant(meant, value, at)
        refusals = list(self._refusals(meant, value, at))
        if len(refusals) == len(meant):
            raise max(refusals, key=_depth)

    def _refusals(self, branches: Sequence[Schema], value: object, at: str) -> Iterator[ApiError]:
        for branch in branches:
            try:
                self.check(branch, value, at)
            except ApiError as refusal:
                yield refusal


@cache
def _specification() -> RequestSchemas:
    path = files(__package__).joinpath("specification", "requests.json")
    return RequestSchemas(json.loads(path.read_text(encoding="utf-8")))


def _meant(branches: list[Schema], value: Mapping[str, object], at: str) -> list[Schema]:
    """Return the branches that an object's type names, or else those that know its fields."""
    kinds = [branch["properties"].get("type", {}).get("enum") for branch in branches]
    if not all(kinds):
        known = [len(branch["properties"].keys() & value.keys()) for branch in branches]
        return [branches[known.index(max(known))]] if len(set(known)) > 1 else branches
    given = value.get("type")
    if given is None:
        raise _refusal(_below(at, "type"), "BASE_TYPE_REQUIRED", "This field is required")
    pairs = zip(branches, kinds, strict=True)
    named = [branch for branch, allowed in pairs if _is_among(given, allowed)]
    if not named:
        listed = ", ".join(str(one) for one in sorted({one for kind in kinds for one in kind}))
        rule = f'Value of field "type" must be one of ({listed}).'
        raise _refusal(_below(at, "type"), "UNION_TYPE_CHOICES", rule)
    return named


def _types_of(schema: Schema) -> list[str]:
    types = schema.get("type", [])
    return (
        [types]
        if isinstance(types, str)
        else [kind for kind in types if kind != "null"] + [kind for kind in types if kind == "null"]
    )


def _check_text(schema: Schema, text: str, at: str) -> None:
    _check_count(schema, "Length", len(text), at)
    check = FORMATS.get(schema.get("format", ""))
    if check is not None:
        check(text, at)


def _check_number(schema: Schema, number: float, at: str) -> None:
    kind = "int" if isinstance(number, int) else "float"
    least, most = schema.get("minimum"), schema.get("maximum")
    if schema.get("format") == "int32":
        most = 2**31 - 1 if most is None else most
    if least is not None and number < least:
        rule = f"{kind} value should be greater than or equal to {least}."
        raise _refusal(at, "NUMBER_TYPE_MIN", rule)
    if most is not None and number > most:
        rule = f"{kind} value should be less than or equal to {most}."
        raise _refusal(at, "NUMBER_TYPE_MAX", rule)


def _check_count(schema: Schema, unit: str, count: int, at: str) -> None:
    least, most = schema.get(f"min{unit}", 0), schema.get(f"max{unit}")
    if most is None:
        most = count
        code, rule = "BASE_TYPE_MIN_LENGTH", f"Must be {least} or more in length."
    elif not least:
        code, rule = "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length."
    else:
        code, rule = "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length."
    if not least <= count <= most:
        raise _refusal(at, code, rule)


def _check_choice(allowed: Sequence[object], value: object, at: str) -> None:
    if not _is_among(value, allowed):
        listed = ", ".join(map(repr, allowed))
        raise _refusal(at, "BASE_TYPE_CHOICES", f"Value must be one of {{{listed}}}.")


def _is_among(value: object, allowed: Sequence[object]) -> bool:
    return any(value == one and type(value) is type(one) for one in allowed)


def _check_snowflake(text: str, at: str) -> None:
    if not SNOWFLAKE_TEXT.fullmatch(text):
        raise _refusal(at, "NUMBER_TYPE_COERCE", f'Value "{text}" is not snowflake.')


def _check_url(text: str, at: str) -> None:
    try:
        parts = urlsplit(text)
    except ValueError:  # such as http://[
        parts = urlsplit("")
    if text and not (parts.scheme and (parts.netloc or parts.path)):
        raise _refusal(at, "URL_TYPE_INVALID_URL", "Not a well formed URL.")


def _check_time(text: str, at: str) -> None:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        rule = f"Could not parse {text}. Should be ISO8601."
        raise _refusal(at, "DATE_TIME_TYPE_PARSE", rule) from None


FORMATS: Mapping[str, Callable[[str, str], None]] = {
    SNOWFLAKE: _check_snowflake,
    "uri": _check_url,
    "date-time": _check_time,
}


def _read(text: str, schema: Schema) -> object:
    """Return what stands in an address as JSON would have it."""
    kinds = _types_of(schema)
    if "integer" in kinds and text.isascii() and text.lstrip("-").isdigit() and len(text) <= 20:
        return int(text)
    return QUERY_TRUTHS.get(text, text) if "boolean" in kinds else text


def _below(at: str, name: object) -> str:
    return f"{at}.{name}" if at else str(name)


def _refusal(at: str, code: str, rule: str) -> ApiError:
    return invalid_field(at or "_", code, rule)


def _depth(refusal: ApiError) -> int:
    """How far down an error stands: the further, the more of its branch was right."""
    depth, errors = 0, refusal.errors or {}
    while "_errors" not in errors:
        ((_, below),) = errors.items()
        assert isinstance(below, dict)
        depth, errors = depth + 1, below
    return depth
