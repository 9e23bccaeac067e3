"""What of a model's file may be read by whom: a file for its owner, and one for others.

Both are made of a file's bytes without making a model of them; the weights are not read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from textgen_core.errors import CheckpointError
from textgen_core.model.checkpoint import NGRAM_PARTS, OWN_NGRAMS, SEEN, filter_of, filter_to_json
from textgen_core.model.file_header import MAX_HEADER_BYTES, header_of, json_of
from textgen_core.model.filter_key import FilterKey
from textgen_core.model.ngram_table import LEAST_SPEAKERS
from textgen_core.model.verbatim_filter import VerbatimFilter

NGRAM_SPEAKERS = "ngram_speakers"  # in a manifest: how many people said each own n-gram


def of_several_people(manifest: Mapping[str, Any]) -> bool:
    """Tell whether a model's own n-grams are of what several people said.

    Earlier versions of this program counted what one person said twice as well.
    """
    speakers = manifest.get(NGRAM_SPEAKERS)
    return isinstance(speakers, int) and speakers >= LEAST_SPEAKERS


def for_others(data: bytes) -> bytes:
    """Return a file without its filter, and without n-grams of what one person said.

    Raises:
        CheckpointError: it is damaged, or not one of ours.
    """
    parts = _Parts.of(data)
    changed = parts.drop_filter()
    return parts.to_bytes() if parts.drop_uncertain_ngrams() or changed else data


def for_keeping(data: bytes, key: FilterKey, known: VerbatimFilter | None = None) -> bytes | None:
    """Return a file with its filter sealed, and without n-grams of what one person said.

    Args:
        data: the file.
        key: of whoever keeps it. A filter that another key has sealed stays as it is.
        known: an open filter, whose runs the file's is to know, too.

    Returns:
        The file, or None if it is like that already.

    Raises:
        CheckpointError: it is damaged, or not one of ours.
    """
    parts = _Parts.of(data)
    changed = parts.drop_uncertain_ngrams()
    seen = parts.seen
    if known is not None and (seen is None or not seen.seal):
        seen = known.joined(seen) if seen and seen.run_chars == known.run_chars else seen or known
    if seen and not seen.seal:
        parts.put_filter(key.seal(seen.packed()))
        changed = True
    return parts.to_bytes() if changed else None


def sealed_by(data: bytes) -> str | None:
    """Return the id of the key that has sealed a file's filter, None where none has.

    Raises:
        CheckpointError: it is damaged, or not one of ours.
    """
    seen = _Parts.of(data).seen
    return seen.seal.key_id if seen and seen.seal else None


def filter_in(path: Path) -> VerbatimFilter | None:
    """Return a file's filter alone, sealed as it may be.

    Raises:
        CheckpointError: it is damaged, or not one of ours.
        OSError: it cannot be read.
    """
    return _Parts.of(path.read_bytes()).seen


@dataclass(slots=True)
class _Parts:
    """What a file holds.

    Attributes:
        metadata: the entries of our own.
        tensors: by name, as they lie there.
    """

    metadata: dict[str, str]
    tensors: dict[str, npt.NDArray[Any]]

    @classmethod
    def of(cls, data: bytes) -> _Parts:
        header = header_of(data)
        try:
            return cls(dict(header.metadata), load(data))
        except (SafetensorError, KeyError) as error:  # KeyError: a type that NumPy lacks
            raise CheckpointError(f"it is damaged or cut short ({error})") from error

    @property
    def seen(self) -> VerbatimFilter | None:
        return filter_of(self.tensors.get(SEEN), self.metadata)

    def put_filter(self, seen: VerbatimFilter) -> None:
        self.tensors[SEEN] = seen.bits
        self.metadata[SEEN] = filter_to_json(seen)

    def drop_filter(self) -> bool:
        self.tensors.pop(SEEN, None)
        return self.metadata.pop(SEEN, None) is not None

    def drop_uncertain_ngrams(self) -> bool:
        manifest = json_of(self.metadata, "manifest")
        if isinstance(manifest, dict) and of_several_people(manifest):
            return False
        for part in NGRAM_PARTS:
            self.tensors.pop(f"{OWN_NGRAMS}/{part}", None)
        return self.metadata.pop(OWN_NGRAMS, None) is not None

    def to_bytes(self) -> bytes:
        return save(self.tensors, self.metadata)


def needs_keeping(path: Path) -> bool:
    """Tell by its header whether ``for_keeping`` would change a file.

    Raises:
        CheckpointError: it is damaged, or not one of ours.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        opening = file.read(8)
        data = opening + file.read(min(int.from_bytes(opening, "little"), MAX_HEADER_BYTES))
    metadata = header_of(data).metadata
    manifest = json_of(metadata, "manifest")
    is_open = SEEN in metadata and "nonce" not in json.loads(metadata[SEEN])
    is_old = OWN_NGRAMS in metadata and not of_several_people(manifest)
    return is_open or is_old
