"""How the C library keeps memory that is let go of."""

from __future__ import annotations

import ctypes
import sys

# From glibc's malloc.h; see mallopt(3).
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_LARGEST_ARRAY = 32 * 1024 * 1024  # the most that glibc takes for the threshold
_NEVER = 2**31 - 1
_PAD = 64 * 1024 * 1024


def keep_freed_memory(most_bytes: int | None = None) -> None:
    """Keep freed arrays for the next ones, where the C library is glibc.

    A training step takes and frees some 200 MB in large arrays. By default each is
    mapped anew, and zeroing its pages costs a fifth of the step; of loading a model it
    is two thirds.

    Args:
        most_bytes: of what is kept, for each arena; None: however much.
    """
    if sys.platform != "linux":
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except AttributeError:  # another C library, such as musl
        return
    mallopt(_M_MMAP_THRESHOLD, _LARGEST_ARRAY)
    mallopt(_M_TRIM_THRESHOLD, _NEVER if most_bytes is None else most_bytes)
    mallopt(_M_TOP_PAD, _PAD if most_bytes is None else 0)
