"""Keeps the event loop prompt and the process small while other threads write texts."""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from textgen_core.malloc import keep_freed_memory

log = logging.getLogger(__name__)

SWITCH_INTERVAL_S = 0.0005
WRITER_NICENESS = 10  # below the event loop, above training
KEPT_BYTES = 8 * 1024 * 1024  # what loading one model takes and lets go of, and more
_MADV_DONTNEED = 4
_COMPILER = "libllvmlite.so"


def lower_thread_priority() -> None:
    """Put the calling thread behind the event loop; Linux alone knows threads' priorities."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        before = os.getpriority(os.PRIO_PROCESS, thread)
        # Only root may take a thread back from what the whole bot was started with.
        os.setpriority(os.PRIO_PROCESS, thread, max(before, WRITER_NICENESS))


def freeze_startup_heap() -> None:
    """Call it once everything is loaded; a second call does nothing.

    Python's threads take turns every 5 ms unless told otherwise, and a full
    collection of what the libraries brought stops the loop for 50 to 150 ms:
    those objects are never garbage, so the collector need not look at them. Models
    come and go at any time; in memory that was used before they load in a third of
    the time.
    """
    if gc.get_freeze_count():
        return
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    keep_freed_memory(KEPT_BYTES)
    gc.collect()
    gc.freeze()
    _drop_compiler()


def _drop_compiler() -> None:
    """Give back the memory of LLVM's code, needed no more now that the kernels are compiled.

    It is 70 MB of a file; what is needed after all is read from it again.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for part in _parts_as_in_the_file(_COMPILER):
        if libc.madvise(part.start, len(part), _MADV_DONTNEED) != 0:
            log.warning("LLVM's code stays in memory: %s", os.strerror(ctypes.get_errno()))


def _parts_as_in_the_file(library: str) -> Iterator[range]:
    """Yield the addresses of a library's parts that nobody can write to, or has written to.

    Other parts must stay: the loader has put addresses into them.
    """
    part = None
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines():
        name, *values = line.split()
        if not name.endswith(":"):
            start, _, end = name.partition("-")
            is_it = line.endswith(f"/{library}") and "w" not in values[0]
            part = range(int(start, 16), int(end, 16)) if is_it else None
        elif name == "Anonymous:" and part is not None and int(values[0]) == 0:
            yield part
