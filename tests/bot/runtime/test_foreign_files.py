"""Files that people give are opened in a process that can be killed; the bot stays as it is."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import h5py
import psutil
import pytest

from bot.corpus.authors import AuthorDigests
from bot.corpus.file_messages import FileCorpus, FileRules
from bot.corpus.reading_process import MAX_TEXT_CHARS
from bot.errors import UserError
from bot.models.model_files import CHECKER
from bot.runtime.clock import SystemClock
from bot.runtime.foreign_files import BUSY, FILES_PER_MINUTE, FileLimits, ForeignFiles
from bot.runtime.rate_limit import CooldownError

OPTIONS = {"prefix": "!", "bot_id": 1, "other_prefixes": None, "column": "", "form": "auto"}
MOST_GROWTH_MB = 50
STRICT = FileLimits(cpu_s=20, timeout_s=100.0, memory_mb=300.0)


def whatever(message: Any) -> str:
    return str(message["content"])


async def nobody_is_looked_up(messages: Iterable[Any]) -> None:
    """Know of all authors whatever there is to know."""


async def collected(path: Path, limits: FileLimits = STRICT) -> list[str]:
    target = path.with_name("corpus.jsonl")
    files = FileCorpus(ForeignFiles(SystemClock(), limits))
    rules = FileRules(whatever, nobody_is_looked_up, AuthorDigests(b"salt"))
    read = await files.collect(path, target, OPTIONS, rules, lambda so_far: None)
    texts = [json.loads(line)["content"] for line in target.read_bytes().splitlines()]
    assert len(texts) == read.messages
    assert {found.name for found in path.parent.iterdir()} <= {path.name, path.stem, target.name}
    return texts


async def watched(work: Any) -> tuple[float, float]:
    """Return how much the memory of this process grew, in MB, and its longest lag, in seconds."""
    here = psutil.Process()
    before = most = here.memory_info().rss
    lag = 0.0
    task = asyncio.ensure_future(work)
    while not task.done():
        began = time.perf_counter()
        await asyncio.sleep(0.01)
        lag = max(lag, time.perf_counter() - began - 0.01)
        most = max(most, here.memory_info().rss)
    await task
    return (most - before) / 1e6, lag


def lists(size: int) -> bytes:
    return b'{"messages":[{"a":[' + b"[]," * (size // 3) + b"[]]}]}"


BOMBS: dict[str, Callable[[int], bytes]] = {
    "deep.json": lambda size: b'{"messages":[{"a":' + b"[" * size,
    "deeper.json": lambda size: b"[" * size,
    "maps.json": lambda size: b'{"a":' * (size // 5),
    "lists.json": lists,
    "numbers.json": lambda size: b'{"messages":[{"a":[' + b"1.1," * (size // 4) + b"1]}]}",
    "text.json": lambda size: b'{"messages":[{"content":"' + b"x" * (2 * size) + b'"}]}',
    "digits.json": lambda size: b'{"messages":[{"a":' + b"1" * size + b"}]}",
    "deep.jsonl": lambda size: b'{"content":' + b"[" * size,
    "cells.csv": lambda size: b'"' + b"a" * (2 * size),
}


@pytest.mark.parametrize("name", BOMBS)
async def test_a_hostile_file_is_refused_and_the_bot_stays_as_it_is(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(BOMBS[name](9_000_000))

    async def refused() -> None:
        with pytest.raises(UserError) as error:
            await collected(path)
        assert "\n" not in str(error.value)
        assert len(str(error.value)) < 300

    grown_mb, _ = await watched(refused())
    assert grown_mb < MOST_GROWTH_MB


async def test_a_small_file_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.txt.gz"
    path.write_bytes(gzip.compress(bytes(1 << 20)) * 3_000)
    hasty = FileLimits(cpu_s=2, timeout_s=30.0)
    with pytest.raises(UserError, match=r"too large|longer"):
        await collected(path, hasty)


async def test_weights_that_lead_in_circles_are_given_up(tmp_path: Path) -> None:
    """10^10 ways through five groups, and no array at the end of any."""
    path = tmp_path / "a_weights.hdf5"
    with h5py.File(path, "w") as file:
        last = file.create_group("end")
        for name in "dcba":
            group = file.create_group(name)
            for number in range(100):
                group[f"l{number}"] = last
            last = group
    (tmp_path / "v.json").write_text('{"<s>": 1, "a": 2}')
    request = {
        "files": [
            {"name": "a_weights.hdf5", "path": str(path)},
            {"name": "a_vocab.json", "path": str(tmp_path / "v.json")},
        ],
        "target": str(tmp_path / "model.safetensors"),
    }
    files = ForeignFiles(SystemClock(), FileLimits(cpu_s=5, timeout_s=100.0))
    with pytest.raises(UserError, match=r"a_weights\.hdf5"):
        await files.opened(CHECKER, request, name="a_weights.hdf5")


async def test_a_long_text_is_cut_into_messages_and_scrubbed_before(tmp_path: Path) -> None:
    path = tmp_path / "book.txt"
    path.write_text("once upon a time " * 5_000 + "ann@example.org the end")
    texts = await collected(path)
    assert max(map(len, texts)) <= MAX_TEXT_CHARS
    assert "".join(texts).replace(" ", "").startswith("onceuponatime" * 4_900)
    assert "example.org" not in "".join(texts)


async def test_a_server_has_one_file_open_at_a_time_and_not_too_often() -> None:
    files = ForeignFiles(SystemClock())
    async with files.turn_of(1):
        with pytest.raises(UserError, match=BUSY[:20]):
            async with files.turn_of(1):
                pass
        async with files.turn_of(2):
            pass
    for _ in range(FILES_PER_MINUTE - 1):
        async with files.turn_of(1):
            pass
    with pytest.raises(CooldownError):
        async with files.turn_of(1):
            pass
