"""Messages are read from every kind of file, and bad files cost one sentence."""

import gzip
import json
from pathlib import Path

import pytest

from textgen_core.errors import CorpusError
from textgen_core.text.message_files import read_messages


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_text_is_a_message_a_line(tmp_path: Path) -> None:
    file = _write(tmp_path / "a.txt", "one\r\n\n  \ntwo\n")
    assert list(read_messages(file)) == ["one", "two"]


def test_csv_takes_the_named_column(tmp_path: Path) -> None:
    file = _write(tmp_path / "a.csv", 'author,Content\nx,"hello, you"\ny,"two\nlines"\n')
    assert list(read_messages(file)) == ["hello, you", "two\nlines"]


def test_csv_without_a_header_takes_the_first_column(tmp_path: Path) -> None:
    file = _write(tmp_path / "a.csv", "hello,1\nyou,2\n")
    assert list(read_messages(file)) == ["hello", "you"]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_json_lines_leave_bots_out(tmp_path: Path, name: str) -> None:
    lines = "\n".join(
        json.dumps(record)
        for record in ({"content": "hi"}, {"content": "beep", "bot": True}, {"content": "yo"})
    )
    path = tmp_path / name
    path.write_bytes(gzip.compress(lines.encode()) if name.endswith("gz") else lines.encode())
    assert list(read_messages(path)) == ["hi", "yo"]


def test_an_export_leaves_bots_and_notices_out(tmp_path: Path) -> None:
    messages = [
        {"type": "Default", "content": "hi", "author": {"isBot": False}},
        {"type": "Default", "content": "beep", "author": {"isBot": True}},
        {"type": "ChannelPinnedMessage", "content": "pinned", "author": {"isBot": False}},
        {"type": "Reply", "content": "yo", "author": {"isBot": False}},
    ]
    file = _write(tmp_path / "a.json", json.dumps({"guild": {}, "messages": messages}))
    assert list(read_messages(file)) == ["hi", "yo"]


@pytest.mark.parametrize(
    "document",
    [
        '["hi", "", "yo"]',
        '\ufeff [{"message": "hi", "attachments": ["https://x/1.png"]}, {"message": "yo"}, {}, 7]',
        '{"messages": ["hi", "yo"], "lastSeenMessageID": "1"}',
    ],
)
@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_a_list_of_messages_is_read(tmp_path: Path, document: str, name: str) -> None:
    data = document.encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    assert list(read_messages(tmp_path / name)) == ["hi", "yo"]


def test_lone_surrogates_are_replaced(tmp_path: Path) -> None:
    file = _write(tmp_path / "a.jsonl", '{"content": "a\\ud800b"}')
    assert list(read_messages(file)) == ["a\ufffdb"]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.pdf", "", "known kind"),
        ("a.jsonl", '{"content": "x"}\n{', "line 2: not JSON"),
        (
            "a.jsonl",
            '{"stars": 5}',
            "its fields are “stars”: name the one with the text by --column",
        ),
        ("a.json", '{"messages": [', "nor DiscordChatExporter"),
        ("a.json", "[1, ", "neither a list of messages"),
        ("a.json", "", "neither a list of messages"),
        ("a.jsonl.gz", "not gzip", "cannot be read"),
    ],
)
def test_bad_files_say_what_is_wrong(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    with pytest.raises(CorpusError, match=sentence):
        list(read_messages(_write(tmp_path / name, text)))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"there is no file .*gone\.txt"):
        list(read_messages(tmp_path / "gone.txt"))


@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.jsonl"])
def test_a_line_without_end_is_refused(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textgen_core.text.formats.source.MAX_LINE_CHARS", 100)
    file = _write(tmp_path / name, "x" * 101)
    with pytest.raises(CorpusError, match=f"{name}, line 1: longer than 100 characters"):
        list(read_messages(file))
