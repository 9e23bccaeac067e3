"""What other services and programs export: read as they write it, or refused with what it is."""

from __future__ import annotations

import io
import json
import sqlite3
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from textgen_core.errors import CorpusError
from textgen_core.text.formats.recognition import open_messages
from textgen_core.text.message_files import usable_text
from textgen_core.text.special_tokens import MENTION

TEXTS = [f"the pizza is here nr{number}" for number in range(12)]
WHO = ("ann", "Bob")
LATE = "2023-01-01T10:00:00.000Z"


def each(line: Callable[[str, str, int], Any]) -> list[Any]:
    return [line(WHO[n % 2], text, n) for n, text in enumerate(TEXTS)]


def skype(content: str, who: str = "8:live:bob", kind: str = "RichText") -> dict[str, Any]:
    return {"id": "1", "displayName": None, "originalarrivaltime": LATE, "messagetype": kind,
            "version": 1.0, "content": content, "conversationid": "8:x", "from": who,
            "properties": None, "amsreferences": None}  # fmt: skip


QUOTE = (
    '<quote author="live:ann" authorname="Ann" timestamp="1"><legacyquote>[1] Ann: </legacyquote>'
    "old words<legacyquote>\n\n&lt;&lt;&lt; </legacyquote></quote>"
)
SKYPE = {
    "userId": "8:live:ann",
    "exportDate": LATE,
    "conversations": [
        {
            "id": "8:live:bob",
            "displayName": "Bob",
            "version": 1.0,
            "properties": {"conversationblocked": False},
            "threadProperties": None,
            "MessageList": [
                *each(lambda who, text, n: skype(text, f"8:live:{who.lower()}")),
                skype("it&apos;s <b>fine</b> <ss type='smile'>:)</ss>"),
                skype("<at id='8:live:ann'>Ann</at> hi"),
                skype(f"{QUOTE}new words"),
                skype("<partlist><part identity='a'><name>Ann</name></part></partlist>",
                      kind="Event/Call"),
                skype("<URIObject uri='x'>To view this photo</URIObject>",
                      kind="RichText/UriObject"),
            ],
        }
    ],
}  # fmt: skip
SKYPE_MORE = ["it's fine :)", f"{MENTION} hi", "new words"]


def hangouts(who: str, *segments: tuple[str, str]) -> dict[str, Any]:
    found = [{"type": kind, "text": text} for kind, text in segments]
    return {"sender_id": {"gaia_id": who, "chat_id": who}, "timestamp": "1600000000000000",
            "chat_message": {"message_content": {"segment": found}}, "event_id": "e",
            "event_type": "REGULAR_CHAT_MESSAGE"}  # fmt: skip


HANGOUTS = {
    "conversations": [
        {
            "conversation": {"conversation_id": {"id": "U"}},
            "events": [
                *each(lambda who, text, n: hangouts(f"id-{who}", ("TEXT", text))),
                hangouts("id-ann", ("TEXT", "two"), ("LINE_BREAK", "\n"), ("TEXT", "lines")),
                {"sender_id": {"gaia_id": "1"}, "event_type": "HANGOUT_EVENT", "timestamp": "1",
                 "hangout_event": {"event_type": "START_HANGOUT"}},
            ],
        }
    ]
}  # fmt: skip


def matrix(sender: str, body: str, kind: str = "m.text", **more: Any) -> dict[str, Any]:
    return {"type": "m.room.message", "sender": sender, "origin_server_ts": 1_600_000_000_000,
            "event_id": "$1", "content": {"msgtype": kind, "body": body, **more}}  # fmt: skip


ELEMENT = {
    "room_name": "R",
    "export_date": "x",
    "messages": [
        {"type": "m.room.member", "sender": "@ann:x", "content": {"membership": "join"}},
        *each(lambda who, text, n: matrix(f"@{who}:x", text)),
        matrix("@ann:x", "> <@bob:x> old words\n> more\n\nnew words",
               **{"m.relates_to": {"m.in_reply_to": {"event_id": "$2"}}}),
        matrix("@bot:x", "beep boop", "m.notice"),
        matrix("@ann:x", "IMG_1.jpg", "m.image"),
        matrix("@ann:x", " * mended words", **{"m.relates_to": {"rel_type": "m.replace"}}),
    ],
}  # fmt: skip


def signal(who: str, **more: Any) -> dict[str, Any]:
    return {"envelope": {"source": f"+49{who}", "sourceUuid": f"u-{who}", "sourceName": who,
                         "timestamp": 1_600_000_000_000, **more}, "account": "+1"}  # fmt: skip


