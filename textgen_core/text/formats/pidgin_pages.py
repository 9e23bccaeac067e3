"""Pidgin's logs as web pages, and Adium's in XML.

Pidgin writes a message a line, as its log.c has it: a time in brackets and a name in bold, in one
colour for each side. Adium's .chatlog is http://purl.org/net/ulf/ns/0.4-02.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from textgen_core.text.formats.html_files import Page, html_text, pages_messages
from textgen_core.text.formats.messages import Form, Kind, Message, moment, with_named_mentions
from textgen_core.text.formats.source import Source

PIDGIN = Form("pidgin-html", "Pidgin HTML", marks=True)
ADIUM = Form("adium", "Adium log", marks=True)

_SAID = re.compile(
    r"<(?:font|span)[^>]{0,60}><(?:font|span)[^>]{0,60}>\([^)<]{1,40}\)</(?:font|span)> "
    r"<b>(?P<name>[^<]{1,100}?)(?: &lt;AUTO-REPLY&gt;)?:</b></(?:font|span)> (?P<text>.*)",
    re.DOTALL,
)
_ITS_OWN = re.compile(
    r"\s{0,20}(?:</?(?:html|head|body|p|h[1-3]|title|meta|!DOCTYPE)\b|<(?:font size|span style)=)",
    re.IGNORECASE,
)
_CONVERSATION = ("<h3>Conversation with ", "<h1>Conversation with ", "<title>Conversation with ")
_ADIUMS = "http://purl.org/net/ulf/ns/"


def form_of(source: Source) -> Form | None:
    """Return whose log it is, None where it is none of these."""
    head = "\n".join(source.head_lines)
    if any(words in head for words in _CONVERSATION):
        return PIDGIN
    return ADIUM if "<chat " in head and _ADIUMS in head else None


def read(source: Source, form: Form) -> Iterator[Message]:
    """Yield the messages."""
    return _pidgins(source) if form is PIDGIN else pages_messages(source, _AdiumPage())


def _pidgins(source: Source) -> Iterator[Message]:
    for line in source.lines():
        said = _SAID.match(line)
        if said is not None:
            text, name = html_text(said["text"]), html_text(said["name"])
            yield Message(text, author_name=name)
        elif line.strip() and _ITS_OWN.match(line) is None:
            yield Message(html_text(line), kind=Kind.NOTICE)


class _AdiumPage(Page):
    """Adium's: <message sender="ann" time="…" alias="Ann"><div>hi</div></message>."""

    _kind = Kind.PERSON

    def _role(self, tag: str, classes: frozenset[str], values: dict[str, str]) -> str:
        if tag != "message":
            return ""
        self._id, self._name = values.get("sender", ""), values.get("alias", "")
        self._date = values.get("time") or None
        self._kind = Kind.NOTICE if values.get("auto") == "true" else Kind.PERSON
        return "content"

    def _end(self, role: str, text: str) -> None:
        marked = with_named_mentions(text.strip())
        name = self._name or self._id
        self._ready.append(Message(marked, "", name, self._kind, moment(self._date)))
