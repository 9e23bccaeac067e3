"""Exported models compute what the engine does, in the programs they are written for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import onnxruntime
import pytest
from legacy_models import WORDS, LegacyModel
from ngram_models import with_ngrams
from random_checkpoints import random_checkpoint

from textgen_core import Checkpoint, Engine, ModelConfig, WindowShape, save_checkpoint
from textgen_core.cli.main import main
from textgen_core.errors import ExportError
from textgen_core.export import export_model
from textgen_core.legacy.weights import import_legacy
from textgen_core.text.tokenizer import tokenizer_from_json
from textgen_core.training.window_model import keras

ROOT = Path(__file__).resolve().parents[2]
WINDOWS = {
    "0.1": LegacyModel("0.1", layers=1),
    "1.x": LegacyModel(cudnn=True),
    "one layer": LegacyModel(layers=1),
    "bidirectional": LegacyModel(bidirectional=True, layers=3),
    "words": LegacyModel(tokens=WORDS),
}


def softmax(logits: Any) -> Any:
    shifted = np.exp(np.asarray(logits, np.float64) - np.max(logits, axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def random_texts(checkpoint: Checkpoint, rows: int = 3, length: int = 50) -> Any:
    """Return ids, (rows, length), that begin with ``<s>``."""
    ids = np.random.default_rng(5).integers(1, checkpoint.vocabulary.size, (rows, length))
    ids[:, 0] = checkpoint.vocabulary.boundary_id
    return ids


def engine_probs(checkpoint: Checkpoint, ids: Any) -> Any:
    """Return the distributions after each id, (B, T, V)."""
    engine, probs = Engine(checkpoint), []
    for row in ids:
        state = engine.start()
        probs.append([engine.probs(state)])
        for char_id in row[1:]:
            state = engine.feed(state, [int(char_id)])
            probs[-1].append(engine.probs(state))
    return np.array(probs)


def windows(ids: Any, context: int = 40) -> Any:
    """Return the window that ends at each id, (B, T, W)."""
    padded = np.pad(ids, ((0, 0), (context - 1, 0)))
    return np.stack([padded[:, t : t + context] for t in range(ids.shape[1])], axis=1)


@pytest.fixture(params=[*WINDOWS])
def imported(request: pytest.FixtureRequest, tmp_path: Path) -> Checkpoint:
    return import_legacy(WINDOWS[request.param].write(tmp_path))


def onnx_steps(path: Path, ids: Any) -> Any:
    """Run a graph of one step over ids from its blank state; return logits, (B, T, V)."""
    session = onnxruntime.InferenceSession(path)
    state = {
        value.name: np.zeros((len(ids), value.shape[1]), np.float32)
        for value in session.get_inputs()[1:]
    }
    steps = []
    for t in range(ids.shape[1]):
        logits, *after = session.run(None, {"ids": ids[:, t], **state})
        assert [f"next_{name}" for name in state] == [o.name for o in session.get_outputs()[1:]]
        state = dict(zip(state, after, strict=True))
        steps.append(logits)
    return np.stack(steps, axis=1)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_an_onnx_step_gives_the_engines_probabilities(layers: int, tmp_path: Path) -> None:
    checkpoint = random_checkpoint(layers=layers, units=7)
    export_model(checkpoint, "onnx", tmp_path / "m.onnx")
    ids = random_texts(checkpoint)
    probs = softmax(onnx_steps(tmp_path / "m.onnx", ids))
    assert np.abs(probs - engine_probs(checkpoint, ids)).max() < 1e-5


@pytest.mark.parametrize("shift", [-300.0, 300.0])
def test_an_onnx_average_stands_scores_beyond_exp(shift: float, tmp_path: Path) -> None:
    checkpoint = random_checkpoint()
    weights = {name: array.copy() for name, array in checkpoint.weights.items()}
    weights["attention/score"][:5] = shift
    weights["embedding"] = np.abs(weights["embedding"])  # scores are all of the shift's sign
    checkpoint = Checkpoint(checkpoint.config, checkpoint.vocabulary, weights)
    export_model(checkpoint, "onnx", tmp_path / "m.onnx")
    ids = random_texts(checkpoint)
    probs = softmax(onnx_steps(tmp_path / "m.onnx", ids))
    assert np.abs(probs - engine_probs(checkpoint, ids)).max() < 1e-3  # of scores near 1,000


def test_an_onnx_window_gives_the_engines_probabilities(
    imported: Checkpoint, tmp_path: Path
) -> None:
    export_model(imported, "onnx", tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    ids = random_texts(imported)
    whole = windows(ids)
    (logits,) = session.run(None, {"ids": whole.reshape(-1, 40)})
    probs = softmax(logits).reshape(*ids.shape, -1)
    assert np.abs(probs - engine_probs(imported, ids)).max() < 1e-5


def test_an_onnx_file_describes_itself(imported: Checkpoint, tmp_path: Path) -> None:
    for checkpoint in (imported, random_checkpoint()):
        export_model(checkpoint, "onnx", tmp_path / "m.onnx")
        session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
        told = session.get_modelmeta().custom_metadata_map
        check_description({name: json.loads(value) for name, value in told.items()}, checkpoint)


def check_description(told: dict[str, Any], checkpoint: Checkpoint) -> None:
    assert ModelConfig.from_dict(told["config"]) == checkpoint.config
    assert tokenizer_from_json(told["vocabulary"]) == checkpoint.vocabulary
    assert told["boundary_id"] == checkpoint.vocabulary.boundary_id
    tokens = tuple(bytes.fromhex(token) for token in told["tokens"])
    assert tokens == checkpoint.vocabulary.token_bytes


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_a_keras_file_gives_the_engines_probabilities(dropout: float, tmp_path: Path) -> None:
    plain = random_checkpoint()
    config = ModelConfig(rnn_layers=2, rnn_size=8, dim_embeddings=5, dropout=dropout)
    checkpoint = Checkpoint(config, plain.vocabulary, plain.weights)
    export_model(checkpoint, "keras", tmp_path / "m.keras")
    model = keras.models.load_model(tmp_path / "m.keras")
    ours = [layer for layer in model.layers if not type(layer).__module__.startswith("keras.")]
    assert [(type(layer).__name__, layer.get_config()["compiled"]) for layer in ours] == [
        ("CausalAverage", False)
    ]
    ids = random_texts(checkpoint)
    probs = softmax(model(ids.astype(np.int32)))
    assert np.abs(probs - engine_probs(checkpoint, ids)).max() < 1e-5
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        check_description(json.loads(archive.read("textgen.json")), checkpoint)


def test_a_keras_file_of_windows_gives_the_engines_probabilities(
    imported: Checkpoint, tmp_path: Path
) -> None:
    export_model(imported, "keras", tmp_path / "m.keras")
    model = keras.models.load_model(tmp_path / "m.keras")
    ids = random_texts(imported)
    logits = model(windows(ids).reshape(-1, 40).astype(np.int32))
    probs = softmax(logits).reshape(*ids.shape, -1)
    assert np.abs(probs - engine_probs(imported, ids)).max() < 1e-5


@pytest.mark.parametrize("module", ["keras_model", "window_model"])
def test_a_keras_file_loads_where_only_its_layers_module_is_known(
    module: str, tmp_path: Path
) -> None:
    checkpoint = random_checkpoint()
    if module == "window_model":
        checkpoint = import_legacy(LegacyModel("0.1", layers=1).write(tmp_path))
    export_model(checkpoint, "keras", tmp_path / "m.keras")
    program = f"import keras, textgen_core.training.{module}; keras.models.load_model('m.keras')"
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr


def members(path: Path) -> dict[str, tuple[int, ...] | None]:
    """Return the shape of every array of an HDF5 file, and None for every group."""
    found: dict[str, tuple[int, ...] | None] = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, member: found.update({name: getattr(member, "shape", None)}))
    return found


@pytest.mark.parametrize("name", [*WINDOWS])
def test_a_textgenrnn_model_comes_back_as_it_was(name: str, tmp_path: Path) -> None:
    original = WINDOWS[name].write(tmp_path)
    imported = import_legacy(original)
    files = export_model(imported, "textgenrnn", tmp_path / "again")
    ends = ("weights.hdf5", "vocab.json", "config.json")
    assert [path.name for path in files] == [f"again_{end}" for end in ends]
    again = import_legacy(files[0])
    assert (again.config, again.vocabulary) == (imported.config, imported.vocabulary)
    assert again.weights.keys() == imported.weights.keys()
    for array_name, array in imported.weights.items():
        np.testing.assert_array_equal(again.weights[array_name], array)


@pytest.mark.parametrize("name", [*WINDOWS])
def test_the_names_in_a_weight_file_are_textgenrnns(name: str, tmp_path: Path) -> None:
    original = WINDOWS[name].write(tmp_path)
    written, *_ = export_model(import_legacy(original), "textgenrnn", tmp_path / "again")
    expected = members(original)
    if name == "0.1":  # whose other layers had no such names
        del expected["input"], expected["rnn_concat"]
    if WINDOWS[name].cudnn:  # of whose two biases one is left
        halved = {n: (s[0] // 2,) for n, s in expected.items() if s and "rnn_" in n and "bias" in n}
        expected |= halved
    assert members(written) == expected


@pytest.mark.parametrize("name", ["1.x", "bidirectional", "words"])
def test_keras_itself_reads_a_weight_file_by_its_names(name: str, tmp_path: Path) -> None:
    imported = import_legacy(WINDOWS[name].write(tmp_path))
    written, *_ = export_model(imported, "textgenrnn", tmp_path / "again")
    model = named_model(WINDOWS[name])
    model.load_weights(written, by_name=True)
    ids = random_texts(imported)
    probs = np.asarray(model(windows(ids).reshape(-1, 40).astype(np.int32)))
    assert np.abs(probs.reshape(*ids.shape, -1) - engine_probs(imported, ids)).max() < 1e-5


class Attention(keras.layers.Layer):  # type: ignore[misc]
    """textgenrnn's average over the window."""

    def build(self, shape: tuple[int, ...]) -> None:
        self.W = self.add_weight(shape=(shape[-1], 1), name="attention_W")

    def call(self, steps: Any) -> Any:
        shares = keras.ops.softmax(keras.ops.matmul(steps, self.W), axis=1)
        return keras.ops.sum(shares * steps, axis=1)


