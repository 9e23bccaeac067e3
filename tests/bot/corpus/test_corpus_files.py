"""Collected messages are neither lost nor doubled on their way through files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus.files import MAX_OPEN, ChannelFile, CorpusLostError, corpus_line, merge_corpus
from bot.corpus.uploads import copied
from bot.errors import StorageError
from bot.runtime.data_folder import DataFolder


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
    parts = {number: tmp_path / name for number, name in enumerate("abcd")}
    assert merge_corpus(parts, target) == {0: 3, 1: 2, 2: 0, 3: 1}
    rows = [json.loads(line) for line in target.read_bytes().splitlines()]
    assert [row["id"] for row in rows] == [1, 2, 4, 5, 30, 100]


def test_parts_of_the_newest_first_are_turned_round(tmp_path: Path) -> None:
    for name, ids in (("a", [30, 5, 1]), ("b", [4, 2]), ("c", [])):
        lines = [corpus_line(message_id, name) for message_id in ids]
        (tmp_path / name).write_bytes(b"".join(lines))
    target = tmp_path / "corpus.jsonl"
    parts = {number: tmp_path / name for number, name in enumerate("abc")}
    assert merge_corpus(parts, target, newest_first=True) == {0: 3, 1: 2, 2: 0}
    rows = [json.loads(line) for line in target.read_bytes().splitlines()]
    assert [row["id"] for row in rows] == [1, 2, 4, 5, 30]


def test_more_parts_than_files_can_be_open_are_merged(tmp_path: Path) -> None:
    parts = {}
    for number in range(2 * MAX_OPEN + 1):
        parts[number] = tmp_path / f"{number}.jsonl"
        lines = [corpus_line(number + 1, "first"), corpus_line(1000 - number, "later")]
        parts[number].write_bytes(b"".join(lines))
    target = tmp_path / "corpus.jsonl"
    counts = merge_corpus(parts, target, changes={1: None, 1000: "changed"})
    rows = [json.loads(line) for line in target.read_bytes().splitlines()]
    assert counts[0] == 1
    assert len(rows) == sum(counts.values()) == 2 * len(parts) - 1
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert rows[-1] == {"id": 1000, "content": "changed"}
    assert list(tmp_path.glob("merged-*")) == []


def test_files_on_their_way_are_swept_up_unless_somebody_brings_them(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    source = tmp_path / "chat.txt"
    source.write_text("text", encoding="utf-8")
    with copied(folder, source) as incoming:
        left = folder.incoming / "left by a crash"
        left.write_text("text", encoding="utf-8")
        folder.forget_jobs_except(set())
        assert not left.exists()
        assert incoming.path.read_text(encoding="utf-8") == "text"
        incoming.furnish(7)
    assert folder.uploaded(7, "chat.txt").exists()
    assert list(folder.incoming.iterdir()) == []


def test_what_people_wrote_is_for_the_bots_user_alone(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with folder.locked(), ChannelFile(folder.channel_file(1, 5), 0) as file:
        file.append([corpus_line(1, "text")])
        merge_corpus({5: folder.channel_file(1, 5)}, folder.corpus(1))
    for path in (tmp_path / "corpora").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    assert (tmp_path / "corpora").stat().st_mode & 0o777 == 0o700


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
