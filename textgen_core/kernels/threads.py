"""Rows of a batch shared out among the machine's cores."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np

from textgen_core.kernels.matmul import TILE_ROWS, Floats, rounded_up


def cores() -> int:
    """Return how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), "rows")


def in_threads(run: Callable[[slice], None], rows: int) -> None:
    """Call ``run`` with slices that make up all rows, one for each core, at once.

    It must let go of the GIL for that to help. Slices are of whole tiles but for the last.
    """
    size = rounded_up(max(1, -(-rows // cores())), TILE_ROWS)
    parts = [slice(first, min(first + size, rows)) for first in range(0, rows, size)]
    others = [_pool().submit(run, part) for part in parts[1:]]
    for part in parts[:1]:
        run(part)  # here: a thread fewer to wake
    for other in others:
        other.result()


def sum_of(parts: list[Floats]) -> Floats:
    """Add up what each thread has gathered for itself."""
    total: Floats = np.sum(parts, axis=0, dtype=np.float32)
    return total