SIGNAL = [
    *each(lambda who, text, n: signal(who, dataMessage={"timestamp": 1, "message": text})),
    signal("ann", typingMessage={"action": "STARTED"}),
    signal("ann", syncMessage={"sentMessage": {"message": "my own words"}}),
]
ZULIP = {
    "zerver_message": [
        *each(lambda who, text, n: {"id": n, "sender": 10 + n % 2, "recipient": 5, "subject": "t",
              "content": text, "rendered_content": f"<p>{text}</p>", "date_sent": 1.6e9}),
        {"id": 99, "sender": 10, "recipient": 5, "content": "@**Bob Smith** and @_**x** hi",
         "rendered_content": "", "date_sent": 1.6e9},
    ],
    "zerver_usermessage": [{"id": 1, "user_profile": 10}],
}  # fmt: skip
ZULIP_MORE = [f"{MENTION} and {MENTION} hi"]
GOOGLE_CHAT = {
    "messages": [
        *each(lambda who, text, n: {"creator": {"name": who, "user_type": "Human"}, "text": text}),
        {"creator": {"name": "Giphy", "user_type": "Bot"}, "text": "beep boop"},
    ]
}
TEAMS = each(
    lambda who, text, n: {
        "messageType": "message",
        "from": {"user": {"displayName": who}},
        "body": {"contentType": "html", "content": f"<p>{text}</p>"},
    }
)
PIDGIN_OLD = (
    '<html><head><title>Conversation with bob at Mon</title></head><body>'
    "<h3>Conversation with bob at Mon on ann (jabber)</h3>\n"
    + "".join(each(lambda who, text, n: (
        f'<font color="#16569E"><font size="2">(10:1{n % 10}:42)</font> <b>{who}:</b></font> '
        f"{text}<br/>\n")))
    + '<font size="2">(10:30:00)</font><b> bob has signed off.</b><br/>\n</body></html>'
)  # fmt: skip
PIDGIN_NEW = (
    '<!DOCTYPE html><html><head>\n<title>Conversation with bob</title></head><body>\n<p>\n'
    + "".join(each(lambda who, text, n: (
        f'<span style="color: #16569E"><span style="font-size: smaller">(10:1{n % 10}:42 AM)'
        f"</span> <b>{who}:</b></span> {text}<br>\n")))
    + '<span style="font-size: smaller">(10:30)</span><b> bob has left.</b><br>\n</p></body>'
)  # fmt: skip
ADIUM = (
    '<?xml version="1.0" encoding="UTF-8" ?>\n'
    '<chat xmlns="http://purl.org/net/ulf/ns/0.4-02" account="ann" service="AIM">'
    '<event type="windowOpened" sender="ann" time="2020-09-14T10:15:42+0200"></event>'
    + "".join(each(lambda who, text, n: (
        f'<message sender="{who}@aim" time="2020-09-14T10:15:42+0200" alias="{who}"><div>'
        f'<span style="font-size: 12pt;">{text}</span></div></message>')))
    + '<status type="offline" sender="bob"/><message sender="bob" auto="true" time="x"><div>away'
    "</div></message></chat>"
)  # fmt: skip
KONVERSATION = "[Mon Sep 14 2020] [10:15:42] Join\tYou have joined\n" + "".join(
    each(lambda who, text, n: f"[Mon Sep 14 2020] [10:1{n % 10}:42] <{who}>\t{text}\n")
)
ENERGYMECH = "[10:15:42] *** bob!x@y has joined #chan\n" + "".join(
    each(lambda who, text, n: f"[10:1{n % 10}:42] <{who}> {text}\n")
)
WECHAT = "".join(each(lambda who, text, n: f"2020-09-14 10:1{n % 10}:42 {who}\n{text}\n\n"))
COPIED = "".join(each(lambda who, text, n: f"{who}: {text}\n"))

FILES: dict[str, tuple[str, object, list[str]]] = {
    "messages.json": ("Skype", SKYPE, SKYPE_MORE),
    "Hangouts.json": ("Google Hangouts", HANGOUTS, ["two\nlines"]),
    "export.json": ("Matrix", ELEMENT, ["new words"]),
    "signal.json": ("signal-cli", "\n".join(map(json.dumps, SIGNAL)), ["my own words"]),
    "messages-000001.json": ("Zulip", ZULIP, ZULIP_MORE),
    "chat.json": ("JSON", GOOGLE_CHAT, []),
    "teams.json": ("JSON", TEAMS, []),
    "old.html": ("Pidgin HTML", PIDGIN_OLD, []),
    "new.html": ("Pidgin HTML", PIDGIN_NEW, []),
    "bob.chatlog": ("Adium log", ADIUM, []),
    "bob.xml": ("Adium log", ADIUM, []),
    "konversation.log": ("IRC log", KONVERSATION, []),
    "mech.log": ("IRC log", ENERGYMECH, []),
    "wechat.txt": ("chat log", WECHAT, []),
    "copied.txt": ("chat log", COPIED, []),
}


