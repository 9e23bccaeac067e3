"""A file's bytes and lines, to be read as often as somebody needs to."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO, TextIO, cast

from textgen_core.errors import CorpusError
from textgen_core.text.formats.encodings import encoding_of

MAX_LINE_CHARS = 16 << 20  # more is no message; a file of zeros would fill the memory
MAX_RECORD_BYTES = 8 << 20  # between one record of a JSON document and the next
HEAD_BYTES = 1 << 16


@dataclass(frozen=True)
class Source:
    """One file, or one member of an archive.

    Attributes:
        name: what it is called in sentences.
        opener: opens it, unpacked, at its beginning.
    """

    name: str
    opener: Callable[[], BinaryIO]

    @cached_property
    def head(self) -> bytes:
        """The first bytes."""
        with self.opener() as file:
            return file.read(HEAD_BYTES)

    @cached_property
    def encoding(self) -> str:
        """The name of the encoding."""
        with self.opener() as file:
            return encoding_of(file)

    @property
    def is_legacy(self) -> bool:
        """Whether it is in none of Unicode's encodings."""
        return not self.encoding.replace("_", "-").startswith("utf-")

    @cached_property
    def head_lines_with_ends(self) -> list[str]:
        """The first lines; of a longer file without the last one, which may be cut."""
        with self.text() as file:
            lines = file.read(HEAD_BYTES).splitlines(keepends=True)
            return lines[:-1] if len(lines) > 1 and file.read(1) else lines

    @property
    def head_lines(self) -> list[str]:
        """The same without their ends."""
        return [line.rstrip("\r\n") for line in self.head_lines_with_ends]

    @contextmanager
    def text(self) -> Iterator[TextIO]:
        """Yield its characters; damaged ones are replaced."""
        with self.opener() as file:
            yield io.TextIOWrapper(file, encoding=self.encoding, errors="replace", newline="")

    def lines(self) -> Iterator[str]:
        """Yield its lines, with their ends.

        Raises:
            CorpusError: one is too long.
        """
        with self.text() as file:
            for number in itertools.count(1):
                line = file.readline(MAX_LINE_CHARS + 1)
                if not line:
                    return
                if len(line) > MAX_LINE_CHARS:
                    raise CorpusError(
                        f"{self.name}, line {number}: longer than {MAX_LINE_CHARS} characters"
                    )
                yield line

    @contextmanager
    def json_bytes(self) -> Iterator[BoundedReader]:
        """Yield its bytes as UTF-8 without a mark at the beginning, as JSON is to be."""
        with self.opener() as file:
            if self.encoding == "utf-8":
                yield BoundedReader(file.read)
                return
            text = io.TextIOWrapper(file, encoding=self.encoding, errors="replace", newline="")
            yield BoundedReader(lambda size: text.read(size).encode(errors="replace"))


class BoundedReader:
    """Bytes for a JSON parser, which builds whatever a record holds before anybody sees it.

    Whoever takes a record calls `next_record`; what comes before the next one is bounded.
    """

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self.next_record()

    def next_record(self) -> None:
        """Begin to count anew."""
        self._bytes = 0

    def read(self, size: int) -> bytes:
        """Return the next bytes.

        Raises:
            CorpusError: a record is too large.
        """
        block = self._read(size)
        self._bytes += len(block)
        if self._bytes > MAX_RECORD_BYTES + size:
            raise CorpusError(
                f"there is a part of more than {MAX_RECORD_BYTES >> 20} MiB in it that holds no "
                "message"
            )
        return block

    @property
    def binary(self) -> BinaryIO:
        """The same for ijson's types."""
        return cast(BinaryIO, self)


def shortened(text: str, most: int = 60) -> str:
    """Return a line for a sentence: in one line, cut, in quotation marks."""
    flat = " ".join(text.split())
    return f"“{flat[:most]}…”" if len(flat) > most else f"“{flat}”"


def quoted(names: list[str], most: int = 12) -> str:
    """Return words of a file for a sentence, in quotation marks as all that is quoted of one."""
    return f"“{listed(names, most)}”"


def listed(names: list[str], most: int = 12) -> str:
    """Return names for a sentence, each cut, the first few of them."""
    shown = ", ".join(" ".join(name.split())[:40] or "(empty)" for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
