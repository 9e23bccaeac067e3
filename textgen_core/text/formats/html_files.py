"""Chats as web pages: DiscordChatExporter's and Telegram's.

Python's html.parser reads them as they stream by: it needs no memory for the page, and
expands nothing that a page could blow up.
"""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

from textgen_core.errors import CorpusError
from textgen_core.text.formats.exporter_notices import is_notice, plain_name
from textgen_core.text.formats.messages import Form, Kind, Message, moment, with_named_mentions
from textgen_core.text.formats.source import Source
from textgen_core.text.special_tokens import EMOJI, MENTION, unmarked

EXPORTER = Form("discordchatexporter-html", "DiscordChatExporter HTML", marks=True)
TELEGRAM = Form("telegram-html", "Telegram HTML", marks=True)

MAX_DEPTH = 500
MAX_TAG_CHARS = 1 << 20
MAX_MARKUP_CHARS = 1 << 16  # of one message; more is no message
_BLOCK_CHARS = 1 << 16
_VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()  # noqa: SIM905
)
_QUOTATIONS = frozenset({"quote", "blockquote", "legacyquote"})
_NEW_LINES = frozenset({"br", "p", "div"})
_Attributes = list[tuple[str, str | None]]


def form_of(source: Source) -> Form | None:
    """Return whose page it is, by its classes; None where it is nobody's."""
    with source.text() as file:
        head = file.read(1 << 20)  # the exporter's begins with its style sheet
    if "chatlog__" in head:
        return EXPORTER
    if "page_wrap" in head and "from_name" in head:
        return TELEGRAM
    return None


def read(source: Source, form: Form) -> Iterator[Message]:
    """Yield the messages of a page."""
    return pages_messages(source, _ExporterPage() if form is EXPORTER else _TelegramPage())


def pages_messages(source: Source, page: Page) -> Iterator[Message]:
    """Yield the messages of a page as it streams by.

    Raises:
        CorpusError: a tag does not end, or tags are nested without end.
    """
    with source.text() as file:
        while block := file.read(_BLOCK_CHARS):
            page.feed(block)
            if len(page.rawdata) > MAX_TAG_CHARS:
                raise CorpusError(f"{source.name} has a tag in it that does not end")
            if len(page.open) > MAX_DEPTH:
                raise CorpusError(f"{source.name} has tags in tags in it, {MAX_DEPTH} deep")
            yield from page.take()
    page.close()
    yield from page.take()


def html_text(markup: str) -> str:
    """Return the text of a message that was written in tags, without quotations and images.

    Mentions become marks, links that are shown as themselves stay.
    """
    if "<" not in markup and "&" not in markup:
        return with_named_mentions(markup)
    page = _TaggedText()
    page.feed(markup[:MAX_MARKUP_CHARS])
    page.close()
    return "".join(page.texts).strip()


class _TaggedText(HTMLParser):
    """One message in tags, as Skype and Teams have them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._left_out = 0

    def handle_starttag(self, tag: str, attrs: _Attributes) -> None:
        if tag in _QUOTATIONS:
            self._left_out += 1
        elif tag == "at" and not self._left_out:
            self.texts.append(MENTION)
            self._left_out += 1
        elif tag in _NEW_LINES:
            self.texts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if (tag in _QUOTATIONS or tag == "at") and self._left_out:
            self._left_out -= 1

    def handle_data(self, data: str) -> None:
        if not self._left_out:
            self.texts.append(with_named_mentions(data))


class Page(HTMLParser):
    """Follows which elements are open; what they mean, the kinds of pages know.

    Attributes:
        open: the elements, the outermost first: tag and role, which is empty for most.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, str]] = []
        self._ready: list[Message] = []
        self._texts: dict[str, list[str]] = {}
        self._name = self._id = ""
        self._date: str | None = None

    def take(self) -> list[Message]:
        """Return the messages that are complete, once."""
        ready, self._ready = self._ready, []
        return ready

    def handle_starttag(self, tag: str, attrs: _Attributes) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in _VOID:
            self._void(tag, values)
            return
        role = self._role(tag, frozenset(values.get("class", "").split()), values)
        if role:
            self._texts[role] = []
        self.open.append((tag, role))

    def handle_startendtag(self, tag: str, attrs: _Attributes) -> None:
        if tag in _VOID:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        tags = [name for name, _ in self.open]
        if tag not in tags:
            return
        while self.open:
            name, role = self.open.pop()
            if role:
                self._end(role, "".join(self._texts.pop(role, [])))
            if name == tag:
                return

    def handle_data(self, data: str) -> None:
        self._put(unmarked(data))

    def _put(self, text: str) -> None:
        """Add to the text of the innermost element that is kept."""
        self._add(next((role for _, role in reversed(self.open) if role), ""), text)

    def _is_in(self, role: str) -> bool:
        return any(found == role for _, found in self.open)

    def _add(self, role: str, text: str) -> None:
        if role in self._texts:
            self._texts[role].append(text)

    def _void(self, tag: str, values: dict[str, str]) -> None:
        """Take an element that has no end."""
        if tag == "br":
            self._put("\n")

    def _role(self, tag: str, classes: frozenset[str], values: dict[str, str]) -> str:
        """Return what an element is to be kept as; empty for nothing."""
        raise NotImplementedError

    def _end(self, role: str, text: str) -> None:
        """Take an element's text at its end."""
        raise NotImplementedError


