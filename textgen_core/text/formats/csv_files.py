"""Tables: which character divides the columns, whether there is a heading, where the text is.

The rows are read by Python's csv. Its Sniffer takes letters of the texts for dividers;
CleverCSV's takes seconds for a sample. One of four dividers that gives rows of the same
length is nearly always right, and `--column` is there where it is not.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Literal

from textgen_core.errors import Column, CorpusError, UnknownTextError
from textgen_core.text.formats import exporter_notices
from textgen_core.text.formats.column_names import (
    BOT_COLUMNS,
    KNOWN,
    NAME_COLUMNS,
    NO_TALK,
    TEXT_COLUMNS,
    TIME_COLUMNS,
    folded,
    is_headed,
    is_heading,
    is_one_text,
)
from textgen_core.text.formats.json_forms import ID_FIELDS, NOTICE_TYPES
from textgen_core.text.formats.messages import (
    Form,
    Kind,
    Message,
    moment,
    with_named_mentions,
)
from textgen_core.text.formats.source import Source, quoted, shortened
from textgen_core.text.message_codes import without_codes
from textgen_core.text.special_tokens import unmarked

CSV = Form("csv", "CSV")
EXPORTER = Form("discordchatexporter-csv", "DiscordChatExporter CSV", marks=True)
PACKAGE = Form("discord-package", "Discord's data package", marks=True)

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_ROWS = 200
MAX_FIELD_CHARS = 1 << 17
MOSTLY = 0.9
_SEPARATOR = re.compile(r"sep=.?", re.IGNORECASE)  # Excel's own first line


@dataclass(frozen=True, slots=True)
class Table:
    """How a file is laid out.

    Attributes:
        heading: the columns' names; empty where the first row is a message.
    """

    delimiter: str | None
    heading: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]

    @property
    def width(self) -> int:
        """The number of columns of most rows."""
        widths = Counter(map(len, self.sample)) or Counter([len(self.heading)])
        return widths.most_common(1)[0][0]

    def headed_by(self, column: str) -> Table:
        """Return the table with its first row as the heading, if that names the column."""
        first = tuple(cell.strip() for cell in self.sample[0]) if self.sample else ()
        if self.heading or column.strip().casefold() not in map(str.casefold, first):
            return self
        return replace(self, heading=first, sample=self.sample[1:])

    def find(self, names: Sequence[str]) -> int | None:
        """Return the first column with one of the names, whichever name stands first."""
        lower = [folded(name) for name in self.heading]
        return next((lower.index(name) for name in names if name in lower), None)


def looks_like_table(source: Source) -> bool:
    """Say whether the first line names columns: a program's own, or a text's beside others."""
    table = table_of(source)
    lower = set(map(folded, table.heading))
    if lower >= {"author", "date", "content"} or lower >= {"id", "timestamp", "contents"}:
        return True
    return table.width > 1 and not lower.isdisjoint(TEXT_COLUMNS) and lower <= KNOWN


def open_table(source: Source, column: str) -> tuple[Form, Callable[[], Iterator[Message]]]:
    """Return the form of a table and what reads its messages.

    Raises:
        CorpusError: it is no table, or nobody can say where its text is.
    """
    table = table_of(source)
    if column:
        table = table.headed_by(column)
        return CSV, partial(_read, source, table, _named(source, table, column))
    lower = set(map(folded, table.heading))
    if lower >= {"author", "date", "content"} and "attachments" in lower:
        return EXPORTER, lambda: _exporters(source, table)
    if lower >= {"id", "timestamp", "contents"}:
        text_at = table.find(["contents"])
        return PACKAGE, lambda: (
            Message(without_codes(unmarked(message.text)), sent_at=message.sent_at)
            for message in _read(source, table, text_at or 0)
        )
    return CSV, partial(_read, source, table, _text_column(source, table))


def table_of(source: Source) -> Table:
    """Return how a file is laid out, by its first rows."""
    delimiter, rows = _delimiter(source)
    if delimiter is None:
        rows = [(line,) for line in source.head_lines[:SAMPLE_ROWS]]
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    has_heading = len(rows) > 0 and is_heading(rows[0], rows[1:])
    heading = tuple(cell.strip() for cell in rows[0]) if has_heading else ()
    return Table(delimiter, heading, tuple(rows[1:] if has_heading else rows))


def delimiter_of(source: Source) -> str:
    """Return what divides the columns; a comma where nothing seems to."""
    return _delimiter(source)[0] or ","


def _delimiter(source: Source) -> tuple[str | None, list[tuple[str, ...]]]:
    """Return what divides the columns, and the first rows so divided; None where nothing does.

    Of dividers that give rows of one length, the one with the most columns; or one by which
    the first line names columns, and the others have as many at least.
    """
    said = next((line for line in source.head_lines if line.strip()), "").strip()
    if _SEPARATOR.fullmatch(said) and len(said) > 4:
        return said[4], list(islice(_quiet_rows(source, said[4]), SAMPLE_ROWS))
    best: tuple[float, int, str | None, list[tuple[str, ...]]] = (0.0, 1, None, [])
    for delimiter in DELIMITERS:
        rows = list(islice(_quiet_rows(source, delimiter), SAMPLE_ROWS))
        if not rows:
            continue
        width, count = Counter(map(len, rows)).most_common(1)[0]
        share = count / len(rows)
        if is_headed(rows):
            width, share = len(rows[0]), 1.0
        elif is_one_text(rows):
            return None, []
        if width > 1 and share >= MOSTLY and (width, share) > (best[1], best[0]):
            best = (share, width, delimiter, rows)
    if best[2] is None and any(line.lstrip().startswith('"') for line in source.head_lines):
        return ",", list(islice(_quiet_rows(source, ","), SAMPLE_ROWS))
    return best[2], best[3]


def _quoting(source: Source, delimiter: str) -> Literal[0, 3]:
    """Return whether quotation marks enclose cells, which may then have several lines.

    Between tabs, where few programs write them so, they stand for themselves if each line is a
    whole row all the same.
    """
    lines = [line for line in source.head_lines if line.strip()]
    if delimiter != "\t" or not any(line.count('"') % 2 for line in lines):
        return csv.QUOTE_MINIMAL
    widths = {line.count(delimiter) for line in lines}
    return csv.QUOTE_NONE if len(widths) == 1 and widths != {0} else csv.QUOTE_MINIMAL


def _quiet_rows(source: Source, delimiter: str) -> Iterator[tuple[str, ...]]:
    quoting = _quoting(source, delimiter)
    rows = csv.reader(source.head_lines_with_ends, delimiter=delimiter, quoting=quoting)
    try:
        for number, row in enumerate(rows):
            if row and not (number == 0 and _SEPARATOR.fullmatch(delimiter.join(row).strip())):
                yield tuple(row)
    except csv.Error:
        return


def _named(source: Source, table: Table, column: str) -> int:
    """Return the column that somebody named, or counted from 1."""
    at = table.find([folded(column)])
    if at is None and column.strip().isdecimal() and 1 <= int(column) <= table.width:
        at = int(column) - 1
    if at is None:
        raise CorpusError(f"{source.name} has no column {column[:40]}: {_columns(table)}")
    return at


def _columns(table: Table) -> str:
    if table.heading:
        return f"its columns are {quoted(list(table.heading))}"
    return f"it has {table.width} columns without names, 1 to {table.width}"


def _text_column(source: Source, table: Table) -> int:
    """Return the column with the text: by its name, or because no other has any talk in it."""
    named = table.find(TEXT_COLUMNS)
    if named is not None:
        return named
    talking = [at for at in range(table.width) if _talks(table, at)]
    if len(talking) == 1:
        return talking[0]
    if not talking and table.width == 1:
        return 0
    first = " | ".join(cell[:30] for cell in table.sample[0]) if table.sample else ""
    example = table.heading[talking[0]] if talking and table.heading else "1"
    raise UnknownTextError(
        f"{source.name} is a table in which I cannot tell the text: {_columns(table)}, and the "
        f"first row is {shortened(first)}. Name the one with the text by --column, as in "
        f"--column {example.split()[0] if example.split() else '1'}",
        [_shown_column(table, at) for at in range(table.width)],
    )


def _shown_column(table: Table, at: int) -> Column:
    name = table.heading[at] if at < len(table.heading) else ""
    cells = (row[at].strip() for row in table.sample if at < len(row))
    return Column(f"{at + 1}", name or f"column {at + 1}", next(filter(None, cells), ""))


def _talks(table: Table, at: int) -> bool:
    cells = [row[at].strip() for row in table.sample if at < len(row) and row[at].strip()]
    if not cells:
        return False
    talk = [cell for cell in cells if not NO_TALK.fullmatch(cell)]
    is_label = len(cells) > 5 and len(set(cells)) <= len(cells) // 4
    return len(talk) > len(cells) // 2 and not is_label


def rows_of(
    source: Source, delimiter: str | None, *, max_field_chars: int = MAX_FIELD_CHARS
) -> Iterator[list[str]]:
    """Yield the rows of a table, the heading among them.

    Args:
        max_field_chars: a field that is longer has a quotation mark that nobody closed.

    Raises:
        CorpusError: it is no CSV.
    """
    if delimiter is None:
        yield from ([line.rstrip("\r\n")] for line in source.lines())
        return
    quoting = _quoting(source, delimiter)
    rows = csv.reader(source.lines(), delimiter=delimiter, quoting=quoting)
    before = csv.field_size_limit(max_field_chars)
    try:
        yield from rows
    except csv.Error as error:
        reason = f"{error}"
        if "field limit" in reason:
            reason = "a quotation mark is opened and never closed"
        raise CorpusError(f"{source.name}, line {rows.line_num}: not CSV ({reason})") from error
    finally:
        csv.field_size_limit(before)


def _after_heading(rows: Iterator[list[str]], table: Table) -> Iterator[list[str]]:
    """Yield the rows behind the heading, and behind what Excel writes above it."""
    first = next(filter(any, rows), None)
    if first is not None and _SEPARATOR.fullmatch((table.delimiter or "").join(first).strip()):
        first = next(rows, None)
    if first is not None and not table.heading:
        yield first
    yield from rows


def _read(source: Source, table: Table, text_at: int) -> Iterator[Message]:
    """Yield the messages of a table, with whatever it says about who wrote them."""
    name_at, id_at = table.find(NAME_COLUMNS), table.find(ID_FIELDS)
    time_at, bot_at = table.find(TIME_COLUMNS), table.find(BOT_COLUMNS)
    webhook_at, type_at = table.find(["webhook_id"]), table.find(["type", "message_type"])
    name_at = None if name_at == text_at else name_at

    def cell(row: list[str], at: int | None) -> str:
        return row[at].strip() if at is not None and at < len(row) else ""

    is_last = text_at == len(table.heading) - 1
    headed = _after_heading(rows_of(source, table.delimiter), table)
    for row in headed:
        if text_at >= len(row):
            continue
        if is_last and len(row) > len(table.heading):  # its commas were written as they are
            row[text_at:] = [(table.delimiter or "").join(row[text_at:])]
        name, found_id = cell(row, name_at), cell(row, id_at)
        if name.isdecimal() and not found_id:
            name, found_id = "", name
        is_bot = cell(row, bot_at).casefold() in ("true", "1", "yes")
        kind = Kind.BOT if is_bot else Kind.WEBHOOK if cell(row, webhook_at) else Kind.PERSON
        if cell(row, type_at).casefold() in NOTICE_TYPES:
            kind = Kind.NOTICE
        yield Message(row[text_at], found_id[:100], name, kind, moment(cell(row, time_at)))


def _exporters(source: Source, table: Table) -> Iterator[Message]:
    """Yield the messages of DiscordChatExporter's table, bots and notices told apart."""
    text_at = table.find(["content"]) or 0
    people = exporter_notices.People()
    for message in _read(source, table, text_at):
        people.note(message.author_name, message.sent_at)
    for message in _read(source, table, text_at):
        yield people.judged(
            with_named_mentions(message.text, people.names_in(message.text)), message
        )
