"""One file that is a whole model: weights, vocabulary, configuration, manifest.

The format is safetensors (https://github.com/huggingface/safetensors): eight
bytes of header length, a JSON header, raw little-endian tensors. Nothing in it
can be executed, and reading it needs neither TensorFlow nor Keras.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load, save

from textgen_core.errors import CheckpointError, VocabularyError
from textgen_core.model.config import ModelConfig
from textgen_core.model.file_header import FORMAT, Header, header_of, json_of, parsed, text_of
from textgen_core.model.limits import check_cost, check_vocabulary_json
from textgen_core.model.ngram_table import Ngrams
from textgen_core.model.quantization import FloatArray, Precision, StoredWeights, to_stored
from textgen_core.model.shipped_ngrams import is_shipped, named, ngrams_in
from textgen_core.model.taste import Taste, taste_from_metadata
from textgen_core.model.verbatim_filter import Seal, VerbatimFilter
from textgen_core.text.tokenizer import Tokenizer, tokenizer_from_json
from textgen_core.text.vocabulary import PADDING_ID

MAX_CHECKPOINT_BYTES = 512 * 1024 * 1024

_TYPES = MappingProxyType(
    {"F32": np.float32, "F16": np.float16, "I8": np.int8, "U8": np.uint8}  # of what we write
    | {"U16": np.uint16, "U32": np.uint32}
)
MAX_SHARED_TEXT = 16 * 1024  # of a vocabulary that is kept for the next model that has it
SEEN = "seen"  # the filter's tensor and its entry in the metadata
OWN_NGRAMS = "own_ngrams"
# Entries of n-grams, fields of the checkpoint, and what their tensors' names begin with.
NGRAMS = ("ngrams", OWN_NGRAMS)
NGRAM_PARTS = ("words", "buckets")
_TASTE, _WORDING = "taste", "taste/wording"  # its entry and its tensor
_LASTING = frozenset(  # what is used as it is stored
    {SEEN, _WORDING, *(f"{name}/{part}" for name in NGRAMS for part in NGRAM_PARTS)}
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model as plain values.

    Attributes:
        config: shape of the network.
        vocabulary: characters and their ids; one of ours or textgenrnn's.
        weights: float32 arrays by name; shapes as ``config.weight_shapes``.
        manifest: where the model comes from (parent, corpus size, bits per
            character, seconds…): JSON values, never text of the corpus.
        seen: knows runs of characters of the training text again, once its seal is open;
            None for a model that does not say what it was trained on.
        ngrams: what followed what in the text that the model's base was made from;
            None for a model without.
        own_ngrams: the same of the text that it was trained on, above those.
        taste: tells its better texts from its worse ones; None for a model without.
    """

    config: ModelConfig
    vocabulary: Tokenizer
    weights: Mapping[str, FloatArray]
    manifest: Mapping[str, Any] = field(default_factory=dict)
    seen: VerbatimFilter | None = None
    ngrams: Ngrams | None = None
    own_ngrams: Ngrams | None = None
    taste: Taste | None = None

    def __post_init__(self) -> None:
        weights = self.weights.stored if isinstance(self.weights, StoredWeights) else self.weights
        check_weights(weights, self.config.weight_shapes(self.vocabulary.size))

    @property
    def ends_texts(self) -> bool:
        """Whether the model may write ``<s>``; one that learned a single text goes on and on."""
        kept = self.manifest.get("textgenrnn")
        single = isinstance(kept, Mapping) and kept.get("single_text") is True
        return not single and self.vocabulary.boundary_id != PADDING_ID


def check_weights(
    weights: Mapping[str, npt.NDArray[Any]], shapes: Mapping[str, tuple[int, ...]]
) -> None:
    """Compare arrays with the shapes that a configuration asks for.

    Raises:
        CheckpointError: an array is missing, extra, misshapen or not finite.
    """
    for name in shapes:
        if name not in weights:
            raise CheckpointError(f"the model lacks the array {name!r}")
    for name, array in weights.items():
        if name not in shapes:
            raise CheckpointError(f"the model has an unknown array {name!r}")
        if array.shape != shapes[name]:
            raise CheckpointError(
                f"the array {name!r} must have shape {shapes[name]}, got {array.shape}"
            )
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise CheckpointError(f"the array {name!r} holds numbers that are not finite")


