"""A model that began from the large one names its n-grams and does not hold them."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from textgen_core import Engine, load_checkpoint, save_checkpoint
from textgen_core.errors import CheckpointError
from textgen_core.model.bundled import model_path
from textgen_core.model.checkpoint import (
    Checkpoint,
    checkpoint_from_bytes,
    checkpoint_to_bytes,
)
from textgen_core.model.file_header import header_of
from textgen_core.model.privacy import for_others
from textgen_core.model.quantization import Precision


@pytest.fixture(scope="module")
def large() -> Checkpoint:
    return load_checkpoint(model_path("large"))


@pytest.fixture(scope="module")
def descendant(large: Checkpoint) -> Checkpoint:
    assert large.ngrams
    return replace(large, ngrams=replace(large.ngrams, trust=0.5), manifest={"messages": 3})


def test_the_file_is_as_small_as_of_a_model_without(descendant: Checkpoint, tmp_path: Path) -> None:
    path = tmp_path / "server.safetensors"
    save_checkpoint(descendant, path, precision=Precision.INT8)
    assert path.stat().st_size < 1_100_000
    loaded = load_checkpoint(path)
    assert loaded.ngrams
    assert descendant.ngrams
    assert loaded.ngrams.trust == 0.5
    np.testing.assert_array_equal(loaded.ngrams.words, descendant.ngrams.words)
    np.testing.assert_array_equal(loaded.ngrams.buckets, descendant.ngrams.buckets)


def test_the_large_model_itself_is_written_whole(large: Checkpoint) -> None:
    data = checkpoint_to_bytes(large, precision=Precision.INT8, whole=True)
    assert len(data) == model_path("large").stat().st_size


def test_a_table_of_its_own_is_written_whole(large: Checkpoint) -> None:
    assert large.ngrams
    words = large.ngrams.words.copy()
    words[0] ^= 1 << 9
    own = replace(large, ngrams=replace(large.ngrams, words=words))
    assert len(checkpoint_to_bytes(own, precision=Precision.INT8)) > 10_000_000


def test_the_table_is_in_memory_once(descendant: Checkpoint) -> None:
    data = checkpoint_to_bytes(descendant, precision=Precision.INT8)
    one, two = (checkpoint_from_bytes(data) for _ in range(2))
    assert one.ngrams
    assert two.ngrams
    assert np.shares_memory(one.ngrams.words, two.ngrams.words)
    alone = Engine(replace(one, ngrams=None)).nbytes
    assert Engine(one).nbytes - alone < 1000


def test_what_others_are_given_names_it_too(descendant: Checkpoint) -> None:
    given = checkpoint_from_bytes(for_others(checkpoint_to_bytes(descendant)))
    assert given.ngrams is not None


def test_without_that_table_it_speaks_and_says_so(
    descendant: Checkpoint, caplog: pytest.LogCaptureFixture
) -> None:
    data = _with_entry(descendant, {"shipped": "0" * 32, "trust": 0.5})
    with caplog.at_level(logging.WARNING):
        loaded = checkpoint_from_bytes(data)
    assert loaded.ngrams is None
    assert "of another release" in caplog.text


@pytest.mark.parametrize(
    "entry",
    [
        {"shipped": "0" * 31, "trust": 1.0},
        {"shipped": 5, "trust": 1.0},
        {"shipped": "0" * 32},
        {"shortest": 1, "longest": 2, "trust": 1.0},
        [],
    ],
)
def test_other_entries_are_refused(descendant: Checkpoint, entry: object) -> None:
    with pytest.raises(CheckpointError, match="its n-grams are wrong"):
        checkpoint_from_bytes(_with_entry(descendant, entry))


def test_arrays_without_an_entry_are_refused(large: Checkpoint) -> None:
    data = checkpoint_to_bytes(large, whole=True)
    metadata = {**header_of(data).metadata}
    del metadata["ngrams"]
    with pytest.raises(CheckpointError):
        checkpoint_from_bytes(save(load(data), metadata))


@pytest.mark.parametrize("trust", [2, -1, "1", None])
def test_a_trust_out_of_range_is_refused(descendant: Checkpoint, trust: object) -> None:
    named = json.loads(header_of(checkpoint_to_bytes(descendant)).metadata["ngrams"])
    with pytest.raises(CheckpointError, match="trust must be a number from 0 to 1"):
        checkpoint_from_bytes(_with_entry(descendant, {**named, "trust": trust}))


def _with_entry(model: Checkpoint, entry: object) -> bytes:
    data = checkpoint_to_bytes(model)
    metadata = {**header_of(data).metadata, "ngrams": json.dumps(entry)}
    return save(load(data), metadata)
