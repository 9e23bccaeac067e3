"""A model as Keras saves it, with what else must be known of it in the same file."""

from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from textgen_core.export.description import description
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.training.keras_model import assign_weights, build_model

DESCRIPTION_MEMBER = "textgen.json"


def keras_file(checkpoint: Checkpoint) -> bytes:
    """Return a ``.keras`` file: an archive, to which ``textgen.json`` is added.

    Keras passes over that member; see ``description`` for what it holds.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.keras")
        _keras_model(checkpoint).save(path)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(DESCRIPTION_MEMBER, json.dumps(description(checkpoint)))
        return path.read_bytes()


def _keras_model(checkpoint: Checkpoint) -> Any:
    """Return the model in layers that are stock ones but for the averages."""
    config, size = checkpoint.config, checkpoint.vocabulary.size
    if config.window is None:
        model = build_model(config, size, compiled=False)
        assign_weights(model, checkpoint.weights)
        return model
    from textgen_core.training.window_model import build_window_model, window_variables

    model = build_window_model(config, size)
    for name, variable in window_variables(model).items():
        variable.assign(checkpoint.weights[name])
    return model
