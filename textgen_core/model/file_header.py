"""The header of a checkpoint's file: what it says of itself, and where its tensors lie."""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from textgen_core.errors import CheckpointError

FORMAT = "textgen-1"
MAX_HEADER_BYTES = 2 * 1024 * 1024  # JSON takes some thirty times its size in memory


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself.

    Attributes:
        metadata: the entries of our own.
        tensors: dtype, shape and place of each tensor, not checked.
        bytes: how many come before the tensors.
    """

    metadata: Mapping[str, str]
    tensors: Mapping[str, Any]
    bytes: int


def header_of(data: bytes | mmap.mmap) -> Header:
    """Return the header; the library's loader does not give the metadata for bytes.

    Raises:
        CheckpointError: it is damaged, or not one of ours.
    """
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or not 2 <= length <= len(data) - 8:
        raise CheckpointError("it is cut short or not a safetensors file")
    if length > MAX_HEADER_BYTES:
        raise CheckpointError("its header is larger than any model's of this program")
    try:
        header = json.loads(data[8 : 8 + length].decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CheckpointError("its header is damaged or it is not a safetensors file") from error
    metadata = header.pop("__metadata__", None) if isinstance(header, dict) else None
    if not isinstance(metadata, dict):
        raise CheckpointError("it holds no description of a model")
    if metadata.get("format") != FORMAT:
        raise CheckpointError(
            f"its format is {metadata.get('format', 'unknown')!r}, not {FORMAT!r};"
            " it was written by another program"
        )
    return Header(metadata, header, 8 + length)


def json_of(metadata: Mapping[str, str], key: str) -> Any:
    """Return an entry of the metadata, which is JSON.

    Raises:
        CheckpointError: it is missing or damaged.
    """
    return parsed(key, text_of(metadata, key))


def text_of(metadata: Mapping[str, str], key: str) -> str:
    """Return an entry of the metadata as it stands; raises as ``json_of``."""
    text = metadata.get(key)
    if text is None:
        raise CheckpointError(f"its entry {key!r} is missing")
    return text


def parsed(key: str, text: str) -> Any:
    """Return what an entry's text says; raises as ``json_of``."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(f"its entry {key!r} is damaged") from error
