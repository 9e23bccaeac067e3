"""No file makes reading do anything but succeed or raise the documented errors.

``make fuzz`` tries 10,000 inputs of each kind, the normal suite a hundred.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chardet
import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from legacy_models import WORDS, LegacyModel, write_weights
from ngram_models import with_ngrams
from random_checkpoints import random_checkpoint
from safetensors.numpy import load, save
from watching import harmless

from textgen_core import Engine, GenerationOptions, load_checkpoint, save_checkpoint
from textgen_core.errors import CheckpointError, CorpusError, LegacyFormatError
from textgen_core.legacy.weights import import_legacy
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.config import ModelConfig, WindowShape
from textgen_core.model.file_header import header_of
from textgen_core.model.quantization import Precision
from textgen_core.text.legacy_vocabulary import LegacyVocabulary
from textgen_core.text.message_files import read_messages
from textgen_core.text.vocabulary import Vocabulary

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
FUZZED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=EXAMPLES <= 100,
    database=None,
    suppress_health_check=list(HealthCheck),
)
# What reading the smallest file takes: caches of HDF5, tables of the vocabulary.
CONSTANT_BYTES = 4 * 1024 * 1024
# The most that 2 MiB of JSON can take, half of it for tracemalloc's own tables.
BRACKETS_BYTES = 160 * 1024 * 1024

DEADLINE_S = 30.0  # of the processor, for the costliest model that is taken

MODELS = [
    LegacyModel(layers=1),
    LegacyModel("0.1", layers=1),
    LegacyModel(bidirectional=True, layers=1, cudnn=True, context_labels=2),
    LegacyModel(tokens=WORDS, layers=2),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
PRECISIONS = st.sampled_from(list(Precision))
# Each is imported when a file in it is first read, and when one might be in it.
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1251")
NUMBERS = st.integers(-3, 70) | st.sampled_from([2**31, 2**63, -(2**63), 2**64, 10**400])

pytestmark = pytest.mark.timeout(7_200)


@st.composite
def damages(draw: st.DrawFn, size: int) -> Any:
    """Return a function that damages that many bytes: flips, a cut, a piece copied elsewhere."""
    flips = draw(st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, 255)), max_size=12))
    cut = draw(st.none() | st.integers(0, size - 1))
    piece = draw(st.none() | st.tuples(*[st.integers(0, size - 1)] * 3))

    def damage(content: bytes) -> bytes:
        damaged = bytearray(content)
        if piece:
            first, at, length = piece
            moved = damaged[first : first + length % 64]
            damaged[at : at + len(moved)] = moved
        for place, value in flips:
            damaged[place % len(damaged)] = value
        return bytes(damaged[:cut] if cut is not None else damaged)

    return damage


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which one of each kind has been read, so that all imports are done."""
    folder = tmp_path_factory.mktemp("fuzzed")
    for model in MODELS:
        write_some(import_legacy(model.write(folder)))
    save_checkpoint(random_checkpoint(units=3, embedded=2), folder / "m")
    write_some(load_checkpoint(folder / "m"))
    for sample in ("Привет, как дела?".encode("cp1251"), bytes(range(128, 256)) * 40):
        chardet.detect(sample)  # it has tables to read, more of them for what is no text
    for encoding in ENCODINGS:
        (folder / "chat.json").write_bytes('["Привет"]'.encode(encoding))
        assert list(read_messages(folder / "chat.json"))
    return folder


@contextlib.contextmanager
def in_time() -> Iterator[None]:
    """Fail if what is done within takes longer than any file may."""
    began = time.process_time()
    yield
    assert time.process_time() - began < DEADLINE_S


def write_some(checkpoint: Checkpoint) -> None:
    """Use a model that could be read: whatever its numbers, text must come of it."""
    (text,) = Engine(checkpoint).generate(GenerationOptions(max_chars=3, seed=0))
    assert isinstance(text, str)


def read_legacy(weights: Path, constant_bytes: int = CONSTANT_BYTES) -> None:
    files = [weights, *weights.parent.glob("tiny_*.json")]
    size = sum(path.stat().st_size for path in files)
    imported = None
    most_bytes = 4 * size + constant_bytes
    with harmless(weights.parent, most_bytes), contextlib.suppress(LegacyFormatError):
        imported = import_legacy(weights)
    if imported:
        write_some(imported)


