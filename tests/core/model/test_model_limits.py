"""A small file that would cost hours or gigabytes is refused by one sentence, at once."""

from __future__ import annotations

import gc
import json
import time
import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pytest
from legacy_models import LegacyModel
from random_checkpoints import random_checkpoint

from textgen_core import Checkpoint, Engine, ModelConfig, Vocabulary
from textgen_core.errors import CheckpointError, LegacyFormatError
from textgen_core.legacy.files import MAX_OBJECTS, read_arrays
from textgen_core.legacy.weights import import_legacy
from textgen_core.model.checkpoint import checkpoint_from_bytes, checkpoint_to_bytes
from textgen_core.model.config import WindowShape
from textgen_core.model.limits import MAX_IDS, check_cost
from textgen_core.model.quantization import Precision
from textgen_core.text.legacy_vocabulary import LegacyVocabulary

SOON_S = 5.0


def windows(layers: int, units: int, window: int, *, both: bool) -> ModelConfig:
    shape = WindowShape(context_chars=window, bidirectional=both)
    return ModelConfig(rnn_layers=layers, rnn_size=units, dim_embeddings=16, window=shape)


def file_of(config: ModelConfig, vocabulary: Vocabulary | LegacyVocabulary) -> bytes:
    weights = {
        name: np.zeros(shape, np.float32)
        for name, shape in config.weight_shapes(vocabulary.size).items()
    }
    made = Checkpoint(config, vocabulary, weights)
    return checkpoint_to_bytes(made, precision=Precision.INT8)


@pytest.mark.parametrize(
    ("config", "what"),
    [
        (windows(2, 64, 1000, both=False), "to load"),
        (windows(1, 256, 1000, both=False), "a character"),
        (windows(8, 128, 400, both=True), "a character"),
        (windows(1, 1024, 100, both=True), "a character"),
    ],
)
def test_windows_that_take_too_long(config: ModelConfig, what: str) -> None:
    data = file_of(config, LegacyVocabulary(("<s>", "a", "b")))
    began = time.monotonic()
    with pytest.raises(CheckpointError, match=rf"multiplications {what}, and models may take"):
        checkpoint_from_bytes(data)
    assert time.monotonic() - began < SOON_S


@pytest.mark.parametrize(
    "config",
    [
        windows(2, 128, 40, both=False),  # textgenrnn's own weights
        windows(3, 128, 30, both=True),  # its notebook's usual choice
        windows(4, 256, 30, both=True),
        windows(2, 256, 100, both=False),
        windows(2, 512, 40, both=False),
        ModelConfig(rnn_layers=2, rnn_size=1024),
    ],
)
def test_models_that_people_have_are_taken(config: ModelConfig) -> None:
    check_cost(config, 500)


def test_an_imported_window_is_limited_too(tmp_path: Path) -> None:
    weights = LegacyModel(layers=1).write(tmp_path)
    (tmp_path / "tiny_config.json").write_text(json.dumps({"max_length": 1000}))
    import_legacy(weights)  # so few units may have it
    with pytest.raises(CheckpointError):
        check_cost(windows(2, 128, 1000, both=False), 100)


def test_vocabularies_are_limited_and_none_that_was_refused_stays() -> None:
    frequent = tuple(chr(0x10000 + number) for number in range(MAX_IDS + 1))
    config = ModelConfig(rnn_layers=1, rnn_size=4, dim_embeddings=1)
    data = file_of(config, Vocabulary(frequent))
    del frequent
    tracemalloc.start()
    for _ in range(2):
        with pytest.raises(CheckpointError, match="65,537 entries, and models may have 65,536"):
            checkpoint_from_bytes(data)
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert kept < 2**20


def test_what_stays_in_memory_of_a_vocabulary_is_counted() -> None:
    """And nothing of it stays once its engine is gone."""
    frequent = tuple(chr(0x10000 + number) for number in range(40_000))
    config = ModelConfig(rnn_layers=1, rnn_size=4, dim_embeddings=1)
    data = file_of(config, Vocabulary(frequent))
    del frequent
    Engine(random_checkpoint())  # imports
    tracemalloc.start()
    engine = Engine(checkpoint_from_bytes(data))
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0]
    assert 0.8 * taken < engine.nbytes < 3 * taken
    del engine
    gc.collect()
    left = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert left < taken / 10


def linked(path: Path, levels: int, links: int) -> Path:
    """Write groups that each have many links to the next: links ** levels ways, no array."""
    with h5py.File(path, "w") as file:
        group = file.create_group("end")
        for _ in range(levels):
            above = file.create_group(f"above {len(file)}")
            for number in range(links):
                above[f"link {number}"] = group
            group = above
        kept = group.name.strip("/")
        for name in list(file):
            if name != kept:
                del file[name]
    return path


@pytest.mark.parametrize(("levels", "links"), [(1, 2), (4, 90)])
def test_groups_that_are_linked_to_again_and_again(tmp_path: Path, levels: int, links: int) -> None:
    path = linked(tmp_path / "dag.hdf5", levels, links)
    began = time.monotonic()
    with pytest.raises(LegacyFormatError, match="under another name, too"):
        read_arrays(path)
    assert time.monotonic() - began < SOON_S


def test_a_group_that_holds_itself(tmp_path: Path) -> None:
    path = tmp_path / "loop.hdf5"
    with h5py.File(path, "w") as file:
        file.create_group("a")["back"] = file["/"]
    with pytest.raises(LegacyFormatError, match="under another name, too"):
        read_arrays(path)


def test_more_groups_than_any_model_has(tmp_path: Path) -> None:
    path = tmp_path / "wide.hdf5"
    with h5py.File(path, "w") as file:
        for number in range(MAX_OBJECTS + 1):
            file.create_group(f"{number % 90}/{number // 90}")
    with pytest.raises(LegacyFormatError, match="more than 1000 groups and arrays"):
        read_arrays(path)
