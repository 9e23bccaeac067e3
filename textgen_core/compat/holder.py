"""What the class holds: one model, its settings, and the files they come from and go to."""

from __future__ import annotations

import os
from typing import Any

from textgen_core.compat.files import (
    DEFAULT_SETTINGS,
    open_model,
    settings_of,
    vocabulary_table,
    write_weights,
)
from textgen_core.compat.text_length import engine_of
from textgen_core.generation.engine import Engine
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.text.legacy_vocabulary import BOUNDARY

PathLike = str | os.PathLike[str]


class Holder:
    """A model, its files and its settings.

    Arguments, attributes and errors are those of ``generator.textgenrnn``, which this is
    the lower part of.
    """

    META_TOKEN = BOUNDARY

    def __init__(
        self,
        weights_path: PathLike | None = None,
        vocab_path: PathLike | None = None,
        config_path: PathLike | None = None,
        name: str = "textgenrnn",
        allow_growth: bool | None = None,
    ) -> None:
        self._paths = (vocab_path, config_path)
        self._engine: Engine | None = None
        self.config: dict[str, Any] = {"name": name}
        self.adopt(open_model(weights_path, vocab_path, config_path))

    @property
    def default_config(self) -> dict[str, Any]:
        """The settings that a new model has where nothing else is said."""
        return {**DEFAULT_SETTINGS, "name": self.config["name"]}

    @property
    def checkpoint(self) -> Checkpoint:
        """The model, as the rest of the library takes it."""
        return self._checkpoint

    @property
    def engine(self) -> Engine:
        """The model ready to write."""
        if self._engine is None:
            self._engine = engine_of(self._checkpoint, bool(self.config["single_text"]))
        return self._engine

    @property
    def vocab(self) -> dict[str, int]:
        """Characters, or words, and their ids."""
        return vocabulary_table(self._checkpoint.vocabulary)

    @property
    def num_classes(self) -> int:
        """Number of ids."""
        return self._checkpoint.vocabulary.size

    def adopt(self, checkpoint: Checkpoint) -> None:
        """Write, and learn, with this model from now on."""
        self._checkpoint = checkpoint
        self._engine = None
        self.config = {**settings_of(checkpoint), "name": self.config["name"]}

    def save(self, weights_path: PathLike = "textgenrnn_weights_saved.hdf5") -> None:
        """Write the model, with its vocabulary and settings, to one file.

        Args:
            weights_path: ``.safetensors`` in the library's own form, else HDF5.

        Raises:
            OSError: the disk is full or the folder cannot be written.
        """
        write_weights(self._checkpoint, weights_path)

    def load(self, weights_path: PathLike) -> None:
        """Put a file's model in this one's place; see the class for what is read."""
        self.adopt(open_model(weights_path, *self._paths, strict=False))

    def reset(self) -> None:
        """Go back to the model that comes with the library; the name stays."""
        self._paths = (None, None)
        self.adopt(open_model(None, None, None))
