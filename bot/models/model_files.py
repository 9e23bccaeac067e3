"""Models that people bring: a checkpoint of ours, or textgenrnn's files."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from bot.errors import UserError
from textgen_core import TextgenError
from textgen_core.errors import MissingVocabularyError, TextgenWarning
from textgen_core.model.checkpoint import checkpoint_from_bytes, checkpoint_to_bytes

MAX_IMPORT_BYTES = 32 * 1024 * 1024
OURS, LEGACY = (".safetensors",), (".hdf5", ".h5")

_WEIGHTS = "weights.hdf5"  # the name that a file has while it is read


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file somebody attached; its name says what it is."""

    name: str
    content: bytes


def check_size(name: str, size: int) -> None:
    """Refuse a file that is too large; call it before the file is fetched.

    Raises:
        UserError: it is.
    """
    if size > MAX_IMPORT_BYTES:
        raise UserError(
            f"{name} has {size / 2**20:.1f} MiB, and I take models up to "
            f"{MAX_IMPORT_BYTES // 2**20} MiB."
        )


def checkpoint_bytes(files: Sequence[UploadedFile]) -> bytes:
    """Return a checkpoint's bytes, everything in it checked. Takes a second: not for the loop.

    Raises:
        UserError: the files are no model; the text says why.
    """
    for file in files:
        check_size(file.name, len(file.content))
    model = _one(files, (*OURS, *LEGACY))
    if model is None:
        raise UserError(
            "Attach a model: a .safetensors file of mine, or textgenrnn's .hdf5 with its "
            "_vocab.json and _config.json."
        )
    try:
        if _kind(model) in OURS:
            checkpoint_from_bytes(model.content)
            return model.content
        return _from_textgenrnn(model, files)
    except MissingVocabularyError:
        raise UserError(f"Attach the vocabulary of {model.name}, too: its _vocab.json.") from None
    except TextgenError as error:
        reason = f"{error}".replace(_WEIGHTS, "it")
        raise UserError(f"{model.name} is not a usable model: {reason}.") from None


def _from_textgenrnn(weights: UploadedFile, files: Sequence[UploadedFile]) -> bytes:
    from textgen_core.model_files import read_model

    tables = [file for file in files if _kind(file) == ".json"]
    config = next((file for file in tables if "config" in file.name.lower()), None)
    vocabulary = next((file for file in tables if file is not config), None)
    with tempfile.TemporaryDirectory(prefix="textgen-import-") as folder:
        paths = {
            role: _written(file, Path(folder) / name)
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
    return checkpoint_to_bytes(checkpoint)


def _written(file: UploadedFile | None, path: Path) -> Path | None:
    if file is None:
        return None
    path.write_bytes(file.content)
    return path


def _one(files: Sequence[UploadedFile], kinds: Sequence[str]) -> UploadedFile | None:
    """Return the file of one of these kinds, None where there is none or more than one."""
    found = [file for file in files if _kind(file) in kinds]
    return found[0] if len(found) == 1 else None


def _kind(file: UploadedFile) -> str:
    return PurePath(file.name).suffix.lower()
