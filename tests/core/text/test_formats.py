"""Files of other programs are known by their structure, and read without what is no talk."""

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from textgen_core.errors import CorpusError
from textgen_core.text.formats.messages import Kind, Message
from textgen_core.text.formats.recognition import open_messages
from textgen_core.text.message_files import read_messages
from textgen_core.text.special_tokens import EMOJI, MENTION

ANN, BOB = "111111111111111111", "222222222222222222"


def _messages(path: Path, **how: str) -> tuple[str, list[Message]]:
    with open_messages(path, **how) as file:
        messages = [message for _, message in file]
        return file.found, messages


def _people(path: Path, **how: str) -> list[tuple[str, str]]:
    _, messages = _messages(path, **how)
    return [(m.author_name, m.text) for m in messages if m.kind is Kind.PERSON and m.text.strip()]


def _write(path: Path, content: str | bytes | Any) -> Path:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8", newline="")
    return path


EXPORTER_TXT = """\
==============================================================
Guild: My server
Channel: Text Channels / general
==============================================================

[{0}] ann
first line
second line

{{Attachments}}
https://cdn.discordapp.com/a.png


[{0}] bob (pinned)
hello @ann and @Some One

{{Reactions}}
x (3)

[{0}] MEE6#4876
beep boop

[{0}] ann
Joined the server.

[{0}] Some One
[not a header]

==============================================================
Exported 5 message(s)
==============================================================
"""


@pytest.mark.parametrize(
    "date",
    ["01/15/2024 10:00 AM", "15-Jan-24 10:00 PM", "15.01.2024 10:00", "2024-01-15 10:00",
     "15/01/2024 10:00", "1/5/2024 9:07\u202fAM", "2024/01/15 10:00:01"],
)  # fmt: skip
def test_the_exporters_text_is_read_in_any_dates(tmp_path: Path, date: str) -> None:
    path = _write(tmp_path / "chat.txt", EXPORTER_TXT.format(date))
    found, messages = _messages(path)
    assert found == "DiscordChatExporter text, 3 messages of 3 people"
    assert _people(path) == [
        ("ann", "first line\nsecond line"),
        ("bob", f"hello {MENTION} and {MENTION}"),
        ("Some One", "[not a header]"),
    ]
    assert [m.kind for m in messages].count(Kind.BOT) == 1


def test_tails_of_names_tell_bots_only_since_people_have_none(tmp_path: Path) -> None:
    rows = "".join(f'"{ANN}","ann#{n:04}","15-Jan-21 10:00 AM","hi {n}","",""\n' for n in (1, 22))
    old = _write(
        tmp_path / "old.csv", "AuthorID,Author,Date,Content,Attachments,Reactions\n" + rows
    )
    assert len(_people(old)) == 2


EXPORTER_JSON = {
    "guild": {"id": "1", "name": "g"},
    "channel": {"id": "2", "type": "GuildTextChat"},
    "messages": [
        {"id": "1", "type": "Default", "timestamp": "2024-01-01T10:00:00+00:00",
         "timestampEdited": None, "content": "hi @Bob the Builder :wave: <t:1700000000:R>",
         "author": {"id": ANN, "name": "ann", "isBot": False},
         "mentions": [{"id": BOB, "name": "bob", "nickname": "Bob the Builder"}],
         "inlineEmojis": [{"id": "123456789012345678", "name": "wave"}]},
        {"id": "2", "type": "20", "content": "slash", "author": {"id": ANN, "isBot": False}},
        {"id": "3", "type": "Default", "content": "beep", "author": {"id": "9", "isBot": True}},
    ],
    "messageCount": 3,
}  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_the_exporters_json_gets_marks_for_names(tmp_path: Path, encoding: str) -> None:
    path = _write(tmp_path / "c.json", json.dumps(EXPORTER_JSON).encode(encoding))
    found, messages = _messages(path)
    assert found == "DiscordChatExporter JSON, 1 message of 1 person"
    assert messages[0].text.strip() == f"hi {MENTION} {EMOJI}wave:"
    assert messages[0].author_id == ANN
    assert messages[0].sent_at is not None
    assert [m.kind for m in messages] == [Kind.PERSON, Kind.NOTICE, Kind.BOT]