def named_model(model: LegacyModel) -> Any:
    """Return textgenrnn's network, its layers named as there, its weights drawn anew."""
    ids = keras.Input((40,), dtype="int32", name="input")
    features = [keras.layers.Embedding(model.classes, model.embedded, name="embedding")(ids)]
    for number in range(1, model.layers + 1):
        layer = keras.layers.LSTM(model.units, return_sequences=True, name=f"rnn_{number}")
        if model.bidirectional:
            layer = keras.layers.Bidirectional(layer, name=layer.name)
        features.append(layer(features[-1]))
    joined = keras.layers.Concatenate(name="rnn_concat")(features)
    output = keras.layers.Dense(model.classes, activation="softmax", name="output")
    return keras.Model(ids, output(Attention(name="attention")(joined)))


@pytest.mark.parametrize(
    ("window", "layers", "sentence"),
    [
        (None, 2, "no model that reads a text once"),
        (WindowShape(), 2, "no bytes in its vocabularies"),
        (WindowShape(hard_sigmoid=True), 2, "both or neither"),
        (WindowShape(attention=False, hard_sigmoid=True), 2, "this model 2 and 40"),
        (WindowShape(30, attention=False, hard_sigmoid=True), 1, "this model 1 and 30"),
    ],
)
def test_what_textgenrnn_cannot_read_is_refused(
    window: WindowShape | None, layers: int, sentence: str, tmp_path: Path
) -> None:
    config = ModelConfig(rnn_layers=layers, rnn_size=4, dim_embeddings=3, window=window)
    vocabulary = random_checkpoint().vocabulary
    shapes = config.weight_shapes(vocabulary.size)
    weights = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    with pytest.raises(ExportError, match=sentence):
        export_model(Checkpoint(config, vocabulary, weights), "textgenrnn", tmp_path / "m")
    assert not [*tmp_path.iterdir()]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    save_checkpoint(random_checkpoint(), folder / "m.safetensors")
    return folder / "m.safetensors"