def as_bytes(content: object) -> bytes:
    text = content if isinstance(content, str) else json.dumps(content)
    return text.encode()


def tar_of(mode: str, **members: object) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            data = as_bytes(content)
            member = tarfile.TarInfo(f"export/{name}.json")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def read(path: Path) -> tuple[str, list[str], set[str]]:
    """Return what a file was found to be, its texts and its authors."""
    with open_messages(path) as file:
        told = [message for _, message in file if usable_text(message)]
        texts = [message.text for message in told]
        authors = {message.author_name or message.author_id for message in told}
        return file.found.partition(",")[0], texts, authors


@pytest.mark.parametrize("name", FILES)
def test_what_people_wrote_is_read_and_no_more(tmp_path: Path, name: str) -> None:
    form, content, more = FILES[name]
    path = tmp_path / name
    path.write_bytes(as_bytes(content))
    found, texts, authors = read(path)
    assert (found, texts) == (form, TEXTS + more)
    assert len(authors) == 2


def test_exports_in_tar_are_read(tmp_path: Path) -> None:
    path = tmp_path / "8_live_ann_export.tar"
    path.write_bytes(tar_of("w", messages=SKYPE, endpoints={"endpoints": []}))
    assert read(path)[:2] == ("Skype", TEXTS + SKYPE_MORE)
    path = tmp_path / "zulip-export.tar.gz"
    path.write_bytes(tar_of("w:gz", realm={"zerver_realm": []}, messages_1=ZULIP))
    assert read(path)[:2] == ("Zulip", TEXTS + ZULIP_MORE)


def test_a_tar_whose_headers_are_monstrous_is_refused(tmp_path: Path) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1 << 31
    path = tmp_path / "export.tar"
    path.write_bytes(header.tobuf(tarfile.GNU_FORMAT) + bytes(10_240))
    with pytest.raises(CorpusError, match="longer than any name"):
        read(path)
    path.write_bytes(tar_of("w", messages=SKYPE)[:1500])
    with pytest.raises(CorpusError, match="cannot be read"):
        read(path)


MAIL = "Return-Path: <a@x>\nFrom: Ann <a@x>\nSubject: hi\nMessage-ID: <1@x>\n\nthe words\n\n"
TRACKERS = {"meta": {"users": {}, "userindex": []}, "data": {"10": {"100": {"u": 0, "m": "hi"}}}}
MESSAGES_APP = "".join(f"Sep 14, 2020 10:1{n}:42 AM\nann\n{TEXTS[n]}\n\n" for n in range(9))
ZOOM = "".join(f"10:1{n}:42 From ann to Everyone:\n\t{TEXTS[n]}\n" for n in range(9))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("list.mbox", f"From a@x Mon Sep 14 2020\n{MAIL}" * 6, "is e-mail, which I don't read"),
        ("list.txt", f"From a@x Mon Sep 14 2020\n{MAIL}" * 6, "is e-mail, which I don't read"),
        ("one.eml", MAIL, "is e-mail, which I don't read"),
        ("dht.txt", TRACKERS, "Discord History Tracker's old versions"),
        ("sms.xml", "<smses><sms body='hi'/></smses>", "is a web page or XML, but no chat"),
        ("messages.txt", MESSAGES_APP, "log of no form that I know"),
        ("zoom.txt", ZOOM, "log of no form that I know"),
    ],
)
def test_what_is_not_read_is_named(
    tmp_path: Path, name: str, content: object, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(as_bytes(content))
    with pytest.raises(CorpusError, match=sentence):
        read(path)


def test_the_way_out_of_history_trackers_database_works(tmp_path: Path) -> None:
    path = tmp_path / "archive.dht"
    with sqlite3.connect(path) as database:
        database.execute(
            "CREATE TABLE messages (message_id INTEGER PRIMARY KEY, sender_id INTEGER,"
            " channel_id INTEGER, text TEXT, timestamp INTEGER)"
        )
        rows = [(n, 42 + n % 2, 1, text, n) for n, text in enumerate(TEXTS)]
        database.executemany("INSERT INTO messages VALUES (?, ?, ?, ?, ?)", rows)
    database.close()
    with pytest.raises(CorpusError, match="Discord History Tracker's") as refused:
        read(path)
    query = str(refused.value).split("'")[-2]
    with sqlite3.connect(path) as database:
        database.row_factory = sqlite3.Row
        rows_found = [dict(row) for row in database.execute(query)]
    database.close()
    path = tmp_path / "chat.json"
    path.write_text(json.dumps(rows_found), encoding="utf-8")
    assert read(path) == ("JSON", TEXTS, {"42", "43"})
