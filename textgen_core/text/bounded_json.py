"""Records out of a JSON document, one after the other, none larger than a message can be.

The document is read as events: what lies around the records is never in memory, and a
document that nests lists without end is given up where it becomes absurd.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import ijson

from textgen_core.errors import CorpusError

MAX_DEPTH = 64
MAX_RECORD_VALUES = 20_000  # DiscordChatExporter's largest messages have some hundreds
MAX_RECORD_CHARS = 16 << 20
_OPENS = frozenset(("start_map", "start_array"))
_CLOSES = frozenset(("end_map", "end_array"))
_SCALARS = frozenset(("null", "boolean", "integer", "double", "number", "string"))
_BEGINS_VALUE = _OPENS | _SCALARS
_ENDS_VALUE = _CLOSES | _SCALARS


def json_events(file: BinaryIO) -> Iterator[tuple[list[str], str, Any]]:
    """Yield where in a document each of its events is, the event and its value, as ijson has them.

    The place is the names of what is open around it: "item", or the key in an object. It is
    one list, which changes with the events. Several documents behind each other are read as one.

    Args:
        file: the document, UTF-8.

    Raises:
        CorpusError: something is nested deeper than any message.
        ijson.JSONError: it is no JSON.
    """
    names: list[str] = []
    # Not ijson.parse: that writes the whole place of each event, which takes memory by the
    # square of the depth.
    for event, value in ijson.basic_parse(file, multiple_values=True):
        if event in _CLOSES:
            names.pop()
        elif event == "map_key":
            names[-1] = value
        yield names, event, value
        if event in _OPENS:
            names.append("item" if event == "start_array" else "")
            if len(names) > MAX_DEPTH:
                raise CorpusError(f"lists or objects are nested more than {MAX_DEPTH} deep")


def json_records(file: BinaryIO, place: Sequence[str]) -> Iterator[Any]:
    """Yield the values of a document that stand at one place, such as the items of a list.

    Args:
        file: the document, UTF-8.
        place: the names of what is open around one, such as "messages" and "item"; "*" is any.

    Raises:
        CorpusError: something is nested deeper, or larger, than any message.
        ijson.JSONError: it is no JSON.
    """
    wanted = [*place]
    record: _Record | None = None
    for names, event, value in json_events(file):
        if record is None and event in _BEGINS_VALUE and is_at(names, wanted):
            record = _Record()
        if record is not None:
            record.add(event, value)
            if len(names) == len(wanted) and event in _ENDS_VALUE:
                yield record.value
                record = None


def is_at(names: Sequence[str], place: Sequence[str]) -> bool:
    """Say whether names are those of a place."""
    return len(names) == len(place) and all(map(_is_named, names, place))


def _is_named(name: str, wanted: str) -> bool:
    return wanted in (name, "*")


class _Record:
    """One value that grows by events, up to a size."""

    def __init__(self) -> None:
        self._builder = ijson.ObjectBuilder()
        self._values = 0
        self._chars = 0

    @property
    def value(self) -> Any:
        """The value, once its last event has come."""
        return self._builder.value

    def add(self, event: str, value: Any) -> None:
        """Take one more event."""
        self._values += 1
        if isinstance(value, str):
            self._chars += len(value)
        if self._values > MAX_RECORD_VALUES or self._chars > MAX_RECORD_CHARS:
            raise CorpusError("it holds a record that is larger than any message")
        self._builder.event(event, value)
