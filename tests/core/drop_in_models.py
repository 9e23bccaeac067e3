"""Models of the drop-in class, for tests."""

from __future__ import annotations

from pathlib import Path

from legacy_models import LegacyModel
from random_checkpoints import random_checkpoint

from textgen_core import save_checkpoint, textgenrnn
from textgen_core.text.vocabulary import BOUNDARY_ID


def small_model(folder: Path) -> textgenrnn:
    """Return a small model that ends a text now and then."""
    save_checkpoint(random_checkpoint(bias={BOUNDARY_ID: 3.0}), folder / "small.safetensors")
    return textgenrnn(folder / "small.safetensors", name=str(folder / "mine"))


def endless_model(folder: Path) -> textgenrnn:
    """Return a small model that never ends a text."""
    save_checkpoint(random_checkpoint(bias={BOUNDARY_ID: -50.0}), folder / "endless.safetensors")
    return textgenrnn(folder / "endless.safetensors")


def legacy(folder: Path, **shape: object) -> textgenrnn:
    """Return a model of textgenrnn's kind."""
    return textgenrnn(LegacyModel(**shape).write(folder))  # type: ignore[arg-type]


def listed(model: textgenrnn, n: int = 1, **options: object) -> list[str]:
    """Return what a model writes."""
    texts = model.generate(n, return_as_list=True, **options)  # type: ignore[arg-type]
    assert texts is not None
    return texts
