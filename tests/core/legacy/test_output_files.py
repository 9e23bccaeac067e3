"""Nothing of the user's is written over, and no work is done for a file that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from drop_in_models import listed, small_model
from legacy_models import LegacyModel
from random_checkpoints import random_checkpoint

from textgen_core import save_checkpoint, synthesize_to_file, textgenrnn
from textgen_core.cli.main import main
from textgen_core.compat.files import check_files, write_files
from textgen_core.errors import OutputError

LINES = "".join(f"hello there number {i}\n" for i in range(40))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, in which there are a text, a model, notes and a link."""
    monkeypatch.chdir(tmp_path)
    Path("good.txt").write_text(LINES)
    Path("link.txt").symlink_to("good.txt")
    Path("notes.md").write_text("# notes")
    save_checkpoint(random_checkpoint(), "m.safetensors")
    LegacyModel().write(Path("old"))
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("train good.txt -o good.txt", "good.txt is read as well: give the result another name"),
        ("train link.txt -o good.txt", "good.txt is read as well"),
        ("train good.txt -o notes.md", "notes.md is a text file, which a model would replace"),
        ("train good.txt -o old/tiny_weights.hdf5", "an HDF5 file of another program"),
        ("train good.txt --base m.safetensors -o m.safetensors", "is read as well"),
        ("train good.txt -o no/such/x.safetensors", "the folder no/such does not exist"),
        ("train good.txt -o notes.md/x", "the folder notes.md is no folder"),
        ("train good.txt -o .", ". is a folder: give a file's name"),
        ("import-legacy old/tiny_weights.hdf5 -o old/tiny_vocab.json", "is a vocabulary"),
        ("import-legacy old/tiny_weights.hdf5 -o old/tiny_weights.hdf5", "is read as well"),
        ("export m.safetensors --to onnx -o m.safetensors", "is read as well"),
        ("export m.safetensors --to onnx -o notes.md", "notes.md is there already: give -o, or"),
        ("export m.safetensors --to textgenrnn -o old/tiny", "tiny_weights.hdf5 is there already"),
    ],
)
def test_a_command_refuses_before_any_work(
    folder: Path, arguments: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert main(arguments.split()) == 2
    complaint = capsys.readouterr().err
    assert sentence in complaint
    assert complaint.count("\n") == 1
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda m: m.save("no/such/x.hdf5"), "the folder no/such does not exist"),
        (lambda m: m.save("good.txt"), "good.txt is a text file, which a model would replace"),
        (lambda m: m.save("."), "is a folder"),
        (lambda m: m.save("old/tiny_weights.hdf5"), "an HDF5 file of another program"),
        (lambda m: m.generate_to_file("m.safetensors"), "is a model, which a text would replace"),
        (lambda m: m.generate_to_file("no/x.txt"), "the folder no does not exist"),
        (lambda m: synthesize_to_file([m], "old"), "old is a folder"),
        (lambda m: m.train_on_texts(["a"], name="no/x"), "the folder no does not exist"),
        (lambda m: m.train_on_texts(["a"], name="old/tiny"), r"with name='…', or overwrite=True"),
    ],
)
def test_the_class_refuses_before_any_work(
    folder: Path, call: Callable[[textgenrnn], object], sentence: str
) -> None:
    model = small_model(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(OutputError, match=sentence):
        call(model)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_ours_may_be_replaced_and_others_with_a_word(folder: Path) -> None:
    model = small_model(folder)
    write_files(model.checkpoint, "mine")
    check_files("mine", [1], overwrite=False)
    model.save("mine_weights.hdf5")
    check_files("old/tiny", (), overwrite=True)
    Path("mine_weights_epoch_2.hdf5").write_bytes(Path("old/tiny_weights.hdf5").read_bytes())
    with pytest.raises(OutputError, match=r"mine_weights_epoch_2\.hdf5 is there already"):
        check_files("mine", [1, 2], overwrite=False)
    model.save("old/tiny_weights.hdf5", overwrite=True)
    assert listed(textgenrnn("old/tiny_weights.hdf5"), seed=1) == listed(model, seed=1)
    Path("mine_weights.hdf5").unlink()
    with pytest.raises(OutputError, match=r"mine_vocab\.json is there already"):
        check_files("mine", (), overwrite=False)


def test_a_text_replaces_a_text_but_not_what_was_trained_on(folder: Path) -> None:
    model = small_model(folder)
    model.generate_to_file("notes.md", n=2)
    with pytest.raises(OutputError):
        model.train_from_file("good.txt", name="no/x")
    with pytest.raises(OutputError, match=r"good\.txt is read as well"):
        model.generate_to_file("good.txt")
    assert Path("good.txt").read_text() == LINES