def test_parts_of_an_export_in_a_zip_are_read_in_order(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in (10, 2, 1):
            document = {"messages": [{"type": "Default", "content": f"part {part}",
                                      "author": {"id": ANN, "isBot": False}}]}  # fmt: skip
            archive.writestr(f"out/g [part {part}].json", json.dumps(document))
        archive.writestr("out/readme.txt", "thanks for using")
        archive.writestr("__MACOSX/out/._g.json", "x")
        archive.writestr("out/pic.png", b"\x89PNG")
    found, messages = _messages(path)
    assert [m.text for m in messages] == ["part 1", "part 2", "part 10"]
    assert found == "DiscordChatExporter JSON in 3 files, 3 messages of 1 person"


HTML_NEW = f"""<!DOCTYPE html><html lang="en"><head><style>.chatlog__x{{}}</style></head><body>
<div class="chatlog"><div class="chatlog__message-group">
<div id="chatlog__message-container-1" class="chatlog__message-container" data-message-id="1">
<div class=chatlog__message><div class="chatlog__message-primary">
<div class=chatlog__reply><div class=chatlog__reply-content>old</div></div>
<div class=chatlog__header><span class=chatlog__author title="ann" data-user-id="{ANN}">Ann</span>
<span class="chatlog__timestamp" title="Monday">10:00</span></div>
<div class="chatlog__content chatlog__markdown"><span class="chatlog__markdown-preserve">hi
<span class="chatlog__markdown-mention" title="bob">@Bob B</span> &amp; all <img loading="lazy"
class="chatlog__emoji" alt="blobwave" title="blobwave"><img alt="😀" class=chatlog__emoji>
<span class="chatlog__edited-timestamp">(edited)</span></span></div></div></div></div>
<div class="chatlog__message-container"><div class=chatlog__message>
<div class="chatlog__content chatlog__markdown">second<br>line</div></div></div></div>
<div class="chatlog__message-group"><div class="chatlog__message">
<span class="chatlog__author" title="MEE6#4876" data-user-id="9">MEE6</span>
<span class="chatlog__author-tag">BOT</span>
<div class="chatlog__content chatlog__markdown">beep</div></div></div></div></body></html>"""
HTML_OLD = f"""<html><div class="chatlog"><div class="chatlog__message-group"><div
class="chatlog__messages"><span class="chatlog__author-name" title="ann#0001"
data-user-id="{ANN}">ann</span><div class="chatlog__message" data-message-id="1"><div
class="chatlog__content"><div class="markdown"><span class="preserve-whitespace">hi
<span class="mention" title="bob#1">@bob</span></span></div></div></div><div
class="chatlog__message"><div class="chatlog__content">Joined the server.</div></div></div></div>
<div class="chatlog__message-group"><span class="chatlog__author-name" title="b">b</span><span
class="chatlog__bot-tag">BOT</span><div class="chatlog__content">beep</div></div></div></html>"""
TELEGRAM_HTML = """<html><body><div class="page_wrap"><div class="history">
<div class="message service"><div class="body details">Ann joined</div></div>
<div class="message default clearfix" id="message1"><div class="body">
<div class="pull_right date details" title="01.01.2024 10:00:00">10:00</div>
<div class="from_name">Ann </div><div class="text">hi <strong>all</strong><br>@bob</div></div></div>
<div class="message default clearfix joined" id="message2"><div class="body">
<div class="forwarded body"><div class="from_name">News</div><div class="text">ad</div></div>
</div></div><div class="message default clearfix joined"><div class="text">again</div></div>
</div></div></body></html>"""


def test_web_pages_of_chats_are_read(tmp_path: Path) -> None:
    new = _write(tmp_path / "new.html", HTML_NEW)
    first, second = _people(new)
    assert first[1].split() == ["hi", MENTION, "&", "all", f"{EMOJI}blobwave:😀"]
    assert second == ("ann", "second\nline")
    assert _messages(new)[0] == "DiscordChatExporter HTML, 2 messages of 1 person"
    assert _messages(new)[1][0].author_id == ANN
    assert _people(_write(tmp_path / "old.html", HTML_OLD)) == [("ann", f"hi\n{MENTION}")]
    telegram = _write(tmp_path / "messages.html", TELEGRAM_HTML)
    assert _people(telegram) == [("Ann", f"hi all\n{MENTION}"), ("Ann", "again")]


@pytest.mark.parametrize(
    "log",
    [
        "15/01/2024, 10:30 - Messages and calls are end-to-end encrypted.\n"
        "15/01/2024, 10:30 - Ann: hi @\u2068Bob B\u2069\nmore: of it\n"
        "15/01/2024, 10:31 - Bob: <Media omitted>\n15/01/2024, 10:31 - Bob: yo\n"
        "15/01/2024, 10:32 - Bob: This message was deleted\n",
        "1/15/24, 10:30\u202fPM - Ann: hi @4915112345678\nmore: of it\n"
        "1/15/24, 10:31\u202fPM - Bob added Carl\n1/15/24, 10:31\u202fPM - Bob: yo\n",
        "\u200e[15.01.24, 10:30:01] Gruppe: \u200eNachrichten sind verschlüsselt.\n"
        "[15.01.24, 10:30:15] Ann: hi @\u2068Bob B\u2069\nmore: of it\n"
        "\u200e[15.01.24, 10:31:00] Bob: \u200eBild weggelassen\n[15.01.24, 10:31:15] Bob: yo\n",
        "[2024-01-15, 10:30:15 a.\u00a0m.] Ann: hi @\u2068Bob B\u2069\nmore: of it\n"
        "[2024-01-15, 10:31:15 a.\u00a0m.] Bob: yo \u200e<This message was edited>\n",
        "15.01.24, 10:30 - Ann: hi @\u2068Bob B\u2069\nmore: of it\n"
        "15.01.24, 10:31 - Bob: IMG-20240115-WA0001.jpg (Datei angehängt)\n"
        "15.01.24, 10:31 - Bob: yo\n",
    ],
)
def test_whatsapp_is_read_in_both_platforms_forms(tmp_path: Path, log: str) -> None:
    path = _write(tmp_path / "WhatsApp Chat.txt", log)
    assert _people(path) == [("Ann", f"hi {MENTION}\nmore: of it"), ("Bob", "yo")]
    assert _messages(path)[0] == "WhatsApp, 2 messages of 2 people"


@pytest.mark.parametrize(
    "log",
    [
        "--- Log opened Mon Jan 01 10:00:00 2024\n10:30 -!- bob [~b@h] has joined #c\n"
        "10:30 <@ann> hi there\n10:31 < bob> ann: yo\n10:31  * ann waves\n",
        "2024-01-01 10:30:00\t-->\tbob (~b@h) has joined #c\n"
        "2024-01-01 10:30:00\t@ann\thi there\n2024-01-01 10:31:00\tbob\tann: yo\n",
        "**** BEGIN LOGGING AT Mon Jan  1 10:00:00 2024\n\nJan 01 10:30:00 <ann>\thi there\n"
        "Jan 01 10:30:01 *\tbob has quit\nJan 01 10:31:00 <bob>\tann: yo\n",
        "[10:30:00] *** Joins: bob (~b@h)\n[10:30:00] <ann> hi there\n[10:31:00] <bob> ann: yo\n",
        "Session Start: Mon Jan 01 10:00:00 2024\n[10:30] * bob (b@h) has joined #c\n"
        "[10:30] <+ann> hi there\n[10:31] <bob> ann: yo\n",
        "=== bob [n=b@h] has joined #ubuntu\n[10:30] <ann> hi there\n[10:31] <bob> ann: yo\n",
        "2024-01-01T10:30:00  <ann> hi there\n2024-01-01T10:31:00  <bob> ann: yo\n",
        "<ann> hi there\n<bob> ann: yo\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["c.log", "c.txt"])
def test_logs_of_irc_are_read(tmp_path: Path, log: str, name: str) -> None:
    path = _write(tmp_path / name, log)
    assert _people(path) == [("ann", "hi there"), ("bob", f"{MENTION}: yo")]


TELEGRAM = [
    {"id": 1, "type": "service", "date": "2024-01-01T10:00:00", "actor": "Ann", "text": ""},
    {"id": 2, "type": "message", "date": "2024-01-01T10:00:00", "from": "Ann", "from_id": "user7",
     "text": ["hi ", {"type": "mention", "text": "@bob"}, " ", {"type": "bold", "text": "you"}]},
    {"id": 3, "type": "message", "date": "2024-01-01T10:00:00", "from": "Ann",
     "forwarded_from": "News", "text": "an advertisement"},
    {"id": 4, "type": "message", "date": "2024-01-01T10:00:00", "from": "Ann",
     "text": [{"type": "bot_command", "text": "/start"}]},
]  # fmt: skip
SLACK = [
    {"type": "message", "user": "U1", "ts": "1700000000.1", "text": "hi <@U2> &amp; <!here>"},
    {"type": "message", "subtype": "channel_join", "user": "U1", "ts": "1.0", "text": "joined"},
    {"type": "message", "subtype": "bot_message", "bot_id": "B1", "ts": "1.0", "text": "beep"},
]


def _mojibake(text: str) -> str:
    return text.encode().decode("latin-1")


MESSENGER = {
    "participants": [{"name": "Ann"}, {"name": "Bob"}],
    "messages": [
        {"sender_name": _mojibake("Änn"), "timestamp_ms": 1700000000000,
         "content": _mojibake("schön 😀")},
        {"sender_name": "Bob", "timestamp_ms": 1, "content": "Bob sent an attachment."},
        {"sender_name": "Bob", "timestamp_ms": 1, "content": "gone", "is_unsent": True},
        {"sender_name": "Bob", "timestamp_ms": 1, "photos": []},
    ],
    "title": "Ann",
}  # fmt: skip


@pytest.mark.parametrize(
    ("document", "found", "people"),
    [
        ({"name": "g", "type": "private_group", "id": 1, "messages": TELEGRAM},
         "Telegram JSON, 1 message of 1 person", [("Ann", f"hi {MENTION} you")]),
        ({"about": "x", "chats": {"about": "y", "list": [{"name": "g", "messages": TELEGRAM}] * 2}},
         "Telegram JSON, 2 messages of 2 people", [("Ann", f"hi {MENTION} you")] * 2),
        (SLACK, "Slack, 1 message of 1 person", [("", f"hi {MENTION} & {MENTION}")]),
        (MESSENGER, "Messenger, 1 message of 1 person", [("Änn", "schön 😀")]),
        ({"participants": ["Ann"], "threadName": "x", "messages": [
            {"senderName": "Ann", "text": "hi", "timestamp": 1, "type": "text", "isUnsent": False},
            {"senderName": "Ann", "text": "", "timestamp": 1, "type": "media"}]},
         "Messenger, 1 message of 1 person", [("Ann", "hi")]),
        ([{"ID": 1, "Timestamp": "2024-01-01 10:00:00", "Contents": f"hi <@{BOB}>"}],
         "Discord's data package, 1 message", [("", f"hi {MENTION}")]),
        ([{"id": "1", "type": 0, "content": "hi </x:123456789012345678> there",
           "author": {"id": ANN, "username": "ann"}},
          {"id": "2", "type": 7, "content": "", "author": {"id": ANN, "username": "ann"}},
          {"id": "3", "type": 0, "content": "x", "webhook_id": "5",
           "author": {"id": "5", "username": "hook"}},
          {"id": "4", "type": 0, "content": "x", "author": {"id": "6", "username": "b",
                                                            "bot": True}}],
         "Discord's message objects, 1 message of 1 person", [("ann", "hi there")]),
        ([{"when": 1, "body": "hello", "user": "ann"}], "JSON, 1 message of 1 person",
         [("ann", "hello")]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("packed", [False, True])
def test_json_of_other_programs_is_read(
    tmp_path: Path, document: Any, found: str, people: list[tuple[str, str]], packed: bool
) -> None:
    data = json.dumps(document).encode()
    path = tmp_path / ("a.json.gz" if packed else "a.json")
    path.write_bytes(gzip.compress(data) if packed else data)
    if "2 people" in found:  # the second chat is of the same person
        found = found.replace("2 people", "1 person")
    assert _people(path) == people
    assert _messages(path)[0] == found


@pytest.mark.parametrize("name", ["a.ndjson", "a.jsonl", "a.txt"])
def test_a_record_a_line_is_of_the_same_forms(tmp_path: Path, name: str) -> None:
    records = [{"id": str(n), "type": 0, "content": f"hi {n}", "author": {"id": ANN,
                "username": "ann"}} for n in range(3)]  # fmt: skip
    path = _write(tmp_path / name, "\n".join(map(json.dumps, records)))
    assert _messages(path)[0] == "Discord's message objects, 3 messages of 1 person"


def test_slacks_people_and_bots_are_named_by_its_own_list(tmp_path: Path) -> None:
    path = tmp_path / "slack.zip"
    users = [{"id": "U1", "name": "ann", "real_name": "Ann B"}, {"id": "U2", "is_bot": True}]
    messages = [{"type": "message", "user": f"U{n}", "ts": "1.0", "text": f"m{n}"} for n in (1, 2)]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("users.json", json.dumps(users))
        archive.writestr("channels.json", json.dumps([{"id": "C1", "name": "general"}]))
        archive.writestr("general/2024-01-01.json", json.dumps(messages))
        archive.writestr("general/2024-01-02.json", json.dumps(messages))
    assert _people(path) == [("Ann B", "m1")] * 2


@pytest.mark.parametrize("form", ["json", "csv"])
def test_a_data_package_is_its_owners(tmp_path: Path, form: str) -> None:
    path = tmp_path / "package.zip"
    rows = [{"ID": n, "Timestamp": "2024-01-01 10:00:00", "Contents": f"m{n}", "Attachments": ""}
            for n in range(3)]  # fmt: skip
    lines = ["ID,Timestamp,Contents,Attachments", *(f'{n},2024-01-01,"m{n}",' for n in range(3))]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("account/user.json", json.dumps({"id": ANN, "username": "ann"}))
        archive.writestr("messages/index.json", json.dumps({"c1": "general"}))
        archive.writestr("messages/c1/channel.json", json.dumps({"id": "1"}))
        text = json.dumps(rows) if form == "json" else "\n".join(lines)
        archive.writestr(f"messages/c1/messages.{form}", text)
    _, messages = _messages(path)
    assert [(m.author_id, m.text) for m in messages] == [(ANN, f"m{n}") for n in range(3)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_any_divider_of_columns_is_found(tmp_path: Path, delimiter: str, name: str) -> None:
    rows = [["id", "author", "text"], *([f"{n}", "bob", f"hello, you {n}; ok"] for n in range(9))]
    quoted = [[f'"{cell}"' for cell in row] for row in rows]
    path = _write(tmp_path / name, "\r\n".join(delimiter.join(row) for row in quoted))
    assert _people(path) == [("bob", f"hello, you {n}; ok") for n in range(9)]


@pytest.mark.parametrize(
    ("text", "column", "texts"),
    [
        ("id,a,b\n1,one x,two y\n2,three x,four y\n3,five z,six z\n", "b", "two y|four y|six z"),
        ("id,a,b\n1,one x,two y\n2,three x,four y\n3,five z,six z\n", "2", "one x|three x|five z"),
        ("was;now\none fish;two fish\nred fish;blue fish\n", "Now", "two fish|blue fish"),
        ("Name,CR\n" + "".join(f"Beast{n},{n}\n" for n in range(3)), "", "Beast0|Beast1|Beast2"),
        ("well, hello there\nhi\nno, not, ever\n", "", "well, hello there|hi|no, not, ever"),
        ("hello,1\nyou,2\n", "", "hello|you"),
        ('"a\nb",x\n"c d",x\n"e f",x\n"g",x\n', "1", "a\nb|c d|e f|g"),
    ],
)
def test_the_column_with_the_text_is_found_or_named(
    tmp_path: Path, text: str, column: str, texts: str
) -> None:
    path = _write(tmp_path / "a.csv", text)
    assert "|".join(read_messages(path, column=column)) == texts


def test_a_format_can_be_forced(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.txt", "".join(f"10:0{n} x {n}\n" for n in range(9)))
    assert len(list(read_messages(path, form="text"))) == 9
    with pytest.raises(CorpusError, match="there is no format word: it is one of auto, text"):
        list(read_messages(path, form="word"))


def test_forged_marks_do_not_pass_for_ours(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.txt", f"<ann> {MENTION}hi\n<bob> yo\n")
    assert [text for _, text in _people(path)] == ["hi", "yo"]
