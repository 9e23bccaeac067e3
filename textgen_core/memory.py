"""How the C library keeps memory that a training step lets go of."""

from __future__ import annotations

import ctypes
import sys

# From glibc's malloc.h; see mallopt(3).
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_LARGEST_ARRAY = 32 * 1024 * 1024  # the most that glibc takes for the threshold
_NEVER = 2**31 - 1
_PAD = 64 * 1024 * 1024


def keep_freed_memory() -> None:
    """Keep freed arrays for the next ones, where the C library is glibc.

    A step takes and frees some 200 MB in large arrays. By default each is mapped
    anew, and zeroing its pages costs a fifth of the step.
    """
    if sys.platform != "linux":
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # another C library, such as musl
        return
    mallopt(_M_MMAP_THRESHOLD, _LARGEST_ARRAY)
    mallopt(_M_TRIM_THRESHOLD, _NEVER)
    mallopt(_M_TOP_PAD, _PAD)
