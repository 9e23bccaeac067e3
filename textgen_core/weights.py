"""Where the weights that ship with the program are."""

from __future__ import annotations

import sysconfig
from pathlib import Path

from textgen_core.errors import CheckpointError


def base_weights_path() -> Path:
    """Return the base model's file, in a checkout or in an installation.

    Raises:
        CheckpointError: the installation lacks it.
    """
    checkout = Path(__file__).resolve().parent.parent / "weights"
    installed = Path(sysconfig.get_path("data")) / "share" / "textgen-bot" / "weights"
    for folder in (checkout, installed):
        if (folder / "base.safetensors").is_file():
            return folder / "base.safetensors"
    raise CheckpointError(
        f"the base model is missing: neither {checkout} nor {installed} holds"
        " base.safetensors; install textgen-bot again"
    )
