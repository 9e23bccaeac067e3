"""The door: which format a file is in, told before anything of it is learned."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from textgen_core.errors import CorpusError
from textgen_core.text.formats import (
    chat_logs,
    csv_files,
    exporter_text,
    html_files,
    irc,
    json_files,
    pidgin_pages,
    whatsapp,
)
from textgen_core.text.formats.archives import (
    ZIP,
    Archive,
    is_archive,
    open_archive,
    seekable,
    unpacking,
)
from textgen_core.text.formats.encodings import check_is_text
from textgen_core.text.formats.messages import AUTO, Form, Kind, Message, Tally
from textgen_core.text.formats.source import Source, shortened
from textgen_core.text.formats.tar_archives import as_zip, is_tar

PLAIN = Form("text", "plain text")
_TEXTS = (".txt", ".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".log", ".html", ".htm", ".md")
_ARCHIVES = (".zip", ".zip.gz", ".tar", ".tar.gz", ".tgz")
SUFFIXES = (*_TEXTS, *(f"{suffix}.gz" for suffix in _TEXTS), ".chatlog", *_ARCHIVES)
_PAGES = (".html", ".htm", ".xml", ".chatlog")
_PACKAGE = csv_files.PACKAGE.id

Reader = Callable[[], Iterator[Message]]
Opened = tuple[Form, Reader]

_DAMAGED = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError)


@dataclass(frozen=True, slots=True)
class Part:
    """One text: a file, or a member of an archive."""

    form: Form
    messages: Reader
    encoding: str = ""


@dataclass(slots=True)
class MessageFile:
    """A file whose format is known. Close it, or use it as a context manager.

    Attributes:
        parts: its texts, in order.
        tally: what was found so far, by whoever went through the messages.
        unknown: members of an archive that are of no known form.
    """

    parts: list[Part]
    unknown: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> MessageFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open."""
        self._stack.close()

    def __iter__(self) -> Iterator[tuple[Form, Message]]:
        """Yield every message with its form, those of bots and notices among them."""
        for part in self.parts:
            for message in part.messages():
                self.tally.count(message)
                yield part.form, message

    @property
    def form_name(self) -> str:
        """Such as "DiscordChatExporter CSV" or "plain text in cp1252, 3 files"."""
        names = list(dict.fromkeys(part.form.name for part in self.parts))
        text = " and ".join(names)
        encodings = list(dict.fromkeys(part.encoding for part in self.parts if part.encoding))
        if encodings:
            text += f" in {' and '.join(encodings)}"
        return f"{text} in {len(self.parts)} files" if len(self.parts) > 1 else text

    @property
    def found(self) -> str:
        """What was found: "DiscordChatExporter CSV, 1,204 messages of 31 people"."""
        return self.tally.found_in(self.form_name)


@contextmanager
def told_in_a_sentence(path: Path) -> Iterator[None]:
    """Raise what a damaged or missing file raises as a CorpusError."""
    try:
        yield
    except FileNotFoundError as error:
        raise CorpusError(f"there is no file {path}") from error
    except IsADirectoryError as error:
        raise CorpusError(f"{path} is a folder: give a file, or a .zip of several") from error
    except _DAMAGED as error:
        raise CorpusError(f"{path.name} cannot be read: {error}") from error
    except RuntimeError as error:  # zipfile's word for a member that needs a password
        raise CorpusError(f"{path.name} is locked by a password: pack it without one") from error


def open_messages(path: Path, *, column: str = "", form: str = AUTO) -> MessageFile:
    """Recognise a file.

    Args:
        column: where the text is, of a table or of JSON: a name, or a table's number from 1.
        form: one of `FORCED`, to take a file for what it does not look like.

    Raises:
        CorpusError: it is missing, damaged, no text, or of no known form; the sentence says
            what was seen in it, and how to choose.
    """
    if form != AUTO and form not in FORCED:
        raise CorpusError(f"there is no format {form}: it is one of {', '.join(FORMATS)}")
    with told_in_a_sentence(path):
        if path.is_dir():
            raise IsADirectoryError(path)
        opener, head = unpacking(path)
        if is_tar(opener):
            opener, head = partial(as_zip, opener, path.name), ZIP
        if is_archive(head):
            return _open_archive(opener, path.name, column, form)
        return MessageFile([_part(Source(path.name, opener), column, form)])


def open_source(path: Path) -> Source:
    """Return a file of text, packed by gzip or not.

    Raises:
        OSError: it cannot be read.
        CorpusError: it is an archive of several, or no text.
    """
    opener, head = unpacking(path)
    if is_archive(head):
        raise CorpusError(f"{path.name} is a .zip archive: unpack it first")
    source = Source(path.name, opener)
    check_is_text(source.head, source.name)
    return source


def _part(source: Source, column: str, form: str) -> Part:
    check_is_text(source.head, source.name)
    if form == AUTO:
        found, messages = _recognised(source, column)
    else:
        found, messages = FORCED[form](source, column)
    return Part(found, messages, source.encoding if source.is_legacy else "")


def _suffix(source: Source) -> str:
    return Path(source.name.casefold().removesuffix(".gz")).suffix