def save_checkpoint(
    checkpoint: Checkpoint,
    path: str | os.PathLike[str],
    *,
    precision: Precision = Precision.FLOAT32,
    whole: bool = False,
) -> None:
    """Write a checkpoint so that a reader sees the old file or the new one, never half.

    Args:
        checkpoint: what to write.
        path: target; an existing file is replaced.
        precision: what the weights are stored in.
        whole: also n-grams that ship with the program (shipped_ngrams.py), which are named
            otherwise.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    data = checkpoint_to_bytes(checkpoint, precision=precision, whole=whole)
    write_atomically(data, Path(path))


def checkpoint_to_bytes(
    checkpoint: Checkpoint, *, precision: Precision = Precision.FLOAT32, whole: bool = False
) -> bytes:
    """Return what a checkpoint's file holds; see ``save_checkpoint``."""
    tensors = to_stored(checkpoint.weights, precision)
    metadata = {
        "format": FORMAT,
        "config": json.dumps(checkpoint.config.to_dict()),
        "vocabulary": json.dumps(checkpoint.vocabulary.to_json()),
        "manifest": json.dumps(dict(checkpoint.manifest)),
    }
    if checkpoint.seen:
        tensors[SEEN] = np.ascontiguousarray(checkpoint.seen.bits)
        metadata[SEEN] = filter_to_json(checkpoint.seen)
    for name in NGRAMS:
        ngrams: Ngrams | None = getattr(checkpoint, name)
        if ngrams and not whole and is_shipped(ngrams):
            metadata[name] = json.dumps(named(ngrams))
        elif ngrams:
            tensors |= {f"{name}/words": ngrams.words, f"{name}/buckets": ngrams.buckets}
            metadata[name] = json.dumps(ngrams.to_metadata())
    if checkpoint.taste:
        tensors[_WORDING] = np.ascontiguousarray(checkpoint.taste.wording.bits)
        metadata[_TASTE] = json.dumps(checkpoint.taste.to_metadata())
    return save(tensors, metadata)


def write_atomically(data: bytes, path: Path) -> None:
    """Put ``data`` at ``path`` through a temporary file, synced before it is renamed."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def load_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """Read a checkpoint written by :func:`save_checkpoint`.

    Its arrays stay in the file, whose pages are read when they are asked for: a model's
    file is replaced or removed, never written to.

    Raises:
        CheckpointError: the file is missing, damaged, truncated or not one of ours;
            the text says which.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_CHECKPOINT_BYTES:
            raise CheckpointError(f"{path.name} is larger than any model of this program")
        with path.open("rb") as file:
            # What lasts has its own, as the others' pages go with the arrays.
            data, apart = (mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY) for _ in range(2))
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no model file {path}") from error
    except OSError as error:
        raise CheckpointError(f"the model file {path} cannot be read: {error.strerror}") from error
    except ValueError as error:  # an empty file cannot be mapped
        raise CheckpointError(f"{path.name} is not a usable model: it is empty") from error
    try:
        return _from_mapped(path, data, apart)
    except CheckpointError as error:
        raise CheckpointError(f"{path.name} is not a usable model: {error}") from error


def _from_mapped(path: Path, data: mmap.mmap, apart: mmap.mmap) -> Checkpoint:
    header = header_of(data)
    try:
        with safe_open(path, "np"):  # checks where the header says that the tensors lie
            pass
    except SafetensorError as error:
        raise CheckpointError(f"it is damaged or cut short ({error})") from error
    tensors = {
        name: _mapped(name, entry, header, apart if name in _LASTING else data)
        for name, entry in header.tensors.items()
    }
    return _checkpoint(header, tensors)


def _mapped(
    name: str, entry: Mapping[str, Any], header: Header, data: mmap.mmap
) -> npt.NDArray[Any]:
    """Return a tensor as it lies in the file, which the library has checked."""
    kind = _TYPES.get(entry["dtype"])
    if kind is None:
        raise CheckpointError(f"the array {name!r} has type {entry['dtype']}")
    shape, (first, _) = entry["shape"], entry["data_offsets"]
    return np.frombuffer(data, kind, math.prod(shape), header.bytes + first).reshape(shape)


