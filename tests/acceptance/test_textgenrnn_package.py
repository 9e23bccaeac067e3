"""The weights of the package textgenrnn 2.0.0 score what textgenrnn itself makes them score.

Needs the package, from the environment or the registry, and the corpus: both are
other people's, and neither is part of this repository.
"""

from __future__ import annotations

import importlib.util
import json
import random
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from textgen_core import Engine, GenerationOptions, evaluate, textgenrnn
from textgen_core.export import export_model
from textgen_core.legacy.weights import import_legacy

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path("shared/corpora/seed/hacker_news_2000.txt")
FILES = ("textgenrnn_weights.hdf5", "textgenrnn_vocab.json")
MEASURED_BITS_PER_CHAR = 2.597  # with textgenrnn itself, on the same held-out lines


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    installed = importlib.util.find_spec("textgenrnn")
    if installed and installed.submodule_search_locations:
        return Path(installed.submodule_search_locations[0]) / FILES[0]
    folder = tmp_path_factory.mktemp("textgenrnn")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--retries", "0"]
    command += ["--timeout", "10", "--dest", str(folder), "textgenrnn==2.0.0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        pytest.skip(f"textgenrnn cannot be downloaded: {done.stderr.strip().splitlines()[-1:]}")
    (archive,) = folder.iterdir()
    for name in FILES:
        (folder / name).write_bytes(member(archive, f"textgenrnn/{name}"))
    return folder / FILES[0]


def member(archive: Path, end: str) -> bytes:
    """Return the one file in a source or binary distribution whose path ends so."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(next(name for name in wheel.namelist() if name.endswith(end)))
    with tarfile.open(archive) as source:
        found = source.extractfile(next(m for m in source.getmembers() if m.name.endswith(end)))
        assert found is not None
        return found.read()


@pytest.fixture(scope="module")
def held_out() -> list[str]:
    beside = [folder / CORPUS for folder in ROOT.parents if (folder / CORPUS).is_file()]
    if not beside:
        pytest.skip(f"there is no {CORPUS} beside the checkout")
    lines = beside[0].read_text(encoding="utf-8").splitlines()[1:]
    random.Random(0).shuffle(lines)
    return lines[: len(lines) // 10]


def test_the_packages_weights_score_what_was_measured(weights: Path, held_out: list[str]) -> None:
    result = evaluate(import_legacy(weights), held_out)
    assert result.bits_per_char == pytest.approx(MEASURED_BITS_PER_CHAR, abs=0.002)
    assert (result.messages, result.skipped_chars) == (200, 2)


def test_the_packages_weights_write_english(weights: Path) -> None:
    engine = Engine(import_legacy(weights))
    texts = engine.generate(GenerationOptions(n=40, temperature=0.5, seed=1))
    words = " ".join(texts).lower().split()
    assert sum(word in ("the", "a", "to", "of", "and", "i", "in") for word in words) > 0.1 * len(
        words
    )


def test_the_class_writes_and_compares_with_the_packages_weights(weights: Path) -> None:
    model = textgenrnn(weights, weights.with_name(FILES[1]))
    texts = model.generate(5, True, prefix="TIL that ", temperature=0.5, seed=2)
    assert texts is not None
    assert all(text.startswith("TIL that ") for text in texts)
    pairs = model.similarity("My cat is cute", ["What is life?", "My dog is cute", "Trump wins"])
    assert pairs[0][0] == "My dog is cute"


def layout(path: Path) -> dict[str, Any]:
    """Return every array's shape, and every group's list of arrays, in their order."""
    with h5py.File(path) as file:
        found: dict[str, Any] = {"": file.attrs["layer_names"].tolist()}
        for layer, group in file.items():
            found[layer] = [name.decode() for name in group.attrs["weight_names"]]
            found |= {f"{layer}/{name}": group[name].shape for name in found[layer]}
    return found


def test_an_export_is_laid_out_as_the_packages_file(weights: Path, tmp_path: Path) -> None:
    imported = import_legacy(weights)
    written, vocabulary, _ = export_model(imported, "textgenrnn", tmp_path / "again")
    expected = layout(weights)
    for layer in ("rnn_1", "rnn_2"):  # in cuDNN's layout there, with a bias more
        (bias,) = expected[f"{layer}/{layer}/bias:0"]
        expected[f"{layer}/{layer}/bias:0"] = (bias // 2,)
    assert layout(written) == expected
    table = weights.with_name(FILES[1]).read_text(encoding="utf-8")
    assert json.loads(vocabulary.read_text(encoding="utf-8")) == json.loads(table)
    again = import_legacy(written)
    for name, array in imported.weights.items():
        np.testing.assert_array_equal(again.weights[name], array)
