"""A model opens whatever its file's form is; other files are refused by what they are."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest
from drop_in_models import listed, small_model
from legacy_models import LegacyModel
from random_checkpoints import random_checkpoint

from textgen_core import CheckpointError, save_checkpoint, textgenrnn
from textgen_core.cli.main import main
from textgen_core.legacy.model_files import is_own, read_model


def test_what_the_class_saves_opens_in_every_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "own_weights.hdf5"
    small_model(tmp_path).save(path)
    (tmp_path / "t.txt").write_text("one\ntwo\n")
    assert main(["generate", "-m", str(path), "--seed", "1"]) == 0
    assert main(["evaluate", str(tmp_path / "t.txt"), "-m", str(path)]) == 0
    assert main(["inspect", str(path)]) == 0
    again = tmp_path / "again.safetensors"
    capsys.readouterr()
    assert main(["import-legacy", str(path), "-o", str(again)]) == 0
    assert "a model of this program" in capsys.readouterr().out
    assert listed(textgenrnn(again), seed=1) == listed(textgenrnn(path), seed=1)


def test_weights_of_textgenrnn_open_in_every_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = LegacyModel().write(tmp_path)
    assert main(["generate", "-m", str(path), "--prompt", "eat", "--seed", "1"]) == 0
    assert capsys.readouterr().out.startswith("eat")


def test_a_whole_model_of_keras_opens_by_its_weights(tmp_path: Path) -> None:
    path = LegacyModel().write(tmp_path)
    whole = tmp_path / "whole_weights.hdf5"
    with h5py.File(path) as source, h5py.File(whole, "w") as target:
        for name in source:
            source.copy(name, target.require_group("model_weights"))
        target["optimizer_weights/iterations:0"] = [1.0]
    (tmp_path / "tiny_vocab.json").rename(tmp_path / "whole_vocab.json")
    assert read_model(whole).config.rnn_size == 8


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "holds no weights; it is empty"),
        (b'{"a": 1, "b": 2}', "it is a vocabulary"),
        (b'{"rnn_size": 128, "rnn_layers": 2}', "it is a configuration"),
        (b'{"a": "b"}', "it is a JSON file"),
        (b'{"a": ', "it is a text file"),
        (b"Once upon a time\n", "it is a text file"),
        (gzip.compress(b"x" * 100, mtime=0), "it is a gzip archive: unpack it first"),
        (b"PK\x03\x04" + bytes(50), "it is a zip archive"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (b"\n<!DOCTYPE html><html>", "it is a web page"),
        (bytes(range(256)) * 9, "is not HDF5 weights, nor a model of this library"),
    ],
)
def test_other_files_are_refused_by_what_they_are(
    content: bytes, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "m_weights.hdf5"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=f"m_weights.hdf5 .*{sentence}"):
        textgenrnn(path)
    assert not is_own(path)


def test_folders_and_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is a folder: give a model's file"):
        read_model(tmp_path)
    with pytest.raises(CheckpointError, match=r"there is no model file .*gone\.hdf5"):
        read_model(tmp_path / "gone.hdf5")


def _foreign(path: Path) -> None:
    header = json.dumps({"__metadata__": {"format": "pt"}}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header)


@pytest.mark.parametrize(
    ("write", "own"),
    [
        (lambda path: save_checkpoint(random_checkpoint(), path), True),
        (_foreign, False),
        (lambda path: path.write_bytes(b"\xff" * 8), False),
        (lambda path: path.mkdir(), False),
        (lambda path: None, False),
    ],
)
def test_a_model_of_ours_is_known(write: Callable[[Path], None], own: bool, tmp_path: Path) -> None:
    write(tmp_path / "m")
    assert is_own(tmp_path / "m") is own
