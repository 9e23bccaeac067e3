"""Which characters a file's bytes are: of one sentence, and of texts as people bring them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from textgen_core.text.formats.encodings import encoding_of
from textgen_core.text.message_files import read_messages


def _read(path: Path, content: bytes) -> list[str]:
    path.write_bytes(content)
    return list(read_messages(path))


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("latin-1", "café déjà vu"), ("cp1252", "“Grüße” – schön"), ("cp1251", "привет как дела"),
        ("cp1250", "už je pozdě, dobrou noc všem"), ("shift_jis", "こんにちは、元気ですか"),
        ("utf-16", "naïve 😀"), ("utf-16-be", "plain words"),
        ("utf-16-le", "Привет, как дела"), ("utf-16-be", "Привет, как дела"),
        ("utf-16-le", "今日は とても天気がいい"), ("cp850", "Schöne Grüße für alle Mädchen"),
        ("mac_roman", "Schöne Grüße für alle Mädchen"),
        ("koi8_r", "Привет, как дела сегодня"), ("big5", "今天天氣真的很好啊"),
        ("iso8859-2", "cześć, jak się macie? będę później"),
        ("iso8859-5", "привет всем, как дела сегодня"), ("mac-cyrillic", "привет всем, как дела"),
        ("iso8859-6", "مرحبا بالجميع كيف حالكم اليوم"),
        ("cp852", "cześć, jak się macie? będę później"),
        ("cp1254", "merhaba arkadaşlar, nasılsınız? bugün çok güzel"),
        ("cp1255", "שלום לכולם, מה שלומכם היום"), ("cp1253", "Καλημέρα σε όλους"),
        ("euc_jp", "今日は早く帰ります"), ("cp949", "안녕하세요 오늘 뭐 해요"),
        ("gb18030", "今天天气真好"),
    ],
)  # fmt: skip
def test_files_in_one_encoding_are_read(tmp_path: Path, encoding: str, text: str) -> None:
    lines = [f"{text} {number}" for number in range(20)]
    assert _read(tmp_path / "a.txt", "\n".join(lines).encode(encoding)) == lines


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "see you at the café tonight"), ("cp1252", "it’s fine – really"),
        ("cp1252", "ok ©"), ("cp1252", "10€"), ("cp1252", "ça va?"), ("cp1252", "Grüße an alle"),
        ("cp850", "são"), ("mac_roman", "señor"), ("cp437", "Müller"), ("cp1251", "да"),
        ("cp1255", "שלום לכולם, מה שלומכם היום?"), ("iso8859-2", "żółw"), ("cp932", "日本"),
    ],
)  # fmt: skip
def test_a_word_or_two_are_enough(encoding: str, text: str) -> None:
    raw = text.encode(encoding)
    assert raw.decode(encoding_of(io.BytesIO(raw))) == text


def test_a_few_damaged_characters_leave_the_rest_readable(tmp_path: Path) -> None:
    data = "schöne Grüße an alle\n".encode() * 20 + b"caf\xe9\n"
    texts = _read(tmp_path / "a.txt", data)
    assert texts[0] == "schöne Grüße an alle"
    assert texts[-1] == "caf\N{REPLACEMENT CHARACTER}"