def test_the_command_writes_beside_the_model(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(model), "--to", "onnx", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"files": [str(model.with_suffix(".onnx"))]}
    assert {path.name for path in model.parent.iterdir()} == {"m.safetensors", "m.onnx"}


def test_ngrams_stay_behind_and_the_command_says_so(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for checkpoint, said in ((random_checkpoint(), 0), (with_ngrams({"a": {"b": 0.5}}), 1)):
        save_checkpoint(checkpoint, model)
        assert main(["export", str(model), "--to", "onnx"]) == 0
        assert capsys.readouterr().err.count("n-grams stay behind") == said


def test_textgenrnns_files_are_named_by_any_form_of_their_name(tmp_path: Path) -> None:
    save_checkpoint(import_legacy(LegacyModel().write(tmp_path)), tmp_path / "m.safetensors")
    arguments = ["export", str(tmp_path / "m.safetensors"), "--to", "textgenrnn"]
    for output in ([], ["-o", str(tmp_path / "b_weights.hdf5")], ["-o", str(tmp_path / "c")]):
        assert main([*arguments, *output]) == 0
    weights = {path.name for path in tmp_path.glob("*_weights.hdf5")} - {"tiny_weights.hdf5"}
    assert weights == {"m_weights.hdf5", "b_weights.hdf5", "c_weights.hdf5"}
    assert json.loads((tmp_path / "b_config.json").read_text())["name"] == "b"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--to", "a/b"], "must be one of keras, onnx, textgenrnn, web, got 'a/b'"),
        (["--to", "keras", "-o", "m.h5"], "must end in .keras, got 'm.h5'"),
        (["--to", "onnx", "-o", "{folder}/gone/m.onnx"], "/gone does not exist"),
        (["--to", "onnx", "-o", "{folder}"], "is a folder"),
        (["--to", "onnx", "-o", "/proc/m.onnx"], "/proc/m.onnx cannot be written"),
        (["--to", "textgenrnn"], "export it to onnx or keras"),
    ],
)
def test_a_refused_export_costs_one_sentence_and_writes_nothing(
    model: Path, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    filled = [part.format(folder=model.parent) for part in arguments]
    assert main(["export", str(model), *filled]) == 2
    complaint = capsys.readouterr().err
    assert sentence in complaint
    assert complaint.count("\n") == 1
    assert [*model.parent.iterdir()] == [model]


def test_one_file_that_cannot_be_written_keeps_back_the_others(tmp_path: Path) -> None:
    imported = import_legacy(LegacyModel().write(tmp_path))
    target = tmp_path / "out"
    (target / "m_config.json").mkdir(parents=True)
    with pytest.raises(ExportError, match=r"m_config\.json is a folder"):
        export_model(imported, "textgenrnn", target / "m")
    assert [path.name for path in target.iterdir()] == ["m_config.json"]


def test_a_missing_package_is_named(
    model: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.delitem(sys.modules, "textgen_core.export.onnx_graph", raising=False)
    assert main(["export", str(model), "--to", "onnx"]) == 2
    complaint = capsys.readouterr().err
    assert "pip install onnx" in complaint
    assert complaint.count("\n") == 1
    assert [*model.parent.iterdir()] == [model]


def test_the_examples_of_the_documentation_run(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(examples) == 2
    monkeypatch.chdir(model.parent)
    for to in ("onnx", "keras"):
        assert main(["export", "m.safetensors", "--to", to, "-o", f"chatty.{to}"]) == 0
    capsys.readouterr()
    for example in examples:
        exec(compile(example, "docs/export.md", "exec"), {"__name__": "__main__"})
        assert capsys.readouterr().out.strip()
