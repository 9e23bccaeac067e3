"""Files as programs really write them: languages, versions, archives in archives, odd tables."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from textgen_core.errors import CorpusError
from textgen_core.text.formats.recognition import open_messages
from textgen_core.text.message_files import read_messages, usable_text

TEXTS = [f"the pizza is here nr{number}" for number in range(12)]
WHO = ("ann", "bob")


def read(folder: Path, name: str, content: str | bytes) -> tuple[str, list[str], set[str]]:
    """Return what a file was found to be, its texts and its authors."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with open_messages(path) as file:
        told = [message for _, message in file if usable_text(message)]
        texts = [message.text for message in told]
        return file.found, texts, {message.author_id or message.author_name for message in told}


def zip_of(members: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def exported(texts: list[str]) -> str:
    """Return DiscordChatExporter's JSON."""
    return json.dumps(
        {
            "guild": {"id": "1"},
            "messages": [
                {"type": "Default", "content": text, "timestampEdited": None,
                 "author": {"id": str(number % 2), "name": "x", "isBot": False}}
                for number, text in enumerate(texts)
            ],
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    "stamp",
    [
        "14-Sep-18 11:18 PM", "09/14/2018 11:18 PM", "14.09.2018 23:18", "2018-09-14 23:18",
        "14. 9. 2018 23:18", "2018. 09. 14. 23:18", "2018/9/14 下午 11:18", "2018/9/14 下午11:18",
        "2018. 9. 14. 오후 11:18", "14.9.2018 г. 23:18", "14.9.2018 23.18", "14/09/2018 11:18 م",
        "9/14/2018 11:18\u202fPM", "14/9/2018 11:18 p. m.",
    ],
)  # fmt: skip
def test_the_exporters_texts_are_read_in_any_language(tmp_path: Path, stamp: str) -> None:
    ruler = "=" * 62
    said = "".join(f"[{stamp}] {WHO[n % 2]}\n{text}\n\n" for n, text in enumerate(TEXTS))
    page = f"{ruler}\nGuild: G\nChannel: T / c\n{ruler}\n\n{said}[{stamp}] MEE6#4876\nbeep\n\n"
    page += f"[{stamp}] ann\nJoined the server.\n\n{ruler}\nExported 14 message(s)\n{ruler}\n"
    found, texts, authors = read(tmp_path, "chat.txt", page)
    assert (texts, authors) == (TEXTS, set(WHO))
    assert found.startswith("DiscordChatExporter text")


@pytest.mark.parametrize(
    "head",
    [
        "15/01/2024, 10:30 - ", "1/15/24, 10:30\u202fAM - ", "15.01.24, 10:30 - ",
        "2024-01-15, 10:30 - ", "15/1/2024 10:30 - ", "2024/1/15 上午10:30 - ",
        "2024. 1. 15. 오전 10:30 - ", "2024년 1월 15일 오전 10:30, ", "15.01.24 г., 10:30 ч. - ",
        "15.1.2024 klo 10.30 - ", "15.01.2024 10.30 - ", "2024. 01. 15. 10:30 - ",
        "١٥\u200f/١\u200f/٢٠٢٤، ١٠:٣٠ ص - ", "15/1/24, 10:30 a.\u00a0m. - ",
        "15/1/24, 10:30 π.μ. - ",
        "15/01/2024 às 10:30 - ", "15 янв. 2024 г., 10:30 - ", "15.01.2024, 10:30 Uhr - ",
        "10:30, 15/01/2024 - ", "[1/15/24, 10:30:15\u202fAM] ", "\u200e[15.01.24, 10:30:15] ",
        "[2024/1/15 上午10:30:15] ", "[2024. 1. 15. 오전 10:30:15] ", "[15/01/2024 à 10:30:15] ",
        "[15.1.2024 klo 10.30.15] ", "[10:30, 15/01/2024] ", "[15/1/24 10:30:15 p. m.] ",
    ],
)  # fmt: skip
def test_whatsapps_dates_of_any_phone_are_read(tmp_path: Path, head: str) -> None:
    names = ("Ann Lee", "Bob 🎮", "+49 170 1234567")
    lines = [f"{head}Messages and calls are end-to-end encrypted."]
    lines += [f"{head}{names[number % 3]}: {text}" for number, text in enumerate(TEXTS)]
    lines += [f"{head}Ann Lee: <Media omitted>", f"{head}Bob 🎮: This message was deleted"]
    lines += [f"{head}Ann Lee changed the subject from “a: b” to “c: d”"]
    found, texts, authors = read(tmp_path, "WhatsApp Chat.txt", "\n".join(lines))
    assert (texts, authors) == (TEXTS, set(names))
    assert found == "WhatsApp, 12 messages of 3 people"


@pytest.mark.parametrize(
    ("before", "said", "between"),
    [
        ("--- Log opened Mon Jan 15\n", "10:30 <@{who}> {text}\n", "10:31 -!- x has joined #c\n"),
        ("**** BEGIN LOGGING\n", "Jan 15 10:30:00 <{who}>\t{text}\n", "Jan 15 10:30:00 *\tq\n"),
        ("", "\x0301[10:30] <\x0304{who}\x03> \x02{text}\x02\n", "[10:30] * x has joined #c\n"),
        ("", "2024-01-15T10:30:00  <{who}> {text}\n", "2024-01-15T10:30:00  * ann waves\n"),
        ("", "[2024-01-15T10:30:00.000Z] <{who}> {text}\n", "[2024-01-15T10:30:00.000Z] *** q\n"),
        ("[00:00] --- Mon Jan 15\n", "[10:30] <{who}> {text}\n", "[10:30] Action: ann waves\n"),
    ],
)  # fmt: skip
def test_logs_of_irc_are_told_from_their_lines(
    tmp_path: Path, before: str, said: str, between: str
) -> None:
    names = ("ann|away", "b[o]b_")
    lines = [said.format(who=names[n % 2], text=text) + between for n, text in enumerate(TEXTS)]
    found, texts, authors = read(tmp_path, "c.log", before + "".join(lines))
    assert (texts, authors) == (TEXTS, set(names))
    assert found.startswith("IRC log")


def test_weechats_logs_are_known_by_whatever_name(tmp_path: Path) -> None:
    lines = "".join(f"2024-01-15 10:30:00\t@ann\t{text}\n" for text in TEXTS)
    assert read(tmp_path, "irc.c.weechatlog", lines)[1] == TEXTS


def test_archives_in_archives_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    first, second = exported(TEXTS[:6]), exported(TEXTS[6:])
    parts = {"g - c [1] [part 2].json": second, "g - c [1].json": first}
    for content in (
        zip_of(parts),
        zip_of({"1.zip": zip_of({"a.json": first}), "2.zip": zip_of({"b.json": second})}),
        zip_of({"1.json.gz": gzip.compress(first.encode()), "2.json": second}),
        gzip.compress(zip_of(parts)),
    ):
        found, texts, _ = read(tmp_path, "export.zip", content)
        assert texts == TEXTS
        assert found == "DiscordChatExporter JSON in 2 files, 12 messages of 2 people"


def test_archives_are_not_opened_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content: bytes = b"hello"
    for depth in range(5):
        content = zip_of({f"{depth}.zip" if depth else "a.txt": content})
    with pytest.raises(CorpusError, match="an archive in an archive in an archive: unpack it"):
        read(tmp_path, "a.zip", content)
    monkeypatch.setattr("textgen_core.text.formats.archives.MAX_UNPACKED_BYTES", 1000)
    bomb = tmp_path / "b.txt.gz"
    bomb.write_bytes(gzip.compress(b"hello\n" * 1000))
    with pytest.raises(CorpusError, match="too large"):
        list(read_messages(bomb))


def test_of_a_data_package_only_the_messages_are_read_in_any_language(tmp_path: Path) -> None:
    own = json.dumps([{"ID": 1, "Timestamp": "2024-01-01", "Contents": text} for text in TEXTS])
    package = {
        "README.txt": "read me",
        "Konto/user.json": json.dumps({"id": "42", "username": "me"}),
        "Nachrichten/index.json": "{}",
        "Nachrichten/c1/messages.json": own,
        "Activity/events-1.json": '{"title": "no", "user": "q"}\n{"title": "no"}\n',
        "Support_Tickets/tickets.json": json.dumps([{"message": "help me", "subject": "s"}]),
    }
    found, texts, authors = read(tmp_path, "package.zip", zip_of(dict(package)))
    assert (texts, authors) == (TEXTS, {"42"})
    assert found == "Discord's data package, 12 messages of 1 person"


def test_beside_a_chat_other_json_of_an_archive_is_left_out(tmp_path: Path) -> None:
    chat = {"messages": [{"sender_name": "ann", "timestamp_ms": 1, "content": t} for t in TEXTS]}
    posts = [{"timestamp": 1, "title": "Ann updated her status."}]
    members: dict[str, str | bytes] = {
        "messages/inbox/x/message_1.json": json.dumps(chat),
        "posts/your_posts_1.json": json.dumps(posts),
    }
    assert read(tmp_path, "facebook.zip", zip_of(members))[1] == TEXTS


def test_slackbot_is_a_bot(tmp_path: Path) -> None:
    said = [{"type": "message", "user": "U1", "ts": "1", "text": text} for text in TEXTS]
    said += [{"type": "message", "user": "USLACKBOT", "ts": "1", "text": "a reminder"}]
    people = [{"id": "U1", "name": "ann"}, {"id": "USLACKBOT", "is_bot": False, "name": "slackbot"}]
    members: dict[str, str | bytes] = {
        "users.json": json.dumps(people),
        "general/2024-01-01.json": json.dumps(said),
        "general/canvas_in_the_conversation.json": "[]",
    }
    assert read(tmp_path, "slack.zip", zip_of(members))[1] == TEXTS


API: list[dict[str, Any]] = [
    {"id": str(number), "type": 0, "content": text, "author": {"id": "7", "username": "ann"}}
    for number, text in enumerate(TEXTS)
]


@pytest.mark.parametrize(
    "document",
    [
        json.dumps({"123": {"messages": API}}),
        json.dumps({"total": 12, "results": API}),
        json.dumps({"general": API[:6], "memes": API[6:]}),
        json.dumps({"left_chats": {"list": [{"messages": API}]}}),
        json.dumps(API[:6]) + json.dumps(API[6:]),
        "".join(json.dumps(one, indent=1) + "\n" for one in API),
    ],
)
def test_messages_are_found_wherever_a_document_has_them(tmp_path: Path, document: str) -> None:
    found, texts, authors = read(tmp_path, "a.json", document)
    assert (texts, authors) == (TEXTS, {"7"})
    assert found.startswith("Discord's message objects")


def test_markov_discords_old_database_is_read(tmp_path: Path) -> None:
    old = {"messages": [{"id": str(n), "string": text} for n, text in enumerate(TEXTS)]}
    found, texts, _ = read(tmp_path, "markovDB.json", json.dumps(old))
    assert texts == TEXTS
    assert found.startswith("markov-discord's JSON")


def table(heading: str, row: str) -> str:
    lines = (row.format(n=n, who=WHO[n % 2], text=text) for n, text in enumerate(TEXTS))
    return "\r\n".join([heading, *lines])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", table("sep=;\r\nid;author;text", "{n};{who};{text}").encode()),
        ("a.csv", table("Nr;Autor;Nachricht", "{n};{who};{text}").encode()),
        ("a.csv", table("Message ID,Author Name,Message Content", "{n},{who},{text}").encode()),
        ("excel.txt", table("id\tauthor\ttext", "{n}\t{who}\t{text}").encode("utf-16")),
    ],
)
def test_tables_are_read_as_their_programs_write_them(
    tmp_path: Path, name: str, content: bytes
) -> None:
    found, texts, authors = read(tmp_path, name, content)
    assert (texts, authors) == (TEXTS, set(WHO))
    assert found.startswith("CSV")


