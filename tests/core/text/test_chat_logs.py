"""Logs of Pidgin, Chatterino, KakaoTalk and LINE, and JSON in which text and author lie deeper."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from textgen_core.text.formats.messages import Kind, Message
from textgen_core.text.formats.recognition import open_messages
from textgen_core.text.special_tokens import MENTION

TEXTS = ("are you coming tonight?", "yes: at eight", "bring the board game", "ok will do", "lol")
PEOPLE = ("ann", "Bob Smith")

Line = Callable[[int, str, str], str]


def messages(path: Path) -> tuple[str, list[Message]]:
    with open_messages(path) as file:
        told = [message for _, message in file]
        people = [one for one in told if one.kind is Kind.PERSON and one.text.strip()]
        return file.found, people


def log(line: Line) -> str:
    said = enumerate(TEXTS)
    return "".join(line(number, PEOPLE[number % 2], text) + "\n" for number, text in said)


LOGS = {
    "pidgin": (
        "Conversation with bob@jabber.org at Mon 14 Sep 2020 10:15:42 AM CEST on ann (jabber)\n"
        + log(lambda n, who, text: f"(10:1{n}:42 AM) {who}: {text}")
        + "(10:40:00 AM) Bob Smith has left the conversation.\n"
    ),
    "pidgin with dates": log(lambda n, who, text: f"(14/09/20 10:1{n}:42) {who}: {text}"),
    "chatterino": (
        "# Start logging at 2020-09-14 10:15:42 CEST\n"
        + log(lambda n, who, text: f"[10:1{n}:42]  {who.replace(' ', '_')}: {text}")
    ),
    "kakaotalk": (
        "ann 님과 카카오톡 대화\n저장한 날짜 : 2020년 9월 14일 오전 10:50\n\n"
        "--------------- 2020년 9월 14일 월요일 ---------------\n"
        + log(lambda n, who, text: f"[{who}] [오전 10:1{n}] {text}")
        + "[ann] [오전 10:30] 사진\n"
    ),
    "kakaotalk for phones": (
        "ann 님과 카카오톡 대화\n저장한 날짜 : 2020. 9. 14. 오전 10:50\n\n2020년 9월 14일 월요일\n"
        + log(lambda n, who, text: f"2020. 9. 14. 오전 10:1{n}, {who} : {text}")
    ),
    "line": (
        "[LINE] Chat history with ann\nSaved on: 2020/09/14 10:50\n\n2020/09/14(Mon)\n"
        + log(lambda n, who, text: f"10:1{n}\t{who}\t{text}")
        + "10:30\tann\t[Sticker]\n10:31\tann unsent a message.\n"
    ),
}


@pytest.mark.parametrize("name", LOGS)
def test_what_people_said_is_read_and_no_more(tmp_path: Path, name: str) -> None:
    (tmp_path / "log.txt").write_text(LOGS[name], encoding="utf-8")
    found, told = messages(tmp_path / "log.txt")
    assert found == "chat log, 5 messages of 2 people"
    assert [one.text for one in told] == list(TEXTS)
    assert {one.author_name.replace("_", " ") for one in told} == set(PEOPLE)


def test_lines_without_a_time_go_on_and_names_become_marks(tmp_path: Path) -> None:
    content = "(10:15) ann: one\ntwo\n(10:16) bob: hi @ann\n(10:17) ann: three\n"
    (tmp_path / "log.txt").write_text(content, encoding="utf-8")
    _, told = messages(tmp_path / "log.txt")
    assert [one.text for one in told] == ["one\ntwo", f"hi {MENTION}", "three"]


RECORDS: dict[str, Callable[[str, str], object]] = {
    "teams": lambda who, text: {
        "messageType": "message",
        "from": {"user": {"displayName": who}},
        "body": {"contentType": "text", "content": text},
    },
    "twitch": lambda who, text: {
        "commenter": {"display_name": who},
        "message": {"body": text, "fragments": []},
    },
    "rocket.chat": lambda who, text: {"msg": text, "u": {"username": who}},
    "google chat": lambda who, text: {"creator": {"name": who}, "text": text},
    "gitter": lambda who, text: {"text": text, "fromUser": {"displayName": who}},
    "youtube": lambda who, text: {"message": text, "author": {"name": who}},
    "mattermost": lambda who, text: {"type": "post", "post": {"user": who, "message": text}},
}


@pytest.mark.parametrize("name", RECORDS)
def test_text_and_author_are_found_in_inner_objects(tmp_path: Path, name: str) -> None:
    records = [RECORDS[name](PEOPLE[n % 2], text) for n, text in enumerate(TEXTS)]
    path = tmp_path / "chat.json"
    path.write_text(json.dumps({"messages": records}), encoding="utf-8")
    found, told = messages(path)
    assert found == "JSON, 5 messages of 2 people"
    assert [(one.author_name, one.text) for one in told] == [
        (PEOPLE[n % 2], text) for n, text in enumerate(TEXTS)
    ]
