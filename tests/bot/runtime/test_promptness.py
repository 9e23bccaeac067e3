"""Writing texts leaves the event loop and the memory alone."""

from __future__ import annotations

import gc
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numba
import psutil
import pytest
from bot_harness import make_base

from bot.runtime.process_tuning import (
    WRITER_NICENESS,
    _drop_compiler,
    freeze_startup_heap,
    lower_thread_priority,
)
from textgen_core import Engine, GenerationOptions, load_checkpoint

only_linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux alone knows it")
OPTIONS = GenerationOptions(seed=1, max_chars=20)


@only_linux
def test_a_thread_gives_way_and_the_event_loop_does_not() -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = niceness()
    with ThreadPoolExecutor(1, initializer=lower_thread_priority) as executor:
        assert executor.submit(niceness).result() == max(before, WRITER_NICENESS)
    assert niceness() == before


@only_linux
def test_a_bot_that_was_started_behind_others_stays_there() -> None:
    def behind() -> int:
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, WRITER_NICENESS + 5)
        lower_thread_priority()
        return os.getpriority(os.PRIO_PROCESS, thread)

    with ThreadPoolExecutor(1) as executor:
        assert executor.submit(behind).result() == WRITER_NICENESS + 5


def test_texts_are_the_same_once_the_process_has_settled(tmp_path: Path) -> None:
    checkpoint = load_checkpoint(make_base(tmp_path))
    texts = Engine(checkpoint).generate(OPTIONS)
    freeze_startup_heap()
    freeze_startup_heap()
    assert gc.get_freeze_count() > 0
    assert Engine(checkpoint).generate(OPTIONS) == texts


def resident_mb(library: str) -> float:
    maps = psutil.Process().memory_maps()
    return sum(part.rss for part in maps if part.path.endswith(library)) / 1e6


@only_linux
def test_the_compiler_leaves_the_memory_and_can_be_used_again(tmp_path: Path) -> None:
    checkpoint = load_checkpoint(make_base(tmp_path))
    texts = Engine(checkpoint).generate(OPTIONS)
    _drop_compiler()
    assert resident_mb("libllvmlite.so") < 10
    assert Engine(checkpoint).generate(OPTIONS) == texts
    assert numba.njit(lambda number: number + 1)(1) == 2