def checkpoint_from_bytes(data: bytes) -> Checkpoint:
    """Read what a checkpoint's file holds.

    Raises:
        CheckpointError: it is damaged, truncated or not one of ours.
    """
    header = header_of(data)
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise CheckpointError(f"it is damaged or cut short ({error})") from error
    for name in _LASTING & tensors.keys():
        tensors[name] = np.array(tensors[name])  # a copy, which lets go of the file's bytes
    return _checkpoint(header, tensors)


def _checkpoint(header: Header, tensors: dict[str, npt.NDArray[Any]]) -> Checkpoint:
    metadata = header.metadata
    config = ModelConfig.from_dict(json_of(metadata, "config"))
    manifest = json_of(metadata, "manifest")
    if not isinstance(manifest, dict):
        raise CheckpointError("its manifest has the wrong form")
    vocabulary = _vocabulary(text_of(metadata, "vocabulary"))
    check_cost(config, vocabulary.size)
    seen = filter_of(tensors.pop(SEEN, None), metadata)
    ngrams, own_ngrams = (_ngrams(name, tensors, metadata) for name in NGRAMS)
    taste = _taste(tensors.pop(_WORDING, None), metadata)
    weights = StoredWeights(tensors)
    return Checkpoint(config, vocabulary, weights, manifest, seen, ngrams, own_ngrams, taste)


def filter_to_json(seen: VerbatimFilter) -> str:
    """Return a filter's entry in the metadata."""
    values: dict[str, Any] = {"run_chars": seen.run_chars}
    if seen.seal:
        values |= {"key": seen.seal.key_id}
        values |= {"nonce": seen.seal.nonce.hex(), "tag": seen.seal.tag.hex()}
    return json.dumps(values)


def filter_of(bits: npt.NDArray[Any] | None, metadata: Mapping[str, str]) -> VerbatimFilter | None:
    """Return the filter of the training text, if there is one.

    Raises:
        CheckpointError: it is malformed.
    """
    if bits is None and SEEN not in metadata:
        return None
    values = json_of(metadata, SEEN)
    kinds = ({"run_chars"}, {"run_chars", "key", "nonce", "tag"})
    is_row = bits is not None and bits.dtype == np.uint8 and bits.ndim == 1
    if not isinstance(values, dict) or set(values) not in kinds or bits is None or not is_row:
        raise CheckpointError("its filter of the training text has the wrong form")
    try:
        return VerbatimFilter(bits, values["run_chars"], _seal(values))
    except (TypeError, ValueError) as error:
        raise CheckpointError(f"its filter of the training text is wrong: {error}") from error


def _seal(values: Mapping[str, Any]) -> Seal | None:
    if "key" not in values:
        return None
    return Seal(values["key"], bytes.fromhex(values["nonce"]), bytes.fromhex(values["tag"]))


def _taste(bits: npt.NDArray[Any] | None, metadata: Mapping[str, str]) -> Taste | None:
    """Return what tells better texts from worse ones, if the file has it."""
    if bits is None and _TASTE not in metadata:
        return None
    if bits is None:
        raise CheckpointError("its taste lacks an array")
    try:
        return taste_from_metadata(bits, json_of(metadata, _TASTE))
    except ValueError as error:
        raise CheckpointError(f"its taste is wrong: {error}") from error


def _ngrams(
    name: str, tensors: dict[str, npt.NDArray[Any]], metadata: Mapping[str, str]
) -> Ngrams | None:
    """Take n-grams out of the tensors, if the file has or names them."""
    arrays = [tensors.pop(f"{name}/{part}", None) for part in NGRAM_PARTS]
    if name not in metadata and all(array is None for array in arrays):
        return None
    try:
        return ngrams_in(json_of(metadata, name), *arrays)
    except ValueError as error:
        raise CheckpointError(f"its n-grams are wrong: {error}") from error


def _vocabulary(text: str) -> Tokenizer:
    """Return a vocabulary; most models have one that is small, and their base's."""
    return _shared_vocabulary(text) if len(text) <= MAX_SHARED_TEXT else _new_vocabulary(text)


def _new_vocabulary(text: str) -> Tokenizer:
    value = parsed("vocabulary", text)
    check_vocabulary_json(value)
    try:
        return tokenizer_from_json(value)
    except VocabularyError as error:
        raise CheckpointError(str(error)) from error


_shared_vocabulary = lru_cache(maxsize=32)(_new_vocabulary)
