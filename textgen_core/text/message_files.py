"""Messages out of text files, one after the other, in the file's order.

Read are ``.txt`` (a message a line), ``.csv``, ``.jsonl`` and ``.jsonl.gz``
(field ``content``), and ``.json``: DiscordChatExporter's, or a list of texts or of
objects with a ``message``, as markov-discord's. Blank messages and those of bots
are left out. Files are streamed: memory does not grow with them.
"""

from __future__ import annotations

import csv
import gzip
import itertools
import json
import os
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any, TextIO, cast

import ijson

from textgen_core.bounded_json import json_records
from textgen_core.errors import CorpusError

TEXT_COLUMNS = ("content", "text", "message", "title")
FORMATS = ".txt, .txt.gz, .csv, .jsonl, .jsonl.gz or .json (DiscordChatExporter's, or a list)"

MAX_LINE_CHARS = 16 << 20  # more is no message; a file of zeros would fill the memory

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


Wanted = Callable[[Mapping[str, Any]], bool]


def read_messages(
    path: str | os.PathLike[str], wanted: Wanted = lambda record: True
) -> Iterator[str]:
    """Yield the messages of a file.

    Args:
        wanted: is asked of the record that each message stands in, which may name its
            author; of files that have texts alone, with nothing in it.

    Raises:
        CorpusError: the file is missing, of an unknown kind or damaged; the text
            names the file and, where there is one, the line.
    """
    path = Path(path)
    name = path.name.removesuffix(".gz")
    readers: dict[str, Callable[[TextIO, str], Iterator[str]]] = {
        ".txt": _lines,
        ".csv": _csv,
        ".jsonl": partial(_json_lines, wanted=wanted),
        ".json": partial(_json_document, wanted=wanted),
    }
    reader = readers.get(Path(name).suffix.lower())
    if reader is None:
        raise CorpusError(f"{path.name} is not a text file of a known kind; give {FORMATS}")
    if reader in (_lines, _csv) and not wanted({}):
        return
    try:
        with _open(path) as file:
            for message in reader(file, path.name):
                text = _LONE_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", message)
                if text.strip():
                    yield text
    except FileNotFoundError as error:
        raise CorpusError(f"there is no file {path}") from error
    except (OSError, EOFError) as error:
        raise CorpusError(f"{path.name} cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path.name} is not UTF-8 text: {error}") from error


def _open(path: Path) -> TextIO:
    opened = gzip.open if path.suffix == ".gz" else open
    return cast(TextIO, opened(path, "rt", encoding="utf-8-sig", newline=""))


def _bounded(file: TextIO, name: str) -> Iterator[str]:
    for number in itertools.count(1):
        line = file.readline(MAX_LINE_CHARS + 1)
        if not line:
            return
        if len(line) > MAX_LINE_CHARS:
            raise CorpusError(f"{name}, line {number}: longer than {MAX_LINE_CHARS} characters")
        yield line


def _lines(file: TextIO, name: str) -> Iterator[str]:
    for line in _bounded(file, name):
        yield line.rstrip("\r\n")


def _csv(file: TextIO, name: str) -> Iterator[str]:
    """Yield the column named like a text, or else the first one."""
    rows = csv.reader(_bounded(file, name))
    try:
        first = next(rows, None)
        if first is None:
            return
        titles = [cell.strip().lower() for cell in first]
        column = next((titles.index(title) for title in TEXT_COLUMNS if title in titles), None)
        if column is None:
            column = 0
            yield from first[:1]
        for row in rows:
            yield from row[column : column + 1]
    except csv.Error as error:
        raise CorpusError(f"{name}, line {rows.line_num}: not CSV ({error})") from error


def _json_lines(file: TextIO, name: str, wanted: Wanted) -> Iterator[str]:
    for number, line in enumerate(_bounded(file, name), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise CorpusError(f"{name}, line {number}: not JSON") from error
        content = record.get("content") if isinstance(record, dict) else None
        if not isinstance(content, str):
            raise CorpusError(f"{name}, line {number}: there is no text field 'content'")
        if record.get("bot") is not True and wanted(record):
            yield content


def _json_document(file: TextIO, name: str, wanted: Wanted) -> Iterator[str]:
    """Yield what stands in a list, or below `messages` as in DiscordChatExporter's files."""
    content = cast(BufferedReader, file.buffer)  # or gzip's, which peeks alike
    if content.peek(3).startswith(BOM_UTF8):
        content.read(len(BOM_UTF8))
    is_list = content.peek(64).lstrip()[:1] == b"["
    try:
        for record in json_records(content, "item" if is_list else "messages.item"):
            if not wanted(record if isinstance(record, dict) else {}):
                continue
            if isinstance(record, str):
                yield record
            elif isinstance(record, dict) and isinstance(record.get("message"), str):
                yield record["message"]
            elif _spoken_by_a_person(record):
                yield record["content"]
    except CorpusError as error:
        raise CorpusError(f"{name} is no file of messages: {error}") from error
    except (ijson.JSONError, ValueError, ArithmeticError) as error:  # or numbers beyond sense
        reason = f"{error}".partition("\n")[0]  # what follows draws an arrow
        raise CorpusError(
            f"{name} is neither a list of messages nor DiscordChatExporter's JSON: {reason}"
        ) from error


def _spoken_by_a_person(record: Any) -> bool:
    if not isinstance(record, dict) or not isinstance(record.get("content"), str):
        return False
    author = record.get("author")
    is_bot = isinstance(author, dict) and author.get("isBot") is True
    return not is_bot and record.get("type", "Default") in ("Default", "Reply")
