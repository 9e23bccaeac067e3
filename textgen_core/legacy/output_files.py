"""Whether a file may be written where it was asked for: said before any work is done.

A model may take the place of a model of ours, a text that of a text. What is read is
never written over, nor is a file of another kind.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from textgen_core.errors import CheckpointError, OutputError
from textgen_core.legacy.model_files import is_own, opens_as_hdf5, what_it_is

PathLike = str | os.PathLike[str]


def check_model_target(
    path: PathLike, *, inputs: Iterable[PathLike] = (), overwrite: bool = False
) -> None:
    """Raise OutputError unless a model may be written to ``path``.

    Args:
        path: a file, there or not.
        inputs: files that are read.
        overwrite: whether files of other kinds may be replaced, too.
    """
    path = Path(path)
    check_place(path, inputs=inputs)
    if overwrite or not _holds_something(path) or is_own(path):
        return
    raise OutputError(
        f"{path} is {_kind_of(path)}, which a model would replace: give the model another name"
    )


def check_text_target(path: PathLike, *, inputs: Iterable[PathLike] = ()) -> None:
    """Raise OutputError unless a text may be written to ``path``; arguments as above."""
    path = Path(path)
    check_place(path, inputs=inputs)
    if not _holds_something(path):
        return
    kind = what_it_is(path)
    if kind not in ("a text file", "empty"):
        raise OutputError(
            f"{path} is {_kind_of(path)}, which a text would replace: give the text another name"
        )


def check_place(path: PathLike, *, inputs: Iterable[PathLike] = ()) -> None:
    """Raise OutputError unless there is a folder to write ``path`` to, and it is none itself."""
    path = Path(path)
    if path.is_dir():
        raise OutputError(f"{path} is a folder: give a file's name")
    folder = path.parent
    if not folder.is_dir():
        kind = "is no folder" if folder.exists() else "does not exist"
        raise OutputError(f"{path} cannot be written: the folder {folder} {kind}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{path} cannot be written: the folder {folder} takes no new files")
    for other in inputs:
        if _same(path, Path(other)):
            raise OutputError(f"{path} is read as well: give the result another name")


def _same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:  # one of them is not there
        return path.resolve() == other.resolve()


def _holds_something(path: Path) -> bool:
    return path.exists() and not (path.is_file() and path.stat().st_size == 0)


def _kind_of(path: Path) -> str:
    try:
        if is_own(path):
            return "a model"
        if opens_as_hdf5(path):
            return "an HDF5 file of another program, such as textgenrnn"
        kind = what_it_is(path)
    except CheckpointError:  # no permission to read it, or a device
        kind = None
    return kind.partition(":")[0] if kind else "a file of another kind"