def test_bots_webhooks_and_notices_are_left_out_of_anybodys_tables_and_lists(
    tmp_path: Path,
) -> None:
    lines = table("\r\nauthor,type,webhook_id,is_bot,content", "{who},Default,,no,{text}")
    lines += "\r\nx,Default,5555,no,beep\r\nx,GuildMemberJoin,,no,Joined\r\nx,Default,,yes,boop"
    assert read(tmp_path, "a.csv", lines)[1] == TEXTS
    said: list[dict[str, Any]] = [{"author": {"name": "ann"}, "text": text} for text in TEXTS]
    said += [{"author": {"name": "x", "isBot": True}, "text": "beep"}]
    said += [{"author": {"name": "x"}, "type": "GuildMemberJoin", "text": "boop"}]
    assert read(tmp_path, "a.json", json.dumps(said))[1] == TEXTS


def test_quotation_marks_of_unquoted_tables_stand_for_themselves(tmp_path: Path) -> None:
    content = table("id\ttext", '{n}\t"{text}')
    assert read(tmp_path, "a.tsv", content)[1] == [f'"{text}' for text in TEXTS]
    quoted = "author,content\n" + "".join(f'ann,"{text}\nsecond, ""line"""\n' for text in TEXTS)
    assert read(tmp_path, "a.csv", quoted)[1] == [f'{text}\nsecond, "line"' for text in TEXTS]


@pytest.mark.parametrize(
    "content",
    [table("text", "{text}, yes, it is"), table("author,text", "{who},{text}, yes, it is")],
)
def test_commas_of_an_unquoted_text_are_its_own(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, "a.csv", content)[1] == [f"{text}, yes, it is" for text in TEXTS]
