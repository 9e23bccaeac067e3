"""DiscordChatExporter's .txt: ``[01/01/2024 10:00 AM] alice`` above each message."""

from __future__ import annotations

import re
from collections.abc import Iterator

from textgen_core.errors import CorpusError
from textgen_core.text.formats.exporter_notices import People
from textgen_core.text.formats.messages import Form, Message, with_named_mentions
from textgen_core.text.formats.source import MAX_LINE_CHARS, Source

FORM = Form("discordchatexporter-txt", "DiscordChatExporter text", marks=True)

_HEAD = re.compile(
    # As .NET writes them in the language of whoever exported: 14. 9. 2018 г. 23:18, 下午 11:18
    r"\[(?P<date>\d{1,4}[-/. ]{1,2}\w{1,9}\.?[-/. ]{1,2}\d{1,4}[^\d\]]{1,10}\d{1,2}[:.]\d{2}"
    r"[^\]]{0,12})\] "
    r"(?P<name>\S.{0,80}?)(?: \(pinned\))?"
)
# What follows in braces is no text of the message: addresses, embeds, counts.
_SECTION = re.compile(
    r"\{(?:Attachments|Embed|Stickers|Reactions|Poll|Components|Forwarded Message)\}"
)
_RULER = re.compile(r"={20,}")
_FOUR_DIGITS = re.compile(r"\b(20\d\d)\b")
_TWO_DIGITS = re.compile(r"[-/.](\d\d)\b(?!\d)\D{0,10}\d{1,2}[:.]")


def looks_like_it(source: Source) -> bool:
    """Say whether a file begins with the exporter's ruler, or with a message of its form."""
    lines = [line for line in source.head_lines if line.strip()]
    if not any(map(_is_head, lines)):
        return False
    if lines and _RULER.fullmatch(lines[0].strip()):
        return True
    return _is_head(lines[0]) and sum(map(_is_head, lines)) * 4 >= len(lines)


def read(source: Source) -> Iterator[Message]:
    """Yield the messages; bots are told by their names' tails, as the file does not name them."""
    people = People()
    for name, date, _ in _parts(source):
        people.note(name, None, _year(date))
    for name, _, text in _parts(source):
        marked = with_named_mentions(text, people.names_in(text))
        yield people.judged(marked, Message(marked, author_name=name))


def _is_head(line: str) -> bool:
    return _HEAD.fullmatch(line.strip()) is not None


def _year(date: str) -> int:
    if (four := _FOUR_DIGITS.search(date)) is not None:
        return int(four[1])
    two = _TWO_DIGITS.search(date)
    return 2000 + int(two[1]) if two else 0


def _parts(source: Source) -> Iterator[tuple[str, str, str]]:
    """Yield the author, date and text of each message."""
    name = date = ""
    text: list[str] = []
    chars = 0
    is_text = after_blank = False
    for line in source.lines():
        bare = line.rstrip("\r\n")
        head = _HEAD.fullmatch(bare.rstrip()) if not name or after_blank else None
        if head is not None:
            if name:
                yield name, date, "\n".join(text).strip()
            name, date = head["name"], head["date"]
            text, chars, is_text = [], 0, True
        elif _RULER.fullmatch(bare.strip()) and after_blank and name:
            yield name, date, "\n".join(text).strip()
            name, is_text = "", False
        elif is_text and _SECTION.fullmatch(bare.strip()):
            is_text = False
        elif is_text:
            text.append(bare)
            chars += len(bare)
            if chars > MAX_LINE_CHARS:
                raise CorpusError(f"{source.name}: a message in it is longer than any is")
        after_blank = not bare.strip()
    if name:
        yield name, date, "\n".join(text).strip()
