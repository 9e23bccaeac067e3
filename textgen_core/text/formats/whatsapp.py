"""WhatsApp's exported chat: ``15/01/2024, 10:30 - Alice: hi``, or with brackets on an iPhone.

Dates and times are written as the phone's language writes them. whatstk reads them by the same
kind of pattern, but brings pandas; so the pattern is here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from textgen_core.errors import CorpusError
from textgen_core.text.formats.messages import Form, Kind, Message, with_named_mentions
from textgen_core.text.formats.source import MAX_LINE_CHARS, Source
from textgen_core.text.special_tokens import MENTION

FORM = Form("whatsapp", "WhatsApp", marks=True)

_MARK = "\u200e\u200f\u202a\u202c\ufeff"
# 15/01/2024, 2024. 1. 15., 2024년 1월 15일, 15 янв. 2024
_DATE = (
    r"\d{1,4}(?:[./\-\s\u200f년]{1,3}\d{1,2}[./\-\s\u200f월]{1,3}|[.\s]{1,2}[^\W\d]{3,12}\.?\s)"
    r"\d{1,4}"
)
_TIME = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?"
# What stands between and behind them is the language's own: um, klo, г., 오전, p. m.
_MOMENT = (
    rf"(?:{_DATE}[^\d\n\[\]<>]{{1,14}}{_TIME}|{_TIME},\s{_DATE})(?P<half>[^\d\n\[\]<>:\-–]{{0,14}})"
)
_HEAD = re.compile(
    rf"[{_MARK}]*(?:\[{_MOMENT}\] |{_MOMENT.replace('half', 'dash')}(?:(?<= )- |(?<= )– )|"
    rf"\d{{2,4}}년 \d{{1,2}}월 \d{{1,2}}일 [^\d\n]{{2}} {_TIME}, )(?P<rest>.*)",
    re.DOTALL,
)
_NAMED = re.compile(r"(?P<name>[^:\n]{1,80}+): ?(?P<text>.*)", re.DOTALL)
_HEADLESS = 3  # lines before the first message: a chat that somebody has cut out of a longer one
_MENTION = re.compile("@\u2068[^\u2069\n]{1,80}\u2069|@\\d{6,15}\\b")
_EDITED = re.compile("\u200e?<[^<>\n]{3,60}>\\s*$")
# A file that was sent along: said in the phone's language, but always in one of these forms.
_FILE = re.compile(
    r"<[^<>\n]{3,60}>|\S{1,80}\.\w{2,4} \([^()\n]{3,40}\)|(?:null|POLL:.*|LOCATION:.*|"
    r"(?:image|video|audio|sticker|GIF|document|Contact card) omitted)",
    re.DOTALL,
)
_GONE = re.compile(
    r"(?:(?:This message was|You) deleted(?: this message)?|"
    r"(?:Diese Nachricht wurde gelöscht|Du hast diese Nachricht gelöscht)|"
    r"(?:Se eliminó este mensaje|Eliminaste este mensaje)|"
    r"(?:Ce message a été supprimé|Vous avez supprimé ce message)|"
    r"(?:Mensagem apagada|Essa mensagem foi apagada|Você apagou essa mensagem)|"
    r"(?:Questo messaggio è stato eliminato|Hai eliminato questo messaggio)|"
    r"(?:Dit bericht is verwijderd|Je hebt dit bericht verwijderd)|"
    r"Missed (?:voice|video) call.*|Waiting for this message\..*)\.?"
)


def looks_like_it(source: Source) -> bool:
    """Say whether a file begins as an exported chat does and goes on so."""
    lines = [line for line in source.head_lines if line.strip()]
    if not any(map(_HEAD.fullmatch, lines[:_HEADLESS])):
        return False
    heads = [match for line in lines if (match := _HEAD.fullmatch(line)) is not None]
    named = sum(_NAMED.fullmatch(head["rest"]) is not None for head in heads)
    return named * 2 >= len(heads) and len(heads) * 10 >= len(lines)


def read(source: Source) -> Iterator[Message]:
    """Yield the messages; lines without a date go on with the one before."""
    entry: list[str] = []
    chars = 0
    for line in source.lines():
        bare = line.rstrip("\r\n")
        head = _HEAD.fullmatch(bare)
        if head is None:
            entry.append(bare)
            chars += len(bare)
            if chars > MAX_LINE_CHARS:
                raise CorpusError(f"{source.name}: a message in it is longer than any is")
            continue
        if entry:
            yield _message("\n".join(entry))
        entry, chars = [head["rest"]], 0
    if entry:
        yield _message("\n".join(entry))


def _opens_a_quotation(name: str) -> bool:
    """Say whether a colon stands within quotation marks: «Ann changed the subject from “a: b”»."""
    return name.count('"') % 2 == 1 or any(
        name.count(first) > name.count(last) for first, last in ("“”", "„“", "«»", "‘’")
    )


def _message(entry: str) -> Message:
    named = _NAMED.fullmatch(entry)
    if named is None or _opens_a_quotation(named["name"]):
        return Message(entry.strip(), kind=Kind.NOTICE)
    raw = named["text"]
    name = named["name"].strip("\u200e\u202a\u202c~ \u202f")
    is_apps = raw.startswith("\u200e")  # on an iPhone, before whatever WhatsApp says itself
    text = _EDITED.sub("", raw).strip() if not _FILE.fullmatch(raw.strip()) else raw.strip()
    is_notice = is_apps or _FILE.fullmatch(text) or _GONE.fullmatch(text.strip("\u200e "))
    marked = with_named_mentions(_MENTION.sub("@someone", text)).replace("\u200e", "")
    return Message(
        marked.replace("@someone", MENTION),
        author_name=name,
        kind=Kind.NOTICE if is_notice else Kind.PERSON,
    )
