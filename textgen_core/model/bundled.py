"""Where the weights and the channel are that ship with the program."""

from __future__ import annotations

import os
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
    return shipped_path(str(model)) if str(model) in SHIPPED else Path(model)


def shipped_path(name: str) -> Path:
    """Return one of the files of weights/, of whose name ``.safetensors`` is left out.

    Raises:
        CheckpointError: the installation, or the checkout, lacks it.
    """
    folders = _installed(), _checkout()
    for folder in folders:
        path = folder / f"{name}.safetensors"
        if path.is_file():
            return path
    raise CheckpointError(
        f"{name}.safetensors is missing: neither {folders[0]} nor {folders[1]} holds it; install"
        " textgen-bot again"
    )


def bundled_channel_path() -> Path:
    """Return the file of 2,000 messages that the demo shows and units are probed on.

    The base model has not learned from them; channels/README.md has source and licence.
    """
    return _library() / "channels" / "casual-2k.jsonl.gz"


def _installed() -> Path:
    """Return where a wheel's weights are; files themselves, as they are mapped into memory."""
    return _library() / "weights"


def _checkout() -> Path:
    """Return where they are in a checkout, of which this package is a folder."""
    return _library().parent / "weights"


def _library() -> Path:
    from importlib.resources import files  # it costs a third of what this package does

    return Path(str(files("textgen_core")))
