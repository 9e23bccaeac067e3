"""What leaves the data folder gives away nothing that was said; what stays guards the bot."""

from __future__ import annotations

import sqlite3
import tarfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from ngram_models import with_ngrams
from random_checkpoints import random_checkpoint

from bot.corpus.authors import AuthorDigests
from bot.corpus.files import corpus_line, merge_corpus
from bot.errors import StorageError
from bot.models.sealing import Sealing, foreign_keys
from bot.operations.backup import make_backup
from bot.operations.restore import restore_backup
from bot.runtime.data_folder import DataFolder
from bot.storage.database import Database
from bot.training.cluster.parcels import Order, pack_order
from bot.training.trainer import TrainRequest
from textgen_core import Checkpoint, load_checkpoint, save_checkpoint
from textgen_core.model.checkpoint import checkpoint_from_bytes, checkpoint_to_bytes
from textgen_core.model.verbatim_filter import VerbatimFilter
from textgen_core.text.message_files import read_spoken

EARLIER, LATER = "what was said in the year before", "and what is said of all that today"
JOB, GUILD = 3, 42


def said(text: str) -> Checkpoint:
    """Return a model with an open filter, and n-grams of nobody knows how many people."""
    model = with_ngrams({"a": {"b": 0.5}}, random_checkpoint(), own={"m Roa": {"d": 0.9}})
    return replace(model, seen=VerbatimFilter.from_texts([text], most_filled=1 / 8))


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    folder.make_job(JOB)
    return folder


def guards(sealing: Sealing, path: Path, text: str) -> bool:
    """Tell whether a file says nothing of a text, and its owner's guard knows it."""
    seen = load_checkpoint(path).seen
    assert seen is not None
    assert seen.seal is not None
    assert not seen.knows(text).any()
    opened = sealing.key.open(seen)
    assert opened is not None
    return bool(opened.knows(text).all())


def test_a_trained_model_is_sealed_and_knows_what_its_base_knew(folder: DataFolder) -> None:
    sealing = Sealing(folder)
    save_checkpoint(said(EARLIER), folder.base(JOB))
    sealing.seal_files([folder.base(JOB)])
    save_checkpoint(said(LATER), folder.trained(JOB))
    for _ in range(2):  # as after a crash
        sealing.seal_trained(JOB)
        assert guards(sealing, folder.trained(JOB), EARLIER)
        assert guards(sealing, folder.trained(JOB), LATER)
        assert not guards(sealing, folder.trained(JOB), "something that nobody has said at all")
    folder.publish(JOB, "models/42/1.safetensors")
    sealing.seal_trained(JOB)
    assert guards(sealing, folder.absolute("models/42/1.safetensors"), EARLIER)


def test_a_damaged_result_is_left_for_whoever_loads_it(folder: DataFolder) -> None:
    folder.trained(JOB).write_bytes(b"nonsense")
    Sealing(folder).seal_trained(JOB)
    assert folder.trained(JOB).read_bytes() == b"nonsense"


def test_models_of_earlier_versions_are_closed(folder: DataFolder) -> None:
    sealing = Sealing(folder)
    paths = [folder.root / "models" / f"{name}.safetensors" for name in ("old", "odd", "gone")]
    save_checkpoint(said(EARLIER), paths[0])
    paths[1].write_bytes(b"nonsense")
    assert sealing.seal_files(paths) == 1
    assert guards(sealing, paths[0], EARLIER)
    model = load_checkpoint(paths[0])
    assert model.own_ngrams is None
    assert model.ngrams is not None  # of a text that is nobody's own
    assert paths[1].read_bytes() == b"nonsense"
    assert sealing.seal_files(paths) == 0


def test_a_file_that_comes_in_is_sealed_and_another_keys_filter_goes(
    folder: DataFolder, tmp_path: Path
) -> None:
    sealing = Sealing(folder)
    other = DataFolder(tmp_path / "other")
    other.prepare()
    given = checkpoint_to_bytes(said(EARLIER))
    path = tmp_path / "m"
    path.write_bytes(sealing.sealed(given))
    assert guards(sealing, path, EARLIER)
    assert sealing.sealed(path.read_bytes()) == path.read_bytes()
    foreign = Sealing(other).sealed(given)
    assert checkpoint_from_bytes(foreign).seen is not None
    assert checkpoint_from_bytes(sealing.sealed(foreign)).seen is None


