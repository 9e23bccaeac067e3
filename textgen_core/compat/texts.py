"""Texts to learn from: read as textgenrnn reads its files, and checked."""

from __future__ import annotations

import io
import os
import re
import warnings
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from textgen_core.compat.arguments import texts_of
from textgen_core.errors import CorpusError, TextgenWarning

if TYPE_CHECKING:
    from textgen_core.text.formats.source import Source

PathLike = str | os.PathLike[str]

PIECE_CHARS = 4000
MIN_PIECES = 20
MIN_SINGLE_CHARS = 400
READ_CHARS = 1_000_000

_DAMAGED = (OSError, EOFError, zlib.error)
_HALF = re.compile("[\ud800-\udfff]")


def read_texts(path: PathLike, header: bool, delim: str, is_csv: bool) -> list[str]:
    """Return the texts of a file.

    Args:
        path: in UTF-8, UTF-16 or what was usual before them, packed by gzip or not; damaged
            bytes are left out, as textgenrnn does.
        header: whether the first line (of a CSV the first row) is a heading, to be left out.
        delim: what ends a text.
        is_csv: the texts are the first column of a table; ``delim`` is not used.

    Raises:
        ValueError: the file is missing, no text or no CSV.
    """
    if not isinstance(delim, str) or not delim:
        raise ValueError(f"delim must be at least one character, got {delim!r}")
    if is_csv:
        return [row[0] for row in _rows(path, header)]
    with _opened(path) as file:
        if header:
            file.readline()
        if delim == "\n":
            return [line.rstrip("\n") for line in file]
        texts = file.read().split(delim)
        return texts[:-1] if not texts[-1].strip() else texts


def read_labelled(path: PathLike, header: bool) -> tuple[list[str], list[str]]:
    """Return the two columns of a CSV: texts and their labels.

    Raises:
        ValueError: the file is missing, is no CSV, or a row has no label.
    """
    texts: list[str] = []
    labels: list[str] = []
    for row in _rows(path, header):
        if len(row) < 2:
            raise ValueError(
                f"{Path(path).name}: row {len(texts) + 1} has no label; with context each row"
                " must be a text and its label"
            )
        texts.append(row[0])
        labels.append(row[1])
    return texts, labels


def read_pieces(path: PathLike) -> list[str]:
    """Return one long text in pieces; a large one is never whole in memory beside them.

    Raises:
        ValueError: the file is missing or holds too little.
    """
    with _opened(path) as file:
        first = file.read(READ_CHARS)
        if len(first) < READ_CHARS:
            return cut(first)
        return list(_pieces(chain([first], iter(lambda: file.read(READ_CHARS), "")), PIECE_CHARS))


def cut(text: str) -> list[str]:
    """Return a long text in pieces.

    Raises:
        ValueError: it is too short.
    """
    text = whole(text)
    if len(text) < MIN_SINGLE_CHARS:
        raise ValueError(
            f"a single text must have at least {MIN_SINGLE_CHARS} characters to train on,"
            f" got {len(text)}"
        )
    return list(_pieces([text], min(PIECE_CHARS, len(text) // MIN_PIECES)))


def _pieces(parts: Iterable[str], chars: int) -> Iterator[str]:
    """Cut before white space where there is some, into pieces of at most twice ``chars``."""
    rest = ""
    for part in parts:
        rest = rest + part if rest else part
        at = 0
        while len(rest) - at > 2 * chars:
            end = max(rest.rfind(white, at + chars, at + 2 * chars) for white in " \n")
            end = end if end > at else at + chars
            yield rest[at:end]
            at = end
        rest = rest[at:]
    if rest:
        yield rest


def checked(texts: Iterable[str], labels: Iterable[object] | None) -> tuple[list[str], list[str]]:
    """Return the texts that have something to learn from, and their labels.

    Raises:
        ValueError: the arguments are not texts, or too few; the text says what to do.
    """
    if isinstance(texts, str):
        raise ValueError(
            "texts must be a list of texts, got one text; for a single long one give [text] with"
            " single_text=True, or its file to train_from_largetext_file"
        )
    texts = texts_of("texts", texts)
    if labels is not None and not isinstance(labels, Iterable):
        raise ValueError(f"context_labels must be a list, one a text, got {labels!r:.60}")
    names = [""] * len(texts) if labels is None else [str(label) for label in labels]
    if len(names) != len(texts):
        raise ValueError(
            f"there must be one context label a text, got {len(names)} for {len(texts)} texts"
        )
    texts = [whole(text) for text in texts]
    kept = [i for i, text in enumerate(texts) if text and not text.isspace()]
    if not kept:
        raise ValueError(f"training needs a text that is not blank, got {len(texts)} blank ones")
    if len(kept) == len(texts):
        return texts, names if labels is not None else []
    warnings.warn(
        f"{len(texts) - len(kept):,} of {len(texts):,} texts are blank: they are left out",
        TextgenWarning,
        stacklevel=5,
    )
    return [texts[i] for i in kept], [names[i] for i in kept] if labels is not None else []


def whole(text: str) -> str:
    """Return a text without halves of characters, which cannot be written to a file."""
    return _HALF.sub("\N{REPLACEMENT CHARACTER}", text)


@contextmanager
def readable(path: PathLike) -> Iterator[Source]:
    """Yield a file of text; what it cannot be read by is told as a ValueError."""
    from textgen_core.text.formats.recognition import open_source

    try:
        yield open_source(Path(path))
    except _DAMAGED as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"the file {path} cannot be read: {reason}") from error
    except CorpusError as error:
        raise ValueError(f"{error}") from error


@contextmanager
def _opened(path: PathLike) -> Iterator[TextIO]:
    with readable(path) as source, source.opener() as file:
        yield io.TextIOWrapper(file, encoding=source.encoding, errors="ignore")


def _rows(path: PathLike, header: bool) -> Iterator[list[str]]:
    """Yield the rows of a table that hold something, whatever divides its columns."""
    from textgen_core.text.formats.csv_files import delimiter_of, rows_of
    from textgen_core.text.formats.source import MAX_LINE_CHARS

    with readable(path) as source:
        rows = rows_of(source, delimiter_of(source), max_field_chars=MAX_LINE_CHARS)
        yield from (row for row in islice(rows, int(header), None) if row)
