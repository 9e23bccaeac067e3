"""The process that reads a file of messages: `python -P -m bot.corpus.reading_process`.

Whatever form it has, textgen_core.text.formats knows how to read it; here its messages are
marked (bot/text/discord_markup.py) and written as JSON lines: id and name of who wrote one, as
far as the file says so, and what is worth learning of it.

It is asked {"path", "target", "max_unpacked_bytes", "column", "form", "prefix", "bot_id",
"other_prefixes"} and tells {"messages": N, "found": "…"} now and then; or, with {"look": true,
"path", "name"}, which columns somebody has to choose from.
"""

from __future__ import annotations

import gzip
import json
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from bot.errors import UserError
from bot.runtime.confined import run_confined, tell
from bot.runtime.data_folder import private
from bot.text.discord_markup import learnable_text
from bot.text.linear import LinearPattern
from bot.text.other_bots import command_pattern
from textgen_core.errors import Column, CorpusError, UnknownTextError
from textgen_core.text.formats.recognition import MessageFile, open_messages, told_in_a_sentence
from textgen_core.text.message_files import usable_text

MAX_TEXT_CHARS = 20_000  # Discord's longest message has 4,000; a book in one line is cut up
_MAX_SAMPLE = 200
_TELL_EVERY = 2_000
_BLOCK_BYTES = 1 << 20


def main() -> int:
    """Read one file; return the exit status."""
    return run_confined(serve)


def serve(request: dict[str, Any]) -> dict[str, Any]:
    """Do what is asked: look at a file, or read it.

    Raises:
        UserError: see `read_file`.
    """
    return look_at(request) if request.get("look") else read_file(request)


def look_at(request: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of a file that does not say which has the text; none of any other."""
    columns: Sequence[Column] = ()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, request["name"])  # which tells the forms apart
        path.symlink_to(Path(request["path"]).absolute())
        with suppress(CorpusError):  # it is told to whoever learns from the file
            try:
                open_messages(path).close()
            except UnknownTextError as error:
                columns = error.columns
    return {"columns": [[one.key, one.name, one.sample[:_MAX_SAMPLE]] for one in columns]}


def read_file(request: dict[str, Any]) -> dict[str, Any]:
    """Write a file's messages as JSON lines and return how many they are.

    Raises:
        UserError: the file is damaged, or not of the kind that its name says.
    """
    path, target = Path(request["path"]), Path(request["target"])
    count = 0
    try:
        if path.suffix == ".gz":
            path = _unpacked(path, int(request["max_unpacked_bytes"]))
        with open(target, "wb", opener=private) as out:
            asked = {"column": request["column"], "form": request["form"]}
            with open_messages(path, **asked) as file, told_in_a_sentence(path):
                tell({"messages": 0, "found": file.form_name})
                for line in _lines(file, request):
                    out.write(line)
                    count += 1
                    if count % _TELL_EVERY == 0:
                        tell({"messages": count, "found": file.found})
                return {"messages": count, "found": file.found}
    except CorpusError as error:
        raise UserError("I can't read that file: {reason}.", reason=f"{error}") from None


def _lines(file: MessageFile, request: Mapping[str, Any]) -> Iterator[bytes]:
    learnable = partial(
        learnable_text,
        prefix=request["prefix"],
        bot_id=request["bot_id"],
        other_commands=_other_commands(request["other_prefixes"]),
    )
    for form, message in file:
        content = usable_text(message)
        if content is None:
            continue
        text = learnable({"author": {}, "type": 0, "content": content, "marked": form.marks})
        for part in () if text is None else _parts(text):
            yield json.dumps([message.author_id, message.author_name, part]).encode() + b"\n"


def _other_commands(prefixes: list[str] | None) -> LinearPattern | None:
    return command_pattern(None if prefixes is None else tuple(prefixes))


def _parts(text: str) -> Iterator[str]:
    """Yield a text, or as many parts of it as it takes, cut at white space where there is some."""
    while len(text) > MAX_TEXT_CHARS:
        space = text.rfind(" ", MAX_TEXT_CHARS // 2, MAX_TEXT_CHARS)
        end = MAX_TEXT_CHARS if space < 0 else space
        yield text[:end]
        text = text[end:].lstrip()
    if text:
        yield text


def _unpacked(path: Path, max_bytes: int) -> Path:
    """Unpack a file beside itself, as far as is reasonable: a few bytes can hold gigabytes."""
    target = path.with_suffix("")
    left = max_bytes
    try:
        with gzip.open(path) as packed, open(target, "wb", opener=private) as out:
            while block := packed.read(_BLOCK_BYTES):
                left -= len(block)
                if left < 0:
                    limit = f"{max_bytes >> 30} GiB"
                    raise UserError(
                        "That file is too large: unpacked, it is more than {limit}.", limit=limit
                    )
                out.write(block)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(
            "I can't read that file: {name} is damaged ({reason}).",
            name=path.name,
            reason=f"{error}",
        ) from None
    return target


if __name__ == "__main__":
    raise SystemExit(main())
