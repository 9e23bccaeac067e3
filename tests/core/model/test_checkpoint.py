"""A checkpoint survives the disk, and a bad file says what is wrong with it."""

import contextlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save_file

from textgen_core.errors import CheckpointError
from textgen_core.model.checkpoint import (
    Checkpoint,
    checkpoint_from_bytes,
    load_checkpoint,
    save_checkpoint,
)
from textgen_core.model.config import ModelConfig
from textgen_core.model.quantization import SCALE, Precision, to_stored
from textgen_core.model.verbatim_filter import VerbatimFilter
from textgen_core.text.vocabulary import Vocabulary

CONFIG = ModelConfig(rnn_layers=1, rnn_size=4, dim_embeddings=3)
VOCABULARY = Vocabulary(("é",))


def _checkpoint() -> Checkpoint:
    rng = np.random.default_rng(0)
    weights = {
        name: rng.normal(size=shape).astype(np.float32)
        for name, shape in CONFIG.weight_shapes(VOCABULARY.size).items()
    }
    return Checkpoint(CONFIG, VOCABULARY, weights, {"messages": 3})


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    saved = _checkpoint()
    save_checkpoint(saved, tmp_path / "m.safetensors")
    loaded = load_checkpoint(tmp_path / "m.safetensors")
    assert (loaded.config, loaded.vocabulary, loaded.manifest) == (
        saved.config,
        saved.vocabulary,
        saved.manifest,
    )
    assert all(np.array_equal(loaded.weights[name], saved.weights[name]) for name in saved.weights)
    assert [path.name for path in tmp_path.iterdir()] == ["m.safetensors"]


@pytest.mark.parametrize(("precision", "share"), [(Precision.FLOAT16, 0.6), (Precision.INT8, 0.5)])
def test_fewer_bits_make_the_file_smaller_and_hardly_change_the_weights(
    tmp_path: Path, precision: Precision, share: float
) -> None:
    checkpoint = _checkpoint()
    save_checkpoint(checkpoint, tmp_path / "full")
    save_checkpoint(checkpoint, tmp_path / "small", precision=precision)
    assert (tmp_path / "small").stat().st_size < share * (tmp_path / "full").stat().st_size
    for name, array in load_checkpoint(tmp_path / "small").weights.items():
        assert array.dtype == np.float32
        largest = np.abs(checkpoint.weights[name]).max()
        assert np.abs(array - checkpoint.weights[name]).max() <= largest / 254 + 1e-6


def test_a_column_of_zeros_stays_one_in_eight_bits(tmp_path: Path) -> None:
    weights = dict(_checkpoint().weights)
    weights["embedding"] = np.zeros_like(weights["embedding"])
    save_checkpoint(
        replace(_checkpoint(), weights=weights), tmp_path / "m", precision=Precision.INT8
    )
    assert not load_checkpoint(tmp_path / "m").weights["embedding"].any()


@pytest.mark.parametrize(
    ("scale", "sentence"),
    [
        (None, "is in 8 bits and lacks its scale"),
        (np.ones(1, np.float32), "the scale of the array 'embedding' has the wrong form"),
        (np.ones(CONFIG.dim_embeddings, np.float16), "has the wrong form"),
        (np.full(CONFIG.dim_embeddings, np.inf, np.float32), "not finite"),
        (np.full(CONFIG.dim_embeddings, np.nan, np.float32), "not finite"),
        (np.full(CONFIG.dim_embeddings, -3e37, np.float32), "not finite"),  # times 127
    ],
)
def test_a_damaged_scale_is_refused(
    tmp_path: Path, scale: np.ndarray | None, sentence: str
) -> None:
    save_checkpoint(_checkpoint(), tmp_path / "m")
    with safe_open(tmp_path / "m", "np") as file:
        metadata = file.metadata()
    tensors = to_stored(_checkpoint().weights, Precision.INT8)
    del tensors["embedding" + SCALE]
    if scale is not None:
        tensors["embedding" + SCALE] = scale
    save_file(tensors, tmp_path / "m", metadata)
    with pytest.raises(CheckpointError, match=sentence):
        load_checkpoint(tmp_path / "m")


