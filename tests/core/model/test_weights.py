"""Models that ship are found by their names."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from textgen_core import load_checkpoint
from textgen_core.errors import CheckpointError
from textgen_core.model.bundled import SHIPPED, base_weights_path, model_path

MOST_BYTES = {"base": 1_000_000, "large": 16_000_000}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_model_that_ships_is_small_and_what_the_list_of_checksums_says(name: str) -> None:
    path = model_path(name)
    content = path.read_bytes()
    assert len(content) <= MOST_BYTES[name]
    sums = dict(
        reversed(line.split()) for line in path.with_name("SHA256SUMS").read_text().splitlines()
    )
    assert sums[path.name] == hashlib.sha256(content).hexdigest()
    assert load_checkpoint(path).seen is None


def test_other_paths_stay_as_they_are(tmp_path: Path) -> None:
    assert model_path(tmp_path / "base") == tmp_path / "base"
    assert model_path("./large") == Path("large")
    assert model_path("base") == base_weights_path()


def test_weights_beside_the_library_are_those_of_its_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.resources.files", lambda _: tmp_path / "textgen_core")
    for folder in (tmp_path / "weights", tmp_path / "textgen_core" / "weights"):
        folder.mkdir(parents=True)
        (folder / "large.safetensors").touch()
    assert model_path("large") == tmp_path / "textgen_core" / "weights" / "large.safetensors"


def test_an_installation_without_one_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.resources.files", lambda _: tmp_path / "textgen_core")
    with pytest.raises(CheckpointError, match=r"large.safetensors is missing: neither .* holds"):
        model_path("large")