@FUZZED
@given(model=st.sampled_from(MODELS), data=st.data())
def test_weight_files_with_damaged_bytes(folder: Path, model: LegacyModel, data: Any) -> None:
    weights = model.write(folder)
    content = weights.read_bytes()
    weights.write_bytes(data.draw(damages(len(content)))(content))
    read_legacy(weights)


@FUZZED
@given(model=st.sampled_from(MODELS), data=st.data())
def test_weight_files_with_other_arrays(folder: Path, model: LegacyModel, data: Any) -> None:
    weights, arrays = model.write(folder), model.stored()
    for name in data.draw(
        st.lists(st.sampled_from(sorted(arrays)), min_size=1, max_size=4, unique=True)
    ):
        array = arrays.pop(name, np.zeros(3, np.float32))
        change = data.draw(st.sampled_from(["shape", "kind", "name", "gone"]))
        if change == "shape":
            shape = data.draw(st.lists(st.integers(0, 12), max_size=4))
            arrays[name] = np.resize(array, shape)
        elif change == "kind":
            arrays[name] = array.astype(data.draw(st.sampled_from(["f2", ">f8", "i4", "S3", "?"])))
        elif change == "name":
            letters = st.sampled_from([*"abk_", "rnn_2", "forward", "kernel", "embedding"])
            parts = data.draw(st.lists(letters, min_size=2, max_size=4))
            arrays["/".join(parts)] = array
    with contextlib.suppress(ValueError):  # a group and an array of one name
        write_weights(weights, arrays)
    read_legacy(weights)


@FUZZED
@given(model=st.sampled_from(MODELS), data=st.data())
def test_vocabularies_and_configurations(folder: Path, model: LegacyModel, data: Any) -> None:
    weights, vocabulary = model.write(folder), folder / "tiny_vocab.json"
    config = folder / "tiny_config.json"
    table: Any = json.loads(vocabulary.read_text())
    names = ["rnn_layers", "rnn_size", "dim_embeddings", "max_length", "rnn_bidirectional"]
    names += ["word_level", "single_text", "name"]
    values = NUMBERS | st.booleans() | JSON
    chosen = data.draw(st.dictionaries(st.sampled_from(names), values, max_size=4) | JSON)
    config.write_text(json.dumps(chosen))
    if data.draw(st.booleans()):
        changes = st.dictionaries(st.sampled_from([*table, "x", "ab", "", " "]), values, max_size=3)
        vocabulary.write_text(json.dumps({**table, **data.draw(changes)}))
    else:
        content = vocabulary.read_bytes()
        vocabulary.write_bytes(data.draw(damages(len(content)))(content))
    try:
        read_legacy(weights)
    finally:
        config.unlink()


def read_checkpoint(path: Path, constant_bytes: int = CONSTANT_BYTES) -> None:
    loaded = None
    most_bytes = 4 * path.stat().st_size + constant_bytes
    with harmless(path.parent, most_bytes), contextlib.suppress(CheckpointError):
        loaded = load_checkpoint(path)
    if loaded:
        write_some(loaded)


def checkpoint_bytes(folder: Path, model: LegacyModel | None, precision: Precision) -> bytes:
    small = random_checkpoint(units=4, embedded=2)
    ours = with_ngrams({"a": {"b": 0.5}, "^a": {"é": 0.9}}, small, own={"b": {"a": 0.5}})
    checkpoint = import_legacy(model.write(folder)) if model else ours
    save_checkpoint(checkpoint, folder / "m", precision=precision)
    return (folder / "m").read_bytes()


@FUZZED
@given(model=st.none() | st.sampled_from(MODELS), precision=PRECISIONS, data=st.data())
def test_checkpoints_with_damaged_bytes(
    folder: Path, model: LegacyModel | None, precision: Precision, data: Any
) -> None:
    content = checkpoint_bytes(folder, model, precision)
    (folder / "m").write_bytes(data.draw(damages(len(content)))(content))
    read_checkpoint(folder / "m")


