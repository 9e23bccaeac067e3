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

log = logging.getLogger(__name__)

SWITCH_INTERVAL_S = 0.0005
WRITER_NICENESS = 10  # below the event loop, above training
_MADV_PAGEOUT = 21
_COMPILER = "libllvmlite.so"


def give_way() -> None:
    """Put the calling thread behind the event loop; Linux alone knows threads' priorities."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), WRITER_NICENESS)


def settle() -> None:
    """Call it once everything is loaded; a second call does nothing.

    Python's threads take turns every 5 ms unless told otherwise, and a full
    collection of what the libraries brought stops the loop for 50 to 150 ms:
    those objects are never garbage, so the collector need not look at them.
    """
    if gc.get_freeze_count():
        return
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.collect()
    gc.freeze()
    _page_out_compiler()


def _page_out_compiler() -> None:
    """Give back the memory of LLVM's code, needed no more now that the kernels are compiled.

    It is 70 MB of a file; what is needed after all is read from it again.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, end in _unwritten_parts(_COMPILER):
        if libc.madvise(start, end - start, _MADV_PAGEOUT) != 0:
            # Linux before 5.4 does not know it.
            log.debug("LLVM's code stays in memory: %s", os.strerror(ctypes.get_errno()))
            return


def _unwritten_parts(library: str) -> Iterator[tuple[int, int]]:
    """Yield the addresses at which a library is mapped and cannot be written."""
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        addresses, rights, *_ = line.split()
        if line.endswith(f"/{library}") and "w" not in rights:
            start, _, end = addresses.partition("-")
            yield int(start, 16), int(end, 16)
