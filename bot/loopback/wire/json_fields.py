"""Typed access to JSON that a client sent; what is out of shape is answered with 50035."""

from collections.abc import Collection, Mapping
from typing import TypeVar

from bot.loopback.wire.api_errors import ApiError, invalid_field

Payload = dict[str, object]
T = TypeVar("T")


class Fields:
    """One JSON object; each reader gives None where the field is absent or null."""

    def __init__(self, values: Mapping[str, object], path: str = "") -> None:
        self.values = values
        self._path = path

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str) -> str | None:
        """Return a string."""
        return self._typed(name, str, "STRING_TYPE_CONVERT")

    def integer(self, name: str) -> int | None:
        """Return a whole number; a string of digits counts, as at Discord."""
        value = self.values.get(name)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
            return int(value)
        return self._typed(name, int, "NUMBER_TYPE_COERCE")

    def truth(self, name: str) -> bool:
        """Return a boolean, False where it is absent."""
        return bool(self._typed(name, bool, "BOOLEAN_TYPE_CONVERT"))

    def items(self, name: str) -> list[object] | None:
        """Return an array."""
        return self._typed(name, list, "LIST_TYPE_CONVERT")

    def child(self, name: str) -> "Fields | None":
        """Return an object."""
        value: dict[str, object] | None = self._typed(name, dict, "DICT_TYPE_CONVERT")
        return None if value is None else Fields(value, self._at(name))

    def children(self, name: str) -> "list[Fields]":
        """Return an array of objects, empty where it is absent."""
        return [
            fields_of(value, f"{self._at(name)}.{index}")
            for index, value in enumerate(self.items(name) or [])
        ]

    def choice(self, name: str, allowed: Collection[int]) -> int:
        """Return a number that has to be there and has to be one of these."""
        number = self.must(name, self.integer(name))
        if number not in allowed:
            listed = ", ".join(map(str, sorted(allowed)))
            rule = f"Value must be one of {{{listed}}}."
            raise self.refusal(name, "BASE_TYPE_CHOICES", rule)
        return number

    def refusal(self, name: str, code: str, rule: str) -> ApiError:
        """Return the answer that a field breaks a rule; no name: the object itself."""
        return invalid_field(self._at(name) if name else self._path or "_", code, rule)

    def snowflakes(self, name: str) -> list[int]:
        """Return an array of ids, empty where it is absent."""
        values = self.items(name) or []
        if not all(str(value).isdigit() for value in values):
            raise invalid_field(self._at(name), "NUMBER_TYPE_COERCE", "A value is not a snowflake.")
        return [int(str(value)) for value in values]

    def must(self, name: str, value: T | None) -> T:
        """Return what a reader gave for a field that has to be there."""
        if value is None:
            raise invalid_field(self._at(name), "BASE_TYPE_REQUIRED", "This field is required")
        return value

    def _typed(self, name: str, kind: type[T], code: str) -> T | None:
        value = self.values.get(name)
        if value is None:
            return None
        # To Python a boolean is an integer; to JSON it is not.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise invalid_field(self._at(name), code, f'Value "{name}" has the wrong type.')
        return value

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


def fields_of(value: object, path: str = "") -> Fields:
    """Return a JSON value as an object, or answer that it is none."""
    if not isinstance(value, dict):
        raise invalid_field(path or "_", "MODEL_TYPE_CONVERT", "Only dictionaries are allowed.")
    return Fields(value, path)