@FUZZED
@given(model=st.none() | st.sampled_from(MODELS), precision=PRECISIONS, data=st.data())
def test_checkpoints_with_another_header(
    folder: Path, model: LegacyModel | None, precision: Precision, data: Any
) -> None:
    content = checkpoint_bytes(folder, model, precision)
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    texts = header["__metadata__"]
    for name in data.draw(st.lists(st.sampled_from(sorted(header)), min_size=1, max_size=3)):
        if name == "__metadata__":
            key = data.draw(st.sampled_from(sorted(texts)))
            texts[key] = data.draw(changed_json(texts[key]))
        else:
            header[name][data.draw(st.sampled_from(["dtype", "shape", "data_offsets"]))] = (
                data.draw(st.lists(NUMBERS, max_size=3) | st.sampled_from(["F16", "F64", "I8"]))
            )
    encoded = json.dumps(header).encode()
    parts = (len(encoded).to_bytes(8, "little"), encoded, content[8 + length :])
    (folder / "m").write_bytes(b"".join(parts))
    read_checkpoint(folder / "m")


@st.composite
def changed_json(draw: st.DrawFn, text: str) -> str:
    """Return JSON with one entry replaced, or something else altogether."""
    try:
        value = json.loads(text)
    except ValueError:
        return draw(st.text(max_size=5))
    inner = value
    while isinstance(inner, dict | list) and inner and draw(st.booleans()):
        key = draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
        if isinstance(inner[key], dict | list) and draw(st.booleans()):
            inner = inner[key]
        else:
            inner[key] = draw(NUMBERS | st.booleans() | JSON)
            return json.dumps(value)
    return json.dumps(draw(JSON))


@pytest.mark.parametrize("deep", ["[" * 500_000, '{"a":' * 200_000, "[" * 900 + "]" * 900])
def test_deeply_nested_json(folder: Path, deep: str) -> None:
    weights = MODELS[0].write(folder)
    (folder / "tiny_vocab.json").write_text(deep)
    read_legacy(weights)
    header = json.dumps({"__metadata__": {"format": "textgen-1", "config": deep}})
    for text in (header, deep):
        encoded = text.encode()
        (folder / "m").write_bytes(len(encoded).to_bytes(8, "little") + encoded)
        read_checkpoint(folder / "m")


@pytest.mark.parametrize("piece", ["[],", "{},", '{"a":{}},', "1e9,"])
def test_json_of_nothing_but_small_values(folder: Path, piece: str) -> None:
    values = "[" + (2_000_000 // len(piece)) * piece + "0]"
    weights = MODELS[0].write(folder)
    (folder / "tiny_vocab.json").write_text(f'{{"a":{values}}}')
    read_legacy(weights, BRACKETS_BYTES)
    header = json.dumps({"__metadata__": {"format": "textgen-1", "manifest": "~"}})
    encoded = header.replace("~", values.replace('"', '\\"')[:1_990_000] + "0]").encode()
    (folder / "m").write_bytes(len(encoded).to_bytes(8, "little") + encoded)
    read_checkpoint(folder / "m", BRACKETS_BYTES)


@FUZZED
@given(
    groups=st.lists(
        st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 7)), max_size=6),
        min_size=1,
        max_size=8,
    )
)
def test_weight_files_whose_groups_are_linked_to_each_other(
    folder: Path, groups: list[list[tuple[str, int]]]
) -> None:
    weights = MODELS[0].write(folder)
    with h5py.File(weights, "a") as file:
        made = [file.create_group(f"x{number}") for number in range(len(groups))]
        for group, links in zip(made, groups, strict=True):
            for name, target in links:
                if name not in group:
                    group[name] = made[target % len(made)]
        for number in range(1, len(groups)):
            if number % 2:
                del file[f"x{number}"]
    with in_time():
        read_legacy(weights)


