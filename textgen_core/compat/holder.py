"""What the class holds: one model, its settings, and the files they come from and go to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from textgen_core.compat.arguments import PathLike, explained, path_of
from textgen_core.compat.files import (
    DEFAULT_SETTINGS,
    open_model,
    settings_of,
    vocabulary_table,
    write_weights,
)
from textgen_core.compat.text_length import engine_of
from textgen_core.errors import LegacyFormatError
from textgen_core.generation.engine import Engine
from textgen_core.legacy.output_files import check_model_target
from textgen_core.legacy.textgenrnn_tables import beside
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.text.legacy_vocabulary import BOUNDARY

_Paths = tuple[PathLike | None, PathLike | None]

_NO_KERAS_MODEL = (
    "there is no Keras model behind this class: textgen.checkpoint has the weights by name and"
    " the configuration, textgen.engine what the model predicts, and 'textgen export --to keras'"
    " writes a .keras file of it"
)


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """What scripts read of Keras's tokenizer.

    Attributes:
        word_index: characters, or words, and their ids; not to be written to.
        char_level: whether they are characters.
    """

    word_index: Mapping[str, int]
    char_level: bool


class Holder:
    """A model, its files and its settings.

    Arguments, attributes and errors are those of ``generator.textgenrnn``, which this is
    the lower part of.
    """

    META_TOKEN = BOUNDARY

    @explained
    def __init__(
        self,
        weights_path: PathLike | None = None,
        vocab_path: PathLike | None = None,
        config_path: PathLike | None = None,
        name: str = "textgenrnn",
        allow_growth: bool | None = None,
    ) -> None:
        given = {"weights": weights_path, "vocab": vocab_path, "config": config_path}
        for kind, path in given.items():
            if path is not None:
                path_of(f"{kind}_path", path)
        if not isinstance(name, str) or not name or "\0" in name:
            raise ValueError(f"name must be what files' names begin with, got {name!r:.60}")
        self._paths: _Paths = (vocab_path, config_path)
        self._read_files: set[Path] = set()
        self._engine: Engine | None = None
        self.config: dict[str, Any] = {"name": name}
        self.adopt(open_model(weights_path, vocab_path, config_path))
        if weights_path is not None:
            self._paths = _with_those_beside(weights_path, self._paths)

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

    @property
    def indices_char(self) -> dict[int, str]:
        """Ids and their characters, or words."""
        return {char_id: token for token, char_id in self.vocab.items()}

    @property
    def tokenizer(self) -> Tokenizer:
        """The vocabulary as textgenrnn's scripts look for it."""
        return Tokenizer(MappingProxyType(self.vocab), not self.config["word_level"])

    @property
    def model(self) -> Any:
        """None there is: raises AttributeError that says what to use."""
        raise AttributeError(_NO_KERAS_MODEL)

    def adopt(self, checkpoint: Checkpoint) -> None:
        """Write, and learn, with this model from now on."""
        self._checkpoint = checkpoint
        self._engine = None
        self.config = {**settings_of(checkpoint), "name": self.config["name"]}

    @explained
    def save(
        self, weights_path: PathLike = "textgenrnn_weights_saved.hdf5", *, overwrite: bool = False
    ) -> None:
        """Write the model, with its vocabulary and settings, to one file.

        Args:
            weights_path: ``.safetensors`` in the library's own form, else HDF5.
            overwrite: whether a file that is no model of this library may be replaced.

        Raises:
            OutputError: the folder is missing or takes no files, or a file would be lost.
            OSError: the disk is full.
        """
        path = path_of("weights_path", weights_path)
        check_model_target(path, overwrite=overwrite)
        write_weights(self._checkpoint, path)

    @explained
    def load(self, weights_path: PathLike) -> None:
        """Put a file's model in this one's place; see the class for what is read.

        textgenrnn's weights take what lies beside them, or what this model was opened with.
        """
        path = path_of("weights_path", weights_path)
        tries = [self._paths, (None, None)]
        if _with_those_beside(path, (None, None))[0] is not None:
            tries.reverse()
        try:
            found = open_model(path, *tries[0], strict=False)
        except LegacyFormatError:
            if tries[0] == tries[1]:
                raise
            found = open_model(path, *tries[1], strict=False)
        self.adopt(found)

    def reset(self) -> None:
        """Go back to the model that comes with the library; the name stays."""
        self._paths = (None, None)
        self.adopt(open_model(None, None, None))


def _with_those_beside(weights: PathLike, given: _Paths) -> _Paths:
    """Return vocabulary and configuration: those given, or else those beside the weights."""
    vocabulary, config = given
    return vocabulary or beside(weights, "vocab"), config or beside(weights, "config")
