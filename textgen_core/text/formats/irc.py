"""Logs of IRC: irssi, WeeChat, HexChat, mIRC, ZNC and what channels publish.

They agree on ``<nick> text`` but for WeeChat's columns; the time before it is anybody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from textgen_core.text.formats.messages import Form, Kind, Message
from textgen_core.text.formats.source import Source
from textgen_core.text.special_tokens import MENTION, unmarked

FORM = Form("irc", "IRC log", marks=True)
MAX_NICKS = 20_000

_NICK = r"[^\s<>]{1,40}"
# mIRC's codes for colours and the like: https://modern.ircdocs.horse/formatting
_CODES = re.compile(
    "\x03(?:\\d{1,2}(?:,\\d{1,2})?)?|\x04(?:[\\da-fA-F]{6})?|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)
_STAMP = (
    r"(?:\[[^\W\d]{2,4}\.? [^\W\d]{3,4}\.? \d{1,2} \d{4}\] )?"  # Konversation
    r"\[?(?:\d{2,4}[-/.]\d\d[-/.]\d{2,4}[T ]{1,2}|[^\W\d]{3,4}\.? \d\d (?:\d{4} )?)?"
    r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?(?: ?[AaPp][Mm])?\]?\s{1,3}"
)
_TIME = rf"(?:{_STAMP})?"
_SAID = re.compile(rf"{_TIME}<[ @+%&~!]?(?P<nick>{_NICK})>\s(?P<text>.*)", re.DOTALL)
# WeeChat: time, nick and text with tabs between them.
_COLUMNS = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\t[@+%&~!]?(?P<nick>[^\t]{0,60})\t(?P<text>.*)", re.DOTALL
)
_OTHER = re.compile(
    rf"{_TIME}(?:-!-|\*{{1,3}}|---|===|-->|<--|--|-[^\s-]{{1,40}}-|\*\t|Session )[\s:].*"
    r"|\*{4} .*|--- (?:Log|Day) .*|Session (?:Start|Close|Time|Ident).*",
    re.DOTALL,
)
_NO_NICKS = frozenset({"", "-->", "<--", "--", "*", " *", "=!="})
_STAMPED = re.compile(rf"{_STAMP}.*", re.DOTALL)
_ADDRESS = re.compile(r"(?P<nick>[^\s<>,:]{1,40}+)[:,]\s")


def looks_like_it(source: Source) -> bool:
    """Say whether nearly all of the first lines are somebody's, or the server's."""
    lines = [line for line in map(_plain, source.head_lines) if line.strip()]
    said = sum(_said(line) is not None for line in lines)
    other = sum(_said(line) is None and _is_servers(line) for line in lines)
    return said >= 2 and said + other >= 0.8 * len(lines) and said >= 0.2 * len(lines)


def read(source: Source) -> Iterator[Message]:
    """Yield the messages; who is addressed at the beginning of one becomes a mark."""
    nicks: set[str] = set()
    for line in source.lines():
        said = _said(_plain(line))
        if said is not None and len(nicks) < MAX_NICKS:
            nicks.add(said["nick"].casefold())
    for line in source.lines():
        line = _plain(line).rstrip("\r\n")
        said = _said(line)
        if said is not None:
            yield Message(_addressed(said["text"], nicks), author_name=said["nick"])
        elif line.strip():
            yield Message(line.strip(), kind=Kind.NOTICE)


def _plain(line: str) -> str:
    return _CODES.sub("", line)


def _is_servers(line: str) -> bool:
    """Say whether a line is one of the server's or the program's own: a time and no nick."""
    return _OTHER.fullmatch(line) is not None or _STAMPED.fullmatch(line) is not None


def _said(line: str) -> re.Match[str] | None:
    said = _SAID.fullmatch(line) or _COLUMNS.fullmatch(line)
    return None if said is None or said["nick"] in _NO_NICKS else said


def _addressed(text: str, nicks: set[str]) -> str:
    text = unmarked(text)
    address = _ADDRESS.match(text)
    if address is not None and address["nick"].casefold() in nicks:
        return MENTION + text[len(address["nick"]) :]
    return text