@FUZZED
@given(data=st.data())
def test_windows_of_any_size(folder: Path, data: Any) -> None:
    both = data.draw(st.booleans())
    shape = WindowShape(
        context_chars=data.draw(st.integers(1, 120) | st.sampled_from([400, 1000])),
        attention=both or data.draw(st.booleans()),
        bidirectional=both,
        hard_sigmoid=data.draw(st.booleans()),
    )
    config = ModelConfig(
        rnn_layers=data.draw(st.integers(1, 3)),
        rnn_size=data.draw(st.sampled_from([1, 3, 16, 64])),
        dim_embeddings=data.draw(st.integers(1, 20)),
        window=shape,
    )
    vocabulary = LegacyVocabulary(("<s>", "a", "b"))
    weights = {
        name: np.full(size, 0.01, np.float32)
        for name, size in config.weight_shapes(vocabulary.size).items()
    }
    save_checkpoint(Checkpoint(config, vocabulary, weights), folder / "m")
    with in_time():
        read_checkpoint(folder / "m")


@FUZZED
@given(data=st.data())
def test_vocabularies_of_any_size(folder: Path, data: Any) -> None:
    few, many = st.integers(0, 1_000), st.sampled_from([65_536, 65_537, 66_500])
    size = data.draw(st.one_of(few, few, few, few, few, few, many))
    first = data.draw(st.integers(0x10000, 0x10FFFF - 66_500))
    frequent = tuple(map(chr, range(first, first + size)))
    config = ModelConfig(rnn_layers=1, rnn_size=2, dim_embeddings=1)
    weights = {
        name: np.zeros(shape, np.float32)
        for name, shape in config.weight_shapes(Vocabulary(frequent).size).items()
    }
    made = Checkpoint(config, Vocabulary(frequent), weights)
    save_checkpoint(made, folder / "m", precision=Precision.INT8)
    with in_time():
        read_checkpoint(folder / "m", 100 * 1024 * 1024)


@FUZZED
@given(data=st.data())
def test_ngrams_of_any_words_and_buckets(folder: Path, data: Any) -> None:
    """Ids beyond the vocabulary, contexts without an end, buckets that overlap or are empty."""
    words = np.array(data.draw(st.lists(st.integers(0, 65_535), max_size=300)), np.uint16)
    count = data.draw(st.sampled_from([1, 2, 8, 64]))
    places = st.integers(0, len(words)) | st.integers(0, 2**32 - 1)
    inner = data.draw(st.lists(places, min_size=count - 1, max_size=count - 1))
    if data.draw(st.booleans()):
        inner = sorted(min(place, len(words)) for place in inner)
    buckets = np.array([0, *inner, len(words)], np.uint32)
    lengths = data.draw(st.tuples(NUMBERS | st.integers(1, 16), NUMBERS | st.integers(1, 16)))
    trust = data.draw(st.floats() | NUMBERS | st.booleans())
    small = random_checkpoint(units=4, embedded=2)
    save_checkpoint(with_ngrams({"a": {"b": 0.5}}, small), folder / "m")
    tensors = {**load((folder / "m").read_bytes())}
    tensors |= {"ngrams/words": words, "ngrams/buckets": buckets}
    header = header_of((folder / "m").read_bytes())
    told = {"shortest": lengths[0], "longest": lengths[1], "trust": trust}
    metadata = {**header.metadata, "ngrams": json.dumps(told)}
    (folder / "m").write_bytes(save(tensors, metadata))
    with in_time():
        read_checkpoint(folder / "m")


@FUZZED
@given(data=st.data(), is_list=st.booleans())
def test_documents_of_messages(folder: Path, data: Any, is_list: bool) -> None:
    """Nested without end, cut short, with other things where messages should be."""
    opening = data.draw(st.sampled_from(["[", '{"a":', '[{"a":[', '{"messages":[{"content":']))
    deep = opening * data.draw(st.sampled_from([1, 3, 63, 64, 65, 1_000, 50_000]))
    inner = json.dumps(data.draw(JSON))
    records = [json.dumps(data.draw(JSON)), '{"content":"hi"}', deep + inner, inner, '"hi"']
    listed = "[" + ",".join(data.draw(st.lists(st.sampled_from(records), max_size=5))) + "]"
    text = listed if is_list else '{"messages":' + listed + "}"
    path = folder / "chat.json"
    path.write_bytes(data.draw(damages(len(text.encode())))(text.encode()))
    most_bytes = 4 * path.stat().st_size + CONSTANT_BYTES
    with harmless(folder, most_bytes), contextlib.suppress(CorpusError):
        for message in read_messages(path):
            assert isinstance(message, str)
