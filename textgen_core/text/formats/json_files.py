"""JSON: documents with a list of messages somewhere, and files with a record a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

import ijson

from textgen_core.errors import Column, CorpusError, UnknownTextError
from textgen_core.text.bounded_json import is_at, json_events, json_records
from textgen_core.text.formats.export_forms import EXPORT_FORMS, EXPORT_PLACES
from textgen_core.text.formats.json_forms import (
    JSON_FORMS,
    JsonForm,
    Record,
    field_of,
    in_field,
    of_text,
)
from textgen_core.text.formats.messages import Form, Message
from textgen_core.text.formats.source import Source, quoted

SAMPLE = 50
# The order counts: a record of two forms is of the first.
KNOWN = (*EXPORT_FORMS, *JSON_FORMS)
TEXTS = Form("json", "JSON list of texts")
# Where the messages are in a document, by the names of what is open around one: of most
# programs, of Telegram's export of everything, of a search through Discord.
_PLACES = (
    ["item"],
    ["messages", "item"],
    ["*", "list", "item", "messages", "item"],
    ["messages", "item", "item"],
    ["data", "item"],
    *EXPORT_PLACES,
)
# Where they may be if they are in none of these: a list of objects for each channel, or so.
_ELSEWHERE = (["*", "item"], ["*", "messages", "item"], ["*", "*", "item"])
_HISTORY_TRACKERS = {"meta", "data"}
_BAD_JSON = (ijson.JSONError, ValueError, RecursionError, OverflowError)

Reader = Callable[[], Iterator[Message]]


def open_document(
    source: Source, column: str, *, is_named_json: bool = True
) -> tuple[Form, Reader] | None:
    """Return the form of a JSON document and what reads it; None where it is no JSON.

    Args:
        is_named_json: one that breaks off before its first message is a damaged document;
            otherwise it is a text that begins with a bracket.

    Raises:
        CorpusError: it is JSON without messages of any known form.
    """
    found = _look_through(source, is_named_json)
    if found is None:
        return None
    nowhere = CorpusError(
        f"{source.name}: there is no list of messages in this JSON; its fields are "
        f"{quoted([*found.fields])}"
    )
    for place in found.places:
        try:
            form = _form_of(source, list(islice(_items(source, place), SAMPLE)), column)
        except CorpusError as error:
            nowhere = error
        else:
            return form.form, partial(_read_at, source, place, form)
    if found.fields.keys() == _HISTORY_TRACKERS:
        raise CorpusError(
            f"{source.name} is a text archive of Discord History Tracker's old versions, which I "
            "don't read: export the channel with DiscordChatExporter as JSON"
        )
    raise nowhere


def _read_at(source: Source, place: list[str], form: JsonForm) -> Iterator[Message]:
    return _messages(_items(source, place), form)


def open_lines(source: Source, column: str) -> tuple[Form, Reader]:
    """Return the form of a file with a JSON record a line, and what reads it.

    Raises:
        CorpusError: a line is no JSON, or of no known form.
    """
    form = _form_of(source, list(islice(_records(source), SAMPLE)), column)
    return form.form, lambda: _messages(_records(source), form)


def _messages(records: Iterator[Any], form: JsonForm) -> Iterator[Message]:
    """Yield the messages; a record that is only a text is one, others without any are none."""
    message_of = form.message
    for record in records:
        if isinstance(record, dict):
            message = message_of(record)
            if message is not None:
                yield message
        elif isinstance(record, str):
            yield of_text(record)


@dataclass(slots=True)
class _Outline:
    """What a document is made of, as far as it was looked through.

    Attributes:
        elsewhere: places of objects that may be messages.
        fields: the names of the document's own fields.
        roots: how many objects stand behind each other in it.
    """

    place: list[str] | None = None
    elsewhere: list[list[str]] = field(default_factory=list)
    fields: dict[str, None] = field(default_factory=dict)
    is_list: bool = False
    roots: int = 0

    def note(self, names: list[str], event: str, value: Any) -> bool:
        """Take notice of an event; return whether something begins that may be a message."""
        if event in ("start_map", "string"):
            self.place = _place_among(names, _PLACES)
        self.is_list = self.is_list or (not names and event == "start_array")
        if len(names) == 1 and event == "map_key":
            self.fields[value] = None
        if event != "start_map":
            return False
        self.roots += not names
        other = _place_among(names, _ELSEWHERE)
        if other is not None and other not in self.elsewhere:
            self.elsewhere.append(other)
        return other is not None

    @property
    def places(self) -> list[list[str]]:
        """Where messages may be, the likeliest first."""
        if self.place is not None:
            return [self.place]
        if self.is_list:
            return [["item"]]
        return [*self.elsewhere, *([[]] if self.roots > 1 else [])]


def _look_through(source: Source, is_named_json: bool) -> _Outline | None:
    """Return what a document is made of, up to its first message; None where it is no JSON.

    A document that begins as JSON and breaks off is damaged: that is said when it is read.
    """
    outline = _Outline()
    try:
        with source.json_bytes() as file:
            for names, event, value in json_events(file.binary):
                if outline.note(names, event, value):
                    file.next_record()
                if outline.place is not None:
                    break
    except CorpusError as error:
        raise CorpusError(f"{source.name}: {error}") from None
    except _BAD_JSON as error:
        if not is_named_json or not (outline.is_list or outline.fields):
            return None
        raise _not_json(source, error) from None
    return outline


def _place_among(names: list[str], places: Sequence[list[str]]) -> list[str] | None:
    return next((place for place in places if is_at(names, place)), None)


def _items(source: Source, place: list[str]) -> Iterator[Any]:
    try:
        with source.json_bytes() as file:
            for record in json_records(file.binary, place):
                file.next_record()
                yield record
    except CorpusError as error:
        raise CorpusError(f"{source.name}: {error}") from None
    except _BAD_JSON as error:
        raise _not_json(source, error) from None


def _not_json(source: Source, error: BaseException) -> CorpusError:
    """Return the sentence for a damaged document.

    What ijson says is bytes, and goes on with a drawing of the place.
    """
    reason = error.args[0] if error.args else "damaged"
    text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
    return CorpusError(
        f"{source.name} is neither a list of messages nor DiscordChatExporter's JSON: "
        f"{text.partition(chr(10))[0].strip()[:100]}"
    )


def _records(source: Source) -> Iterator[Any]:
    for number, line in enumerate(source.lines(), 1):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except (ValueError, RecursionError) as error:
            raise CorpusError(f"{source.name}, line {number}: not JSON") from error


def _form_of(source: Source, sample: list[Any], column: str) -> JsonForm:
    """Return the form that most of the first records are of."""
    records: list[Record] = [record for record in sample if isinstance(record, dict)]
    if column and records:
        wanted = in_field(column)
        if any(map(wanted.matches, records)):
            return wanted
        raise CorpusError(
            f"{source.name} has no field {column} with text in it; its fields are "
            f"{quoted(_fields_of(records))}"
        )
    if not records:
        return JsonForm(TEXTS, lambda record: False, lambda record: None)
    counts = [sum(map(form.matches, records)) for form in KNOWN]
    most = max(counts)
    if not most:
        raise UnknownTextError(
            f"{source.name} is JSON of no form that I know; its fields are "
            f"{quoted(_fields_of(records))}: name the one with the text by --column, as in "
            f"--column {_likely(records)}",
            [*_text_fields(records)],
        )
    return KNOWN[counts.index(most)]


def _fields_of(records: list[Record]) -> list[str]:
    return list(dict.fromkeys(key for record in records for key in record))


def _text_fields(records: list[Record]) -> Iterator[Column]:
    """Yield the fields that have texts in them."""
    for name in _fields_of(records):
        texts = (value for record in records if isinstance(value := record.get(name), str))
        sample = next(filter(str.strip, texts), None)
        if sample is not None and "." not in name:  # which would be a field in a field
            yield Column(name, name, sample)


def _likely(records: list[Record]) -> str:
    """Return the field with the longest texts."""
    lengths = {
        name: sum(len(value) for r in records if isinstance(value := field_of(r, name), str))
        for name in _fields_of(records)
    }
    return max(lengths, key=lambda name: lengths[name]) if lengths else "text"


def looks_like_lines(source: Source) -> bool:
    """Say whether the first line is a JSON object of its own, and not the last one."""
    first, second = ([line for line in source.head_lines if line.strip()] + ["", ""])[:2]
    if not second.lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False
