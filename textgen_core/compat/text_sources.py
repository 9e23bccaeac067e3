"""Which files a call names, and the one column of a table that is to be read."""

from __future__ import annotations

import glob
from pathlib import Path

from textgen_core.compat.arguments import PathLike, path_of
from textgen_core.compat.texts import readable
from textgen_core.text.formats.csv_files import rows_of
from textgen_core.text.formats.source import MAX_LINE_CHARS

_ENDINGS = (".txt", ".csv", ".tsv")
_DELIMITERS = ",;\t|"


def files_of(file_path: object) -> list[Path]:
    """Return the files that a path names: itself, a folder's texts, or what a pattern finds.

    Raises:
        ValueError: there is none.
    """
    given = path_of("file_path", file_path)
    path = Path(given)
    if path.is_dir():
        found = sorted(entry for entry in path.iterdir() if _is_named_as_text(entry))
        if not found:
            raise ValueError(f"the folder {path} has no {', '.join(_ENDINGS)} file")
        return found
    if glob.has_magic(str(given)) and not path.exists():
        root = Path(path.anchor)
        found = sorted(p for p in root.glob(str(path.relative_to(root))) if p.is_file())
        if not found:
            raise ValueError(f"no file has a name like {given}")
        return found
    return [path]


def _is_named_as_text(path: Path) -> bool:
    return path.name.lower().removesuffix(".gz").endswith(_ENDINGS)


def read_column(path: PathLike, column: str | int) -> list[str]:
    """Return a column of a table, without its heading.

    Args:
        path: in any usual encoding, packed by gzip or not, its columns divided by commas,
            semicolons, tabs or bars.
        column: its heading, whatever its case, or its number from 1, of a table that then
            need not have headings.

    Raises:
        ValueError: there is no such column, or no such file.
    """
    path = Path(path)
    rows = _rows(path)
    headings = [cell.strip() for cell in rows[0]] if rows else []
    if isinstance(column, str):
        folded = [heading.casefold() for heading in headings]
        if column.strip().casefold() not in folded:
            raise ValueError(
                f"{path.name} has no column {column!r}: its columns are {', '.join(headings)}"
            )
        at, rows = folded.index(column.strip().casefold()), rows[1:]
    elif isinstance(column, int) and 1 <= column <= len(headings):
        at = column - 1
    else:
        raise ValueError(
            f"column must be a heading or a number from 1 to {len(headings)}, got {column!r:.60}"
        )
    return [row[at] for row in rows if len(row) > at]


def _rows(path: Path) -> list[list[str]]:
    with readable(path) as source:
        headings = next(iter(source.head_lines), "")
        delimiter = max(_DELIMITERS, key=headings.count)
        rows = rows_of(source, delimiter, max_field_chars=MAX_LINE_CHARS)
        return [row for row in rows if row]
