"""The process that reads a model somebody gave: `python -P -m bot.models.checking_process`.

It is asked {"files": [{"name", "path"}…], "target"} and writes a checkpoint to the target,
everything in it checked.
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from bot.errors import UserError
from bot.runtime.confined import run_confined
from textgen_core.errors import MissingVocabularyError, TextgenError, TextgenWarning
from textgen_core.legacy.model_files import read_model
from textgen_core.model.checkpoint import checkpoint_from_bytes, save_checkpoint

_WEIGHTS = "weights.hdf5"  # the name that a file has while it is read
OURS, LEGACY = (".safetensors",), (".hdf5", ".h5")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file on the disk and what people call it."""

    name: str
    path: Path

    @property
    def kind(self) -> str:
        """What its name ends with."""
        return PurePath(self.name).suffix.lower()


def main() -> int:
    """Check one model; return the exit status."""
    return run_confined(check_model)


def check_model(request: dict[str, Any]) -> dict[str, Any]:
    """Write the checkpoint that some files make.

    Raises:
        UserError: the files are no model; the text says why.
    """
    given = [ModelFile(file["name"], Path(file["path"])) for file in request["files"]]
    target = Path(request["target"])
    model = _one(given, (*OURS, *LEGACY))
    if model is None:
        raise UserError(
            "Attach a model: a .safetensors file of mine, or textgenrnn's .hdf5 with its "
            "_vocab.json and _config.json."
        )
    try:
        if model.kind in OURS:
            checkpoint_from_bytes(model.path.read_bytes())
            shutil.copyfile(model.path, target)
        else:
            _from_textgenrnn(model, given, target)
    except MissingVocabularyError:
        raise UserError(
            "Attach the vocabulary of {name} too, its _vocab.json.", name=model.name
        ) from None
    except TextgenError as error:
        reason = f"{error}".removeprefix(f"{_WEIGHTS}: ").replace(_WEIGHTS, "it")
        raise UserError(
            "I can't use {name} as a model: {reason}.", name=model.name, reason=reason
        ) from None
    return {}


def _from_textgenrnn(weights: ModelFile, files: Sequence[ModelFile], target: Path) -> None:
    tables = [file for file in files if file.kind == ".json"]
    config = next((file for file in tables if "config" in file.name.lower()), None)
    vocabulary = next((file for file in tables if file is not config), None)
    with tempfile.TemporaryDirectory(prefix="textgen-import-") as folder:
        paths = {
            role: _named(file, Path(folder) / name)
            for role, file, name in (
                ("weights", weights, _WEIGHTS),
                ("vocabulary", vocabulary, "vocabulary.json"),
                ("config", config, "configuration.json"),
            )
        }
        assert paths["weights"] is not None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TextgenWarning)  # a temporary name says nothing
            checkpoint = read_model(
                paths["weights"], vocabulary=paths["vocabulary"], config=paths["config"]
            )
    save_checkpoint(checkpoint, target)


def _named(file: ModelFile | None, path: Path) -> Path | None:
    if file is None:
        return None
    path.symlink_to(file.path.resolve())
    return path


def _one(files: Sequence[ModelFile], kinds: Sequence[str]) -> ModelFile | None:
    """Return the file of one of these kinds, None where there is none or more than one."""
    found = [file for file in files if file.kind in kinds]
    return found[0] if len(found) == 1 else None


if __name__ == "__main__":
    raise SystemExit(main())
