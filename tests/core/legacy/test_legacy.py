"""textgenrnn's files are read to the number, or refused with the array's name."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from legacy_models import WORDS, LegacyModel, window_probs, write_weights

from textgen_core import Engine, evaluate, load_checkpoint, save_checkpoint
from textgen_core.cli.main import main
from textgen_core.errors import LegacyFormatError
from textgen_core.legacy.weights import import_legacy

MODELS = {
    "0.1": LegacyModel("0.1", layers=1),
    "0.1 with the 394 classes of its own weights": LegacyModel(
        "0.1", layers=1, tokens=("<s>", *(chr(0x100 + i) for i in range(392))), deviation=0.3
    ),
    "1.x": LegacyModel(),
    "one layer": LegacyModel(layers=1),
    "three layers": LegacyModel(layers=3, units=13),
    "cuDNN": LegacyModel(cudnn=True),
    "bidirectional": LegacyModel(bidirectional=True),
    "bidirectional, one layer": LegacyModel(bidirectional=True, layers=1),
    "bidirectional, three layers, cuDNN": LegacyModel(bidirectional=True, layers=3, cudnn=True),
    "words": LegacyModel(tokens=WORDS),
    "trained with context": LegacyModel(context_labels=3),
}


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_probabilities_are_those_of_the_definition(model: LegacyModel, tmp_path: Path) -> None:
    engine = Engine(import_legacy(model.write(tmp_path)))
    boundary = 1 + model.tokens.index("<s>")
    rng = np.random.default_rng(1)
    ids = [boundary, *rng.integers(0, model.classes, 100).tolist()]
    for length in (1, 2, 39, 40, 41, 80, 100):
        probs = engine.probs(engine.feed(engine.start(), ids[1:length]))
        np.testing.assert_allclose(probs, window_probs(model, ids[:length]), atol=1e-5)


@pytest.mark.parametrize("model", [LegacyModel(), LegacyModel(bidirectional=True)])
def test_a_configuration_sets_the_window(model: LegacyModel, tmp_path: Path) -> None:
    weights = model.write(tmp_path)
    settings = {"max_length": 7, "rnn_layers": 2, "rnn_size": 8, "dim_embeddings": 5, "name": "x"}
    (tmp_path / "tiny_config.json").write_text(json.dumps(settings))
    engine = Engine(import_legacy(weights))
    for length in (1, 6, 7, 8, 20):
        ids = [6, *range(1, length)]
        probs = engine.probs(engine.feed(engine.start(), [i % 13 for i in ids[1:]]))
        expected = window_probs(model, [i % 13 for i in ids], context=7)
        np.testing.assert_allclose(probs, expected, atol=1e-5)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_an_imported_model_is_saved_and_loaded(model: LegacyModel, tmp_path: Path) -> None:
    imported = import_legacy(model.write(tmp_path))
    save_checkpoint(imported, tmp_path / "m.safetensors")
    loaded = load_checkpoint(tmp_path / "m.safetensors")
    assert (loaded.config, loaded.vocabulary) == (imported.config, imported.vocabulary)
    assert loaded.weights.keys() == imported.weights.keys()
    for name, array in imported.weights.items():
        np.testing.assert_array_equal(loaded.weights[name], array)


def test_evaluation_scores_each_character_inside_its_window(tmp_path: Path) -> None:
    for model in (LegacyModel(), LegacyModel("0.1", layers=1), LegacyModel(bidirectional=True)):
        checkpoint = import_legacy(model.write(tmp_path))
        messages = ["The tea\nate oat. ", "", "😀 é" * 20, "To", "eat"]
        bits, chars = 0.0, 0
        for message in messages:
            ids = checkpoint.vocabulary.encode_message(message).tolist()
            for place in range(1, len(ids)):
                chars += ids[place] != 0
                if ids[place]:
                    bits -= math.log2(window_probs(model, ids[:place])[ids[place]])
        result = evaluate(checkpoint, messages)
        assert result.chars == chars
        assert result.bits_per_char == pytest.approx(bits / chars, abs=1e-5)
        assert result.skipped_chars == 1  # the h of The


def test_what_context_training_added_is_named_and_left_out(tmp_path: Path) -> None:
    plain = import_legacy(LegacyModel().write(tmp_path)).weights.keys()
    imported = import_legacy(LegacyModel(context_labels=2).write(tmp_path))
    assert imported.manifest["left_out"] == ["context_output/kernel", "context_output/bias"]
    assert imported.weights.keys() == plain


def damaged(model: LegacyModel, folder: Path, changes: dict[str, Any]) -> Path:
    """Write a model with arrays replaced, or left out where a change is None."""
    path = model.write(folder)
    arrays = {**model.stored(), **changes}
    write_weights(path, {name: a for name, a in arrays.items() if a is not None})
    return path


@pytest.mark.parametrize("version", ["0.1", "1.x"])
def test_every_array_is_missed_by_its_name(version: str, tmp_path: Path) -> None:
    model = LegacyModel(version, layers=1)
    for name in model.arrays():
        with pytest.raises(LegacyFormatError, match=f"lack the array '.*{name.split('/')[1]}'"):
            import_legacy(damaged(model, tmp_path, {name: None}))


def test_every_misshapen_array_is_named(tmp_path: Path) -> None:
    for model in (LegacyModel(), LegacyModel(bidirectional=True), LegacyModel(context_labels=2)):
        for name, array in model.arrays().items():
            longer = np.concatenate([array, array[:1]])
            if name != "context_output/kernel":  # which would be one of a label more
                with pytest.raises(LegacyFormatError, match=r"the array '.*' must have"):
                    import_legacy(damaged(model, tmp_path, {name: longer}))
            with pytest.raises(LegacyFormatError, match=f"the array '{name}' must have"):
                import_legacy(damaged(model, tmp_path, {name: array[..., None]}))


@pytest.mark.parametrize("name", ["rnn_3/kernel", "other/kernel", "output/other", "rnn/kernel"])
def test_an_extra_array_is_named(name: str, tmp_path: Path) -> None:
    extra = {name: np.zeros((5, 32), np.float32)}
    with pytest.raises(LegacyFormatError, match=f"array '{name.partition('/')[0]}/"):
        import_legacy(damaged(LegacyModel(), tmp_path, extra))


def test_numbers_that_are_none_are_named(tmp_path: Path) -> None:
    bias = np.full(13, np.nan, np.float32)
    with pytest.raises(LegacyFormatError, match="'output/bias' holds numbers that are not finite"):
        import_legacy(damaged(LegacyModel(), tmp_path, {"output/bias": bias}))


def test_another_models_vocabulary_is_noticed(tmp_path: Path) -> None:
    weights = LegacyModel().write(tmp_path)
    (tmp_path / "tiny_vocab.json").write_text(json.dumps({"<s>": 1, "a": 2}))
    with pytest.raises(LegacyFormatError, match="vocabulary is another model's"):
        import_legacy(weights)


def test_a_missing_vocabulary_is_asked_for_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = LegacyModel().write(tmp_path)
    (tmp_path / "tiny_vocab.json").unlink()
    assert main(["import-legacy", str(weights), "-o", str(tmp_path / "m")]) == 2
    complaint = capsys.readouterr().err
    assert "give its …_vocab.json, too" in complaint
    assert complaint.count("\n") == 1


def test_the_command_writes_a_model_that_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = LegacyModel().write(tmp_path)
    vocabulary = (tmp_path / "tiny_vocab.json").rename(tmp_path / "v.json")
    output = str(tmp_path / "m.safetensors")
    arguments = ["import-legacy", str(weights), "--vocab", str(vocabulary), "-o", output]
    assert main([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["imported_from"] == "textgenrnn 1.x or 2.0"
    assert main(["generate", "-m", output, "--prompt", "eat", "--seed", "3", "--top-k", "3"]) == 0
    assert capsys.readouterr().out.startswith("eat")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"max_length": 0}, r"context_chars must be a whole number in \[1, 1000\], got 0"),
        ({"max_length": "40"}, "max_length must be a whole number, got '40'"),
        ({"rnn_bidirectional": 1}, "rnn_bidirectional must be true or false, got 1"),
        ({"rnn_layers": 3}, "lack the array 'rnn_3/kernel'"),
        ({"rnn_size": 9}, "'rnn_1/kernel' must have shape"),
        ({"rnn_bidirectional": True}, "lack the array 'rnn_1/forward/recurrent_kernel'"),
        ({"single_text": "yes"}, "single_text must be true or false, got 'yes'"),
        ([1], "does not hold a JSON object"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(
    settings: Any, sentence: str, tmp_path: Path
) -> None:
    weights = LegacyModel().write(tmp_path)
    (tmp_path / "c.json").write_text(json.dumps(settings))
    with pytest.raises(LegacyFormatError, match=sentence):
        import_legacy(weights, config=tmp_path / "c.json")


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ('{"a": 1, "<s>": 3}', "number its 2 entries from 1 to 2"),
        ('{"a": 1.0, "<s>": 2}', "number its 2 entries"),
        ('{"a": true, "<s>": 2}', "number its 2 entries"),
        ('{"a": 1, "a": 2}', "comes twice"),
        ('{"a b": 1, "<s>": 2}', "a word without spaces"),
        ('{"": 1, "<s>": 2}', "must be one character"),
        ("{}", "1 to 65,534 entries, got 0"),
        ("[" * 100_000, "is not JSON"),
        ('{"a": ' * 100_000, "is not JSON"),
        ("\xff", "is not JSON"),
        ("1" * 3_000_000, "is larger than any file"),
    ],
)
def test_a_malformed_vocabulary_is_refused(table: str, sentence: str, tmp_path: Path) -> None:
    weights = LegacyModel().write(tmp_path)
    (tmp_path / "tiny_vocab.json").write_bytes(table.encode("latin-1"))
    with pytest.raises(LegacyFormatError, match=sentence):
        import_legacy(weights)


def _external_link(file: h5py.File, folder: Path) -> None:
    file["output/output/bias:0"] = h5py.ExternalLink(str(folder / "other.hdf5"), "/secret")


def _soft_link(file: h5py.File, _folder: Path) -> None:
    file["output/output/bias:0"] = h5py.SoftLink("/embedding/embedding/embeddings:0")


def _external_storage(file: h5py.File, folder: Path) -> None:
    (folder / "raw").write_bytes(bytes(52))
    external = [(str(folder / "raw"), 0, 52)]
    file.create_dataset("output/output/bias:0", (13,), "f4", external=external)


def _compressed(file: h5py.File, _folder: Path) -> None:
    file.create_dataset("output/output/bias:0", (1 << 28,), "f4", compression="gzip")


def _never_written(file: h5py.File, _folder: Path) -> None:
    file.create_dataset("output/output/bias:0", (1 << 30,), "f4")


def _virtual(file: h5py.File, _folder: Path) -> None:
    layout = h5py.VirtualLayout((1 << 30,), "f4")
    file.create_virtual_dataset("output/output/bias:0", layout)


def _text(file: h5py.File, _folder: Path) -> None:
    file["output/output/bias:0"] = ["words"] * 13


def _a_loop(file: h5py.File, _folder: Path) -> None:
    file["output/output/again"] = file["output"]


def _a_type(file: h5py.File, _folder: Path) -> None:
    file["output/output/bias:0"] = np.dtype("f4")


@pytest.mark.parametrize(
    ("trap", "sentence"),
    [
        (_external_link, "is a link to something else"),
        (_soft_link, "is a link to something else"),
        (_external_storage, "in pieces or in another file"),
        (_compressed, "compressed, in pieces"),
        (_never_written, "larger than what the file holds"),
        (_virtual, "in another file"),
        (_text, "does not hold floating-point numbers"),
        (_a_loop, "under another name"),
        (_a_type, "neither a group nor an array"),
    ],
)
def test_what_hdf5_could_do_beyond_arrays_is_refused(
    trap: Any, sentence: str, tmp_path: Path
) -> None:
    weights = damaged(LegacyModel(), tmp_path, {"output/bias": None})
    with h5py.File(weights, "a") as file:
        trap(file, tmp_path)
    with pytest.raises(LegacyFormatError, match=sentence):
        import_legacy(weights)


@pytest.mark.parametrize("content", [b"", b"not HDF5 at all", b"\x89HDF\r\n\x1a\n"])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    weights = LegacyModel().write(tmp_path)
    weights.write_bytes(content)
    with pytest.raises(LegacyFormatError, match="damaged or not an HDF5 file"):
        import_legacy(weights)
    weights.unlink()
    with pytest.raises(LegacyFormatError, match="there is no file"):
        import_legacy(weights)


def test_numbers_may_be_stored_in_other_precisions(tmp_path: Path) -> None:
    model = replace(LegacyModel(), cudnn=True)
    expected = import_legacy(model.write(tmp_path)).weights
    doubles = {name: array.astype(">f8") for name, array in model.stored().items()}
    write_weights(tmp_path / "tiny_weights.hdf5", doubles)
    for name, array in import_legacy(tmp_path / "tiny_weights.hdf5").weights.items():
        np.testing.assert_array_equal(array, expected[name])
