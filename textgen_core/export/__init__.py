"""Models for other programs: Keras, ONNX Runtime, textgenrnn, and browsers.

What the files hold and how they are used is in docs/export.md. Each format is a
module that returns the bytes of its files; they appear on the disk together, or
none of them does.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from textgen_core.errors import ExportError, OutputError
from textgen_core.export.web import PAGE_FILES, web_files
from textgen_core.legacy.output_files import check_place
from textgen_core.model.checkpoint import Checkpoint

FORMATS = ("keras", "onnx", "textgenrnn", "web")
_WEIGHTS_END = re.compile(r"(_weights)?\.hdf5$")


@dataclass(frozen=True, slots=True)
class WebOptions:
    """What a page for browsers is to be.

    Attributes:
        title: what it is called; empty for the name of its file or folder.
        single: whether it is one file instead of a folder.
        ngrams: whether the n-grams of what the model was trained on go with it.
    """

    title: str = ""
    single: bool = False
    ngrams: bool = False


def export_model(
    checkpoint: Checkpoint,
    to: str,
    path: str | os.PathLike[str],
    *,
    web: WebOptions | None = None,
) -> list[Path]:
    """Write a model in another program's format; return the files written.

    Args:
        checkpoint: the model.
        to: "keras", "onnx", "textgenrnn" or "web".
        path: the file, of which Keras wants that it end in ``.keras``. For
            textgenrnn the NAME of ``NAME_weights.hdf5``, ``NAME_vocab.json`` and
            ``NAME_config.json``, or the first of these. For "web" the folder, which is
            made, or the file if it is to be a single one.
        web: of "web" alone.

    Raises:
        ExportError: the format is unknown or cannot hold this model, a package is
            missing, or a file cannot be written; then none is.
    """
    path = Path(path)
    _check_format(to)
    if to == "keras" and path.suffix != ".keras":
        raise ExportError(f"the name of a Keras file must end in .keras, got {path.name!r}")
    if not path.parent.is_dir():  # said before seconds are spent on the import of Keras
        raise ExportError(f"there is no folder {path.parent}")
    if to == "textgenrnn":
        files = _textgenrnn(checkpoint, path)
    elif to == "web":
        files = _web(checkpoint, path, web or WebOptions())
    else:
        files = {path: _keras(checkpoint) if to == "keras" else _onnx(checkpoint)}
    _write(files)
    return [*files]


def _check_format(to: str) -> None:
    if to not in FORMATS:
        raise ExportError(f"the format must be one of {', '.join(FORMATS)}, got {to!r}")


def check_export(to: str, path: Path, *, model: Path, force: bool, single: bool = False) -> None:
    """Raise ExportError or OutputError where an export would replace what is not to be lost.

    Another export may take the place of an older one, but textgenrnn's files may be its own.

    Args:
        to: one of FORMATS.
        path: as ``export_model``'s.
        model: what is exported.
        force: whether files that are there already may be replaced.
        single: as of ``WebOptions``.
    """
    _check_format(to)
    if to == "web" and not single:
        taken = [path / name for name in PAGE_FILES if (path / name).exists()]
        if taken and not force:
            raise OutputError(f"{taken[0]} is there already: give -o, or --force to replace it")
        return
    targets = [*_targets(path).values()] if to == "textgenrnn" else [path]
    for target in targets:
        check_place(target, inputs=[model])
        if target.exists() and target.suffix != f".{to}" and not force:
            raise OutputError(f"{target} is there already: give -o, or --force to replace it")


def _targets(path: Path) -> dict[str, Path]:
    """Return textgenrnn's three files by the ends of their names."""
    name = _WEIGHTS_END.sub("", path.name)
    ends = ("weights.hdf5", "vocab.json", "config.json")
    return {end: path.with_name(f"{name}_{end}") for end in ends}


def default_path(model: Path, to: str, *, single: bool = False) -> Path:
    """Return where a model's export goes if nothing else is asked for: beside it.

    Raises:
        ExportError: the format is unknown.
    """
    _check_format(to)
    if to == "web":
        return model.with_name(model.stem + (".html" if single else "-web"))
    return model.with_suffix("" if to == "textgenrnn" else f".{to}")


def _keras(checkpoint: Checkpoint) -> bytes:
    from textgen_core.export.keras_file import keras_file  # imports TensorFlow

    return keras_file(checkpoint)


def _onnx(checkpoint: Checkpoint) -> bytes:
    try:
        from textgen_core.export.onnx_graph import onnx_file
    except ImportError as error:
        raise ExportError(
            f"ONNX files are written with the package onnx: pip install onnx ({error})"
        ) from error
    return onnx_file(checkpoint)


def _textgenrnn(checkpoint: Checkpoint, path: Path) -> dict[Path, bytes]:
    from textgen_core.export.textgenrnn_files import textgenrnn_files  # imports HDF5

    targets = _targets(path)
    name = targets["vocab.json"].name.removesuffix("_vocab.json")
    files = textgenrnn_files(checkpoint, name)
    return {targets[end]: data for end, data in files.items()}


def _web(checkpoint: Checkpoint, path: Path, options: WebOptions) -> dict[Path, bytes]:
    title = options.title or path.stem.removesuffix("-web")
    files = web_files(checkpoint, title, single=options.single, ngrams=options.ngrams)
    if options.single:
        return {path: files["index.html"]}
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise ExportError(f"{path} cannot be made a folder: {error.strerror or error}") from error
    return {path / name: data for name, data in files.items()}


def _write(files: Mapping[Path, bytes]) -> None:
    """Write files of one folder whole, and only then give them their names."""
    target = next(iter(files))
    try:
        for target in files:
            if target.is_dir():
                raise ExportError(f"{target} is a folder")
        with tempfile.TemporaryDirectory(prefix=".textgen-export-", dir=target.parent) as staging:
            for target, data in files.items():
                with Path(staging, target.name).open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
            for target in files:
                Path(staging, target.name).replace(target)
    except OSError as error:
        raise ExportError(f"{target} cannot be written: {error.strerror or error}") from error
