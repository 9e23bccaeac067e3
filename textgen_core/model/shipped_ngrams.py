"""The large model's n-grams, which models that began from it name instead of holding them.

The table is ten times the size of a server's own model and the same for all of them. So it
lies on disk and in memory once; a model's file has its digest and how far it is trusted.
"""

from __future__ import annotations

import logging
import mmap
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from textgen_core.errors import CheckpointError
from textgen_core.model.bundled import shipped_path
from textgen_core.model.file_header import header_of, json_of
from textgen_core.model.ngram_table import Buckets, Ngrams, Words, ngrams_from_metadata

logger = logging.getLogger(__name__)

DIGEST_BYTES = 16


@lru_cache(maxsize=1)
def shipped_ngrams() -> Ngrams | None:
    """Return the table that ships with the program, as it lies in its file; None without it."""
    try:
        path = shipped_path("large")
    except CheckpointError as error:
        logger.warning("%s", error)
        return None
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    header = header_of(data)

    def part(name: str, kind: type[np.generic]) -> npt.NDArray[Any]:
        entry = header.tensors[f"ngrams/{name}"]
        first, (count,) = entry["data_offsets"][0], entry["shape"]
        return np.frombuffer(data, kind, count, header.bytes + first)

    said = json_of(header.metadata, "ngrams")
    return ngrams_from_metadata(part("words", np.uint16), part("buckets", np.uint32), said)


@lru_cache(maxsize=1)
def shipped_digest() -> str:
    """Return 32 hexadecimal digits that tell the shipped table from others; empty without it."""
    table = shipped_ngrams()
    if table is None:
        return ""
    digest = blake2b(table.words.tobytes(), digest_size=DIGEST_BYTES)
    digest.update(table.buckets.tobytes())
    return digest.hexdigest()


def is_shipped(ngrams: Ngrams) -> bool:
    """Say whether a table is the shipped one, however far it is trusted."""
    table = shipped_ngrams()
    if table is None or ngrams.words.size != table.words.size:
        return False
    pairs = ((ngrams.words, table.words), (ngrams.buckets, table.buckets))
    return all(np.array_equal(mine, theirs) for mine, theirs in pairs)


def shared_bytes(ngrams: Ngrams | None) -> int:
    """Return the bytes of a table that a model has in common with all others, 0 of its own."""
    if ngrams is None or not shipped_ngrams.cache_info().currsize:
        return 0
    table = shipped_ngrams()
    is_same = table is not None and np.may_share_memory(ngrams.words, table.words)
    return ngrams.nbytes if is_same else 0


def named(ngrams: Ngrams) -> dict[str, Any]:
    """Return what a file says of the shipped table, which it does not hold."""
    return {"shipped": shipped_digest(), "trust": ngrams.trust}


def ngrams_in(said: Any, words: Words | None, buckets: Buckets | None) -> Ngrams | None:
    """Return a file's n-grams.

    Args:
        said: its entry in the metadata: of ``Ngrams.to_metadata``, or of ``named``.
        words, buckets: the arrays, of a table that is not named.

    Returns:
        The table; None, with a warning in the log, if the file names one that does not ship
        with this program.

    Raises:
        ValueError: something is missing or wrong.
    """
    if words is not None and buckets is not None:
        return ngrams_from_metadata(words, buckets, said)
    if words is not None or buckets is not None or not _names(said):
        raise ValueError("an array is missing")
    table = shipped_ngrams()
    if table is None or said["shipped"] != shipped_digest():
        logger.warning(
            "a model leans on the n-grams %s of another release: it speaks without them until"
            " it is trained from the beginning",
            said["shipped"],
        )
        return None
    return replace(table, trust=said["trust"])


def _names(said: Any) -> bool:
    if not isinstance(said, dict) or set(said) != {"shipped", "trust"}:
        return False
    return isinstance(said["shipped"], str) and len(said["shipped"]) == 2 * DIGEST_BYTES