@pytest.mark.parametrize("name", ["embedding", "attention/gate"])
def test_missing_extra_and_misshapen_arrays_are_named(name: str) -> None:
    good = dict(_checkpoint().weights)
    lacking = {key: array for key, array in good.items() if key != name}
    with pytest.raises(CheckpointError, match=f"lacks the array '{name}'"):
        Checkpoint(CONFIG, VOCABULARY, lacking)
    with pytest.raises(CheckpointError, match="unknown array 'other'"):
        Checkpoint(CONFIG, VOCABULARY, good | {"other": good[name]})
    with pytest.raises(CheckpointError, match=f"'{name}' must have shape"):
        Checkpoint(CONFIG, VOCABULARY, good | {name: np.zeros((1, 1, 1), np.float32)})
    with pytest.raises(CheckpointError, match="not finite"):
        Checkpoint(CONFIG, VOCABULARY, good | {name: good[name] * np.float32("nan")})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="there is no model file"):
        load_checkpoint(tmp_path / "gone.safetensors")


def _with_filter() -> Checkpoint:
    return replace(
        _checkpoint(), seen=VerbatimFilter.from_texts(["something said once"], run_chars=9)
    )


@pytest.mark.parametrize("precision", list(Precision))
def test_the_filter_of_the_training_text_comes_back(tmp_path: Path, precision: Precision) -> None:
    save_checkpoint(_with_filter(), tmp_path / "m", precision=precision)
    seen = load_checkpoint(tmp_path / "m").seen
    assert seen is not None
    assert seen.run_chars == 9
    assert seen.knows("something said").all()
    assert not seen.knows("something else").all()
    copied = checkpoint_from_bytes((tmp_path / "m").read_bytes()).seen
    assert copied is not None
    assert (copied.bits == seen.bits).all()
    (tmp_path / "m").unlink()  # a model may be removed while it speaks
    assert seen.knows("something said").all()
    save_checkpoint(_checkpoint(), tmp_path / "m")
    assert load_checkpoint(tmp_path / "m").seen is None


@pytest.mark.parametrize(
    ("tensors", "entry", "sentence"),
    [
        ({"seen": np.zeros(1024, np.uint8)}, None, "its entry 'seen' is missing"),
        ({}, {"run_chars": 24}, "its filter of the training text has the wrong form"),
        ({"seen": np.zeros(1024, np.uint8)}, {"k": 24}, "has the wrong form"),
        ({"seen": np.zeros(1024, np.uint8)}, {"run_chars": "24"}, "run_chars must be a whole"),
        ({"seen": np.zeros(1000, np.uint8)}, {"run_chars": 24}, "must have a power of two"),
        ({"seen": np.zeros(1024, np.float32)}, {"run_chars": 24}, "has the wrong form"),
        ({"seen": np.zeros((2, 512), np.uint8)}, {"run_chars": 24}, "has the wrong form"),
    ],
)
def test_a_damaged_filter_is_refused(
    tmp_path: Path, tensors: dict[str, np.ndarray], entry: object, sentence: str
) -> None:
    save_checkpoint(_checkpoint(), tmp_path / "m")
    with safe_open(tmp_path / "m", "np") as file:
        metadata = file.metadata()
    if entry is not None:
        metadata["seen"] = json.dumps(entry)
    save_file(dict(_checkpoint().weights) | tensors, tmp_path / "m", metadata)
    with pytest.raises(CheckpointError, match=sentence):
        load_checkpoint(tmp_path / "m")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_damaged_files_raise_nothing_but_checkpoint_errors(
    tmp_path: Path, data: st.DataObject
) -> None:
    path = tmp_path / "m.safetensors"
    save_checkpoint(_with_filter(), path)
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans(), label="cut"):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        for _ in range(data.draw(st.integers(1, 8))):
            content[data.draw(st.integers(0, min(len(content) - 1, 900)))] = data.draw(
                st.integers(0, 255)
            )
    path.write_bytes(content)
    with contextlib.suppress(CheckpointError):
        load_checkpoint(path)
