"""The drop-in class saves its models and opens others' as textgenrnn's users expect."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from drop_in_models import legacy, listed, small_model
from legacy_models import LETTERS, LegacyModel

from textgen_core import CheckpointError, LegacyFormatError, textgenrnn
from textgen_core.errors import TextgenWarning


@pytest.fixture
def model(tmp_path: Path) -> textgenrnn:
    return small_model(tmp_path)


@pytest.mark.parametrize("name", ["m.hdf5", "m.safetensors"])
def test_a_saved_model_is_whole_in_one_file(model: textgenrnn, tmp_path: Path, name: str) -> None:
    texts = listed(model, 3, seed=1)
    model.save(tmp_path / name)
    other = textgenrnn(tmp_path / name)
    assert listed(other, 3, seed=1) == texts
    other.reset()
    assert other.config["rnn_size"] == 216
    assert listed(other, 3, seed=1) != texts
    other.load(tmp_path / name)
    assert listed(other, 3, seed=1) == texts


def test_the_name_to_save_under_has_textgenrnns_default(
    model: textgenrnn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model.save()
    assert textgenrnn("textgenrnn_weights_saved.hdf5").num_classes == model.num_classes


def test_weights_of_textgenrnn_keep_their_windows(tmp_path: Path) -> None:
    model = legacy(tmp_path, tokens=LETTERS, bidirectional=True)
    assert (model.config["rnn_bidirectional"], model.config["max_length"]) == (True, 40)
    texts = listed(model, 3, prefix="the ", seed=1, max_gen_length=20)
    assert all(text.startswith("the ") for text in texts)
    model.save(tmp_path / "again.hdf5")
    assert (
        listed(textgenrnn(tmp_path / "again.hdf5"), 3, prefix="the ", seed=1, max_gen_length=20)
        == texts
    )


def test_weights_without_a_vocabulary_say_what_to_give(tmp_path: Path) -> None:
    weights = LegacyModel().write(tmp_path)
    vocabulary = (tmp_path / "tiny_vocab.json").rename(tmp_path / "elsewhere.json")
    with pytest.raises(LegacyFormatError, match=r"13 ids .* give its …_vocab\.json, too"):
        textgenrnn(weights)
    assert listed(textgenrnn(weights, vocabulary), seed=1)


def test_a_configuration_alone_opens_the_librarys_model_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps({"rnn_size": 64, "name": "x"}))
    with pytest.warns(TextgenWarning, match="config_path alone changes nothing"):
        model = textgenrnn(config_path=tmp_path / "c.json")
    assert model.config["rnn_size"] == 216
    with pytest.raises(LegacyFormatError, match="there is no file"):
        textgenrnn(config_path=tmp_path / "gone.json")


def test_weights_are_loaded_with_what_lies_beside_them(tmp_path: Path) -> None:
    first = LegacyModel(tokens=LETTERS).write(tmp_path / "a")
    second = LegacyModel(tokens=LETTERS[:8], seed=1).write(tmp_path / "b")
    model = textgenrnn(first)
    model.load(second)
    assert model.num_classes == 9
    lone = first.rename(tmp_path / "lone_weights.hdf5")
    model = textgenrnn(lone, tmp_path / "a" / "tiny_vocab.json")
    model.load(lone)  # textgenrnn keeps the vocabulary that it has
    assert model.num_classes == 13


@pytest.mark.parametrize("ids", [465, 394])
def test_weights_alone_take_textgenrnns_own_table(tmp_path: Path, ids: int) -> None:
    tokens = ("<s>", *(chr(0x4E00 + i) for i in range(ids - 2)))
    version = "1.x" if ids == 465 else "0.1"
    weights = LegacyModel(version, layers=1, tokens=tokens).write(tmp_path)
    (tmp_path / "tiny_vocab.json").unlink()
    model = textgenrnn(weights)
    assert model.num_classes == ids
    assert model.vocab["<s>"] == ids - 1
    assert model.indices_char[model.vocab["e"]] == "e"
    assert listed(model, seed=1)
    other = textgenrnn(LegacyModel().write(tmp_path / "other"))
    other.load(weights)
    assert other.num_classes == ids
    (tmp_path / "tiny_vocab.json").write_text(json.dumps({"a": 1, "<s>": 2}))
    with pytest.warns(TextgenWarning, match=r"tiny_vocab\.json is another model's vocabulary"):
        assert textgenrnn(weights).num_classes == ids


def test_the_vocabulary_of_another_model_is_refused(model: textgenrnn, tmp_path: Path) -> None:
    other = tmp_path / "other_vocab.json"
    other.write_text(json.dumps({"a": 1, "<s>": 2}))
    model.save(tmp_path / "m.hdf5")
    with pytest.raises(CheckpointError, match=r"other_vocab\.json is another model's vocabulary"):
        textgenrnn(tmp_path / "m.hdf5", vocab_path=other)
    weights = LegacyModel().write(tmp_path)
    with pytest.raises(LegacyFormatError, match="another model's"):
        textgenrnn(weights, vocab_path=other)


def test_the_configuration_of_another_model_is_refused(model: textgenrnn, tmp_path: Path) -> None:
    config = tmp_path / "c.json"
    config.write_text(json.dumps({"rnn_size": 64, "name": "x"}))
    model.save(tmp_path / "m.hdf5")
    with pytest.raises(CheckpointError, match=r"its rnn_size is 64, that of m\.hdf5 8"):
        textgenrnn(tmp_path / "m.hdf5", config_path=config)


def test_a_vocabulary_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="give weights_path, too"):
        textgenrnn(vocab_path=tmp_path / "v.json")


def _with(change: Callable[[h5py.File], None]) -> Callable[[Path], None]:
    def changed(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            change(file)

    return changed


def _replaced(data: object, **options: object) -> Callable[[Path], None]:
    def change(file: h5py.File) -> None:
        del file["textgen_checkpoint"]
        file.create_dataset("textgen_checkpoint", data=data, **options)

    return _with(change)


def _linked(file: h5py.File) -> None:
    del file["textgen_checkpoint"]
    file["textgen_checkpoint"] = h5py.ExternalLink("/etc/passwd", "x")


def _huge(file: h5py.File) -> None:
    del file["textgen_checkpoint"]
    file.create_dataset("textgen_checkpoint", (2**40,), "u1")


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-900]),
        lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(50)),
        lambda path: path.write_bytes(b"no model"),
        lambda path: path.unlink(),
        _replaced(np.zeros(100, np.uint8)),
        _replaced(np.zeros(100, np.float32)),
        _replaced(np.zeros(1000, np.uint8), compression="gzip"),
        _with(_linked),
        _with(_huge),
        _with(lambda file: file.create_group("more")),
    ],
)
def test_a_damaged_file_is_refused_in_a_sentence(
    model: textgenrnn, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    model.save(tmp_path / "m.hdf5")
    damage(tmp_path / "m.hdf5")
    with pytest.raises(CheckpointError, match=r"m\.hdf5"):
        textgenrnn(tmp_path / "m.hdf5")
