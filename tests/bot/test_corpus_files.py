"""Collected messages are neither lost nor doubled on their way through files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus_files import ChannelFile, CorpusLostError, corpus_line, merge_corpus
from bot.data_folder import DataFolder
from bot.errors import StorageError


@given(st.integers(1, 2**63), st.text())
def test_any_text_is_one_line(message_id: int, text: str) -> None:
    try:
        line = corpus_line(message_id, text)
    except UnicodeEncodeError:
        assert any("\ud800" <= char <= "\udfff" for char in text)
        return
    assert line.count(b"\n") == 1
    assert json.loads(line) == {"id": message_id, "content": text}


def test_what_was_not_committed_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "channel.jsonl"
    with ChannelFile(path, 0) as file:
        committed = file.append([b"one\n", b"two\n"])
        file.append([b"thr"])
    with ChannelFile(path, committed) as file:
        file.append([b"three\n"])
    assert path.read_bytes() == b"one\ntwo\nthree\n"


def test_lost_lines_are_noticed(tmp_path: Path) -> None:
    with pytest.raises(CorpusLostError):
        ChannelFile(tmp_path / "channel.jsonl", 10)


def test_parts_are_merged_by_time(tmp_path: Path) -> None:
    for name, ids in (("a", [1, 5, 30]), ("b", [2, 4]), ("c", []), ("d", [100])):
        lines = [corpus_line(message_id, name) for message_id in ids]
        (tmp_path / name).write_bytes(b"".join(lines))
    target = tmp_path / "corpus.jsonl"
    merge_corpus([tmp_path / name for name in "abcd"], target)
    rows = [json.loads(line) for line in target.read_bytes().splitlines()]
    assert [row["id"] for row in rows] == [1, 2, 4, 5, 30, 100]


def test_publishing_twice_is_harmless(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.job(1).mkdir(parents=True)
    folder.trained(1).write_bytes(b"weights")
    for _ in range(2):
        folder.publish(1, "models/5/1.safetensors")
    assert folder.absolute("models/5/1.safetensors").read_bytes() == b"weights"


def test_two_bots_never_share_a_folder(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with folder.locked(), pytest.raises(StorageError, match="Another bot"), folder.locked():
        pass
    with folder.locked():
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    folder = DataFolder(tmp_path / "file")
    with pytest.raises(StorageError, match="DATA_DIR"), folder.locked():
        pass


def test_texts_of_ended_jobs_are_swept_up(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    for job in (1, 2):
        folder.job(job).mkdir(parents=True)
        folder.corpus(job).write_text("text", encoding="utf-8")
    folder.forget_jobs_except({2})
    assert not folder.job(1).exists()
    assert folder.corpus(2).exists()