class _ExporterPage(Page):
    """DiscordChatExporter's, as of 2.30 and later: old class names and new ones."""

    _kind = Kind.PERSON

    def _role(self, tag: str, classes: frozenset[str], values: dict[str, str]) -> str:
        if "chatlog__message-group" in classes:
            self._name, self._id, self._kind = "", "", Kind.PERSON
        if classes & {"chatlog__author", "chatlog__author-name"}:
            self._id = values.get("data-user-id", "")
            self._name = plain_name(values.get("title", ""))
            return ""
        if classes & {"chatlog__author-tag", "chatlog__bot-tag"}:
            return "tag"
        if any("forward" in name for name in classes):
            return "left out"  # somebody else's words
        if classes & {"chatlog__timestamp", "chatlog__short-timestamp"}:
            self._date = values.get("title") or None
        if "chatlog__content" in classes and not self._is_in("left out"):
            return "content"
        return self._inner_role(classes) if self._is_in("content") else ""

    def _inner_role(self, classes: frozenset[str]) -> str:
        if classes & {"chatlog__markdown-mention", "mention"}:
            return "mention"
        if classes & {"chatlog__markdown-timestamp", "timestamp", "chatlog__edited-timestamp"}:
            return "left out"
        return "left out" if any("edited" in name for name in classes) else ""

    def _void(self, tag: str, values: dict[str, str]) -> None:
        super()._void(tag, values)
        if tag == "img" and self._is_in("content"):
            shown = values.get("alt", "").strip(":")
            is_named = shown.isascii() and shown.isidentifier()
            self._put(f"{EMOJI}{shown}:" if is_named else shown)

    def _end(self, role: str, text: str) -> None:
        if role == "tag" and text.strip().upper() in ("BOT", "APP", "WEBHOOK"):
            self._kind = Kind.BOT
        elif role == "mention":
            self._add("content", MENTION if text.startswith("@") else "#channel")
        elif role == "content":
            kind = Kind.NOTICE if is_notice(text) else self._kind
            self._ready.append(
                Message(text.strip(), self._id, self._name, kind, moment(self._date))
            )


class _TelegramPage(Page):
    """Telegram Desktop's."""

    def _role(self, tag: str, classes: frozenset[str], values: dict[str, str]) -> str:
        if "message" in classes and "joined" not in classes:
            self._name = ""
        if "details" in classes and "date" in classes:
            self._date = None
        if "forwarded" in classes or "reply_to" in classes or "service" in classes:
            return "left out"
        if self._is_in("left out"):
            return ""
        if "from_name" in classes:
            return "name"
        if "text" in classes and tag == "div":
            return "content"
        return "mention" if "ShowMentionName" in values.get("onclick", "") else ""

    def _end(self, role: str, text: str) -> None:
        if role == "name":
            self._name = " ".join(text.split())
        elif role == "mention":
            self._add("content", "@someone")
        elif role == "content":
            kind = Kind.NOTICE if text.strip().startswith("/") else Kind.PERSON
            marked = with_named_mentions(text.strip())
            self._ready.append(Message(marked, "", self._name, kind))
