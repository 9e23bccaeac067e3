"""The process that reads a file of messages: `python -P -m bot.corpus.reading_process`.

Whatever kind of file it is, textgen_core.text.message_files.read_messages knows how to read it;
here its messages are marked (bot/text/discord_markup.py) and written as JSON lines: who wrote one,
as far as the file says so, and what is worth learning of it.

It is asked {"path", "target", "prefix", "bot_id"} and tells {"messages": N} now and then.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.corpus.authors import author_id_of
from bot.errors import UserError
from bot.runtime.confined import run_confined, tell
from bot.runtime.data_folder import private
from bot.text.discord_markup import learnable_text
from textgen_core.errors import CorpusError
from textgen_core.text.message_files import read_messages

MAX_UNPACKED_BYTES = 2 << 30
MAX_TEXT_CHARS = 20_000  # Discord's longest message has 4,000; a book in one line is cut up
_TELL_EVERY = 2_000
_BLOCK_BYTES = 1 << 20


def main() -> int:
    """Read one file; return the exit status."""
    return run_confined(read_file, (UserError,))


def read_file(request: dict[str, Any]) -> dict[str, Any]:
    """Write a file's messages as JSON lines and return how many they are.

    Raises:
        UserError: the file is damaged, or not of the kind that its name says.
    """
    path, target = Path(request["path"]), Path(request["target"])
    count = 0
    try:
        if path.suffix == ".gz":
            path = _unpacked(path)
        with open(target, "wb", opener=private) as out:
            for line in _lines(path, prefix=request["prefix"], bot_id=request["bot_id"]):
                out.write(line)
                count += 1
                if count % _TELL_EVERY == 0:
                    tell({"messages": count})
    except CorpusError as error:
        raise UserError(f"I cannot read that file: {error}.") from None
    return {"messages": count}


def _lines(path: Path, *, prefix: str, bot_id: int) -> Iterator[bytes]:
    author: list[int | None] = [None]

    def note_author(record: Mapping[str, Any]) -> bool:
        author[0] = author_id_of(record)
        return True

    for content in read_messages(path, note_author):
        message = {"author": {}, "type": 0, "content": content}
        text = learnable_text(message, prefix=prefix, bot_id=bot_id)
        for part in () if text is None else _parts(text):
            yield json.dumps([author[0], part]).encode() + b"\n"


def _parts(text: str) -> Iterator[str]:
    """Yield a text, or as many parts of it as it takes, cut at white space where there is some."""
    while len(text) > MAX_TEXT_CHARS:
        space = text.rfind(" ", MAX_TEXT_CHARS // 2, MAX_TEXT_CHARS)
        end = MAX_TEXT_CHARS if space < 0 else space
        yield text[:end]
        text = text[end:].lstrip()
    if text:
        yield text


def _unpacked(path: Path) -> Path:
    """Unpack a file beside itself, as far as is reasonable: a few bytes can hold gigabytes."""
    target = path.with_suffix("")
    left = MAX_UNPACKED_BYTES
    try:
        with gzip.open(path) as packed, open(target, "wb", opener=private) as out:
            while block := packed.read(_BLOCK_BYTES):
                left -= len(block)
                if left < 0:
                    limit = f"{MAX_UNPACKED_BYTES >> 30} GiB"
                    raise UserError(f"That file is too large: unpacked it has more than {limit}.")
                out.write(block)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"I cannot read that file: {path.name} is damaged ({error}).") from None
    return target


if __name__ == "__main__":
    raise SystemExit(main())
