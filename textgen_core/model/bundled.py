"""Where the weights that ship with the program are."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

from textgen_core.errors import CheckpointError

SHIPPED = ("base", "large")


def base_weights_path() -> Path:
    """Return the base model's file; see ``model_path``."""
    return model_path("base")


def model_path(model: str | os.PathLike[str]) -> Path:
    """Return the file of a model that ships, if one is named, and any other path as it is.

    Raises:
        CheckpointError: the installation, or the checkout, lacks it.
    """
    if str(model) not in SHIPPED:
        return Path(model)
    checkout = Path(__file__).resolve().parents[2] / "weights"
    installed = Path(sysconfig.get_path("data")) / "share" / "textgen-bot" / "weights"
    for folder in (checkout, installed):
        path = folder / f"{model}.safetensors"
        if path.is_file():
            return path
    raise CheckpointError(
        f"the {model} model is missing: neither {checkout} nor {installed} holds"
        f" {model}.safetensors; install textgen-bot again"
    )