def test_a_worker_is_given_no_filter(folder: DataFolder) -> None:
    sealing = Sealing(folder)
    base, against, corpus = (folder.job(JOB) / name for name in ("base", "against", "corpus"))
    save_checkpoint(said(EARLIER), base)
    save_checkpoint(said(EARLIER), against)
    sealing.seal_files([against])
    corpus.write_bytes(corpus_line(1, LATER))
    request = TrainRequest(corpus=corpus, out=folder.trained(JOB), base=base, against=against)
    parcel = pack_order(Order("1", "topic", 1.0), request)
    for name in ("base", "against"):
        model = checkpoint_from_bytes(parcel[name])
        assert (model.seen, model.own_ngrams) == (None, None)


async def with_a_version(folder: DataFolder) -> Path:
    """Let a server have a version, written by an earlier program; return its file."""
    await (await Database.open(folder.database)).close()
    relative = folder.model_path(GUILD, 1)
    path = folder.absolute(relative)
    path.parent.mkdir(exist_ok=True)
    save_checkpoint(said(EARLIER), path)
    with closing(sqlite3.connect(folder.database)) as connection, connection:
        connection.execute("INSERT INTO guild (guild_id) VALUES (?)", (GUILD,))
        connection.execute(
            "INSERT INTO model (guild_id, version, path, created_at, published_at)"
            " VALUES (?, 1, ?, '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00')",
            (GUILD, relative),
        )
    return path


async def test_a_backup_holds_no_key_and_no_open_filter(folder: DataFolder, tmp_path: Path) -> None:
    path = await with_a_version(folder)
    make_backup(folder, tmp_path / "b.tar.gz")
    with tarfile.open(tmp_path / "b.tar.gz") as archive:
        assert not [name for name in archive.getnames() if "key" in name]
    elsewhere = DataFolder(tmp_path / "elsewhere")
    restore_backup(tmp_path / "b.tar.gz", elsewhere, replace=False)
    restored = elsewhere.absolute(folder.model_path(GUILD, 1))
    assert guards(Sealing(folder), restored, EARLIER)
    assert path.read_bytes() != restored.read_bytes()  # the file itself is the bot's to seal
    # Of the other machine's folder it is told that the key is missing, until it is brought.
    key_id = Sealing(folder).key.id
    assert foreign_keys(elsewhere, [restored]) == {key_id: 1}
    Sealing(elsewhere)  # a start draws another one
    assert foreign_keys(elsewhere, [restored]) == {key_id: 1}
    elsewhere.filter_key.write_bytes(folder.filter_key.read_bytes())
    assert foreign_keys(elsewhere, [restored]) == {}


def test_a_damaged_key_stops_the_bot_by_one_sentence(folder: DataFolder) -> None:
    folder.filter_key.write_text("no key")
    with pytest.raises(StorageError, match=r"filter\.key holds no key"):
        Sealing(folder)
    with pytest.raises(StorageError, match=r"filter\.key holds no key"):
        foreign_keys(folder, [])


def test_authors_are_told_apart_within_a_training_and_not_beyond_it(folder: DataFolder) -> None:
    mine = AuthorDigests(folder.author_salt(JOB))
    again = AuthorDigests(folder.author_salt(JOB))
    folder.make_job(JOB + 1)
    other = AuthorDigests(folder.author_salt(JOB + 1))
    first, second = {"author": {"id": "7"}}, {"author": {"id": "8"}}
    assert mine.of(first) == again.of(first)
    assert len({mine.of(first), mine.of(second), other.of(first)}) == 3
    assert mine.of(first) == mine.of({"author_id": 7})
    assert mine.of({"author": {}}) is None
    assert "7" * 3 not in (mine.of({"author": {"id": "777"}}) or "")
    folder.forget_job(JOB)
    assert not folder.job(JOB).exists()


def test_an_edited_message_keeps_its_author(tmp_path: Path) -> None:
    part, target = tmp_path / "30.jsonl", tmp_path / "corpus.jsonl"
    tricky = 'he said "author":"x" and "content":"y"'
    part.write_bytes(corpus_line(1, "one", "abcd") + corpus_line(2, tricky) + corpus_line(3, "z"))
    merge_corpus({30: part}, target, changes={1: "uno", 2: tricky + "!"})
    assert list(read_spoken(target)) == [("uno", "abcd"), (tricky + "!", None), ("z", None)]