def _recognised(source: Source, column: str) -> Opened:
    """Return the first form that a file has the structure of."""
    suffix = _suffix(source)
    start = "".join(source.head_lines[:50]).lstrip()[:1]
    if suffix in (".jsonl", ".ndjson") or (start == "{" and json_files.looks_like_lines(source)):
        return json_files.open_lines(source, column)
    if start in ("[", "{") or suffix == ".json":
        named = suffix == ".json"
        opened = json_files.open_document(source, column, is_named_json=named)
        if opened is not None:
            return opened
        if named:
            raise CorpusError(
                f"{source.name} is neither a list of messages nor DiscordChatExporter's JSON: "
                f"it begins with {shortened(''.join(source.head_lines[:1]))}"
            )
    if start == "<" and suffix in (*_PAGES, ".txt", ""):
        page = html_files.form_of(source) or pidgin_pages.form_of(source)
        if page is not None or suffix in _PAGES:
            return _page(source, page)
    return _log(source) or _table_or_lines(source, column, suffix)


def _page(source: Source, form: Form | None) -> Opened:
    if form is None:
        raise CorpusError(
            f"{source.name} is a web page or XML, but no chat of DiscordChatExporter, Telegram, "
            "Pidgin or Adium: export it as JSON or text"
        )
    module = pidgin_pages if form in (pidgin_pages.PIDGIN, pidgin_pages.ADIUM) else html_files
    return form, lambda: module.read(source, form)


def _log(source: Source) -> Opened | None:
    for log in (whatsapp, irc, chat_logs, exporter_text):
        if log.looks_like_it(source):
            return log.FORM, partial(log.read, source)
    return None


def _table_or_lines(source: Source, column: str, suffix: str) -> Opened:
    if suffix in (".csv", ".tsv") or column or csv_files.looks_like_table(source):
        return csv_files.open_table(source, column)
    chat_logs.check_is_no_mail(source)
    if suffix not in (".txt", ".log", ".md", ""):
        raise CorpusError(
            f"{source.name} is not a text file of a known kind: give one of {', '.join(SUFFIXES)}"
        )
    chat_logs.check_is_no_log(source)
    return _lines(source)


def _lines(source: Source, column: str = "") -> Opened:
    return PLAIN, lambda: (Message(line.rstrip("\r\n")) for line in source.lines())


def _forced_json(source: Source, column: str) -> Opened:
    opened = json_files.open_document(source, column)
    if opened is None:
        raise CorpusError(f"{source.name} is no JSON")
    return opened


# What `--format` takes.
FORCED: dict[str, Callable[[Source, str], Opened]] = {
    "text": _lines,
    "csv": csv_files.open_table,
    "json": _forced_json,
    "jsonl": json_files.open_lines,
    "html": lambda source, column: _page(
        source, html_files.form_of(source) or pidgin_pages.form_of(source)
    ),
    "exporter": lambda source, column: (
        exporter_text.FORM,
        lambda: exporter_text.read(source),
    ),
    "whatsapp": lambda source, column: (whatsapp.FORM, lambda: whatsapp.read(source)),
    "irc": lambda source, column: (irc.FORM, lambda: irc.read(source)),
    "chatlog": lambda source, column: (chat_logs.FORM, lambda: chat_logs.read(source)),
}
FORMATS = (AUTO, *FORCED)
ALL_FORMS = tuple(
    dict.fromkeys(
        [
            *(one.form for one in json_files.KNOWN),
            csv_files.EXPORTER,
            exporter_text.FORM,
            html_files.EXPORTER,
            html_files.TELEGRAM,
            pidgin_pages.PIDGIN,
            pidgin_pages.ADIUM,
            whatsapp.FORM,
            irc.FORM,
            chat_logs.FORM,
            csv_files.CSV,
            PLAIN,
        ]
    )
)


# What any program writes: beside files of one that is known, these are of something else.
_ANYBODYS = frozenset({"json", "csv", "text"})


def _open_archive(opener: Callable[[], BinaryIO], name: str, column: str, form: str) -> MessageFile:
    """Recognise each text of an archive; beside real chats, others are settings and read-mes."""
    with ExitStack() as stack:
        file = stack.enter_context(opener())
        if not file.seekable():
            file = stack.enter_context(seekable(opener, name))
        archive = open_archive(file, name, stack)
        parts: list[tuple[str, Part]] = []
        unknown: list[str] = []
        first: CorpusError | None = None
        for source in archive.sources:
            try:
                parts.append((source.name, _owned(_part(source, column, form), archive)))
            except CorpusError as error:
                first = first or error
                unknown.append(source.name)
        if not parts and first is not None:
            raise first
        kept = _chats([part for _, part in parts], archive)
        unknown += [found for found, part in parts if part not in kept]
        return MessageFile(kept, unknown, _stack=stack.pop_all())


def _chats(parts: list[Part], archive: Archive) -> list[Part]:
    """Return the parts that are chats: in a data package of Discord, the messages alone."""
    if archive.owner_id:
        own = [part for part in parts if part.form.id == _PACKAGE]
        if own:
            return own
    known = [part for part in parts if part.form.id not in _ANYBODYS]
    tables = [part for part in parts if part.form is not PLAIN]
    return known or tables or parts


def _owned(part: Part, archive: Archive) -> Part:
    """Return a part whose authors are named as the archive's other files name them."""
    if not (archive.owner_id or archive.names):
        return part
    is_own = part.form.id == _PACKAGE

    def named() -> Iterator[Message]:
        for message in part.messages():
            if is_own and archive.owner_id:
                yield replace(message, author_id=archive.owner_id)
            elif message.author_id in archive.names:
                name = archive.names[message.author_id]
                kind = message.kind if name else Kind.BOT
                yield replace(message, author_name=name or message.author_name, kind=kind)
            else:
                yield message

    return replace(part, messages=named)
