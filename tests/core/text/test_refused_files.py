"""Files that cannot be read, or should not be, are refused in a sentence that says why."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from textgen_core.errors import CorpusError
from textgen_core.text.formats import source
from textgen_core.text.message_files import read_messages


def _write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", "id,was,now\n1,one x,two y\n2,three x,four y\n3,five z,six z\n",
         r"columns are “id, was, now”, and the first row is .* by --column, as in --column was"),
        ("a.csv", "q w,e r\na s,d f\nz x,c v\nt y,u i\n", "2 columns without names"),
        ("a.json", '{"a": 1, "b": [1]}', "no list of messages in this JSON; its fields are “a, b”"),
        ("a.json", '[{"stars": 5, "words": "x y"}]', "fields are “stars, words”: .*--column words"),
        ("a.json", "hello", "it begins with “hello”"),
        ("a.txt", "".join(f"2024-01-01 10:0{n}  something happened\n" for n in range(9)),
         "a log of no form that I know: it begins with “2024-01-01 10:00 something happened”"),
        ("a.html", "<html><body>x</body></html>", "a web page or XML, but no chat"),
        ("a.csv", b"PK\x03\x04 broken", "cannot be read"),
        ("a.txt", b"%PDF-1.7 ...", "a.txt is a PDF document"),
        ("a.txt", b"\x01\x00\x02\x03\x00\x00\x07", "is not text"),
        ("a.rar", b"Rar!\x1a\x07", "RAR archive: pack it as .zip"),
        ("a.csv", 'text,x\n"a,1\n' + "b,2\n" * 60_000, "never closed"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_refused_with_what_was_seen(
    tmp_path: Path, name: str, content: str | bytes, sentence: str
) -> None:
    with pytest.raises(CorpusError, match=sentence):
        list(read_messages(_write(tmp_path / name, content)))


def test_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"is a folder: give a file, or a \.zip of several"):
        list(read_messages(tmp_path))


@pytest.mark.parametrize("bomb", ["deep", "wide", "long", "head"])
def test_bombs_in_json_are_refused(
    tmp_path: Path, bomb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "MAX_RECORD_BYTES", 1 << 20)
    inner = {"deep": "[" * 300_000, "wide": "[],".join([""] * 700_000), "long": "9" * 3_000_000,
             "head": '"' + "x" * 2_000_000 + '"'}[bomb]  # fmt: skip
    start = '{"z":' if bomb == "head" else '{"messages":[{"a":['
    path = _write(
        tmp_path / "bomb.json", start + inner + (',"messages":[]}' if bomb == "head" else "")
    )
    with pytest.raises(CorpusError, match=r"bomb\.json"):
        list(read_messages(path))


def test_a_zip_that_unpacks_too_far_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("textgen_core.text.formats.archives.MAX_UNPACKED_BYTES", 1000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "x" * 2000)
    with pytest.raises(CorpusError, match=r"a\.zip is too large"):
        list(read_messages(tmp_path / "a.zip"))
