"""What a process does that opens a file which somebody gave us: little, and for a while.

It reads one JSON object from standard input and writes JSON lines to standard output; the
last one tells how it ended. The limits are set before the file is touched.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from bot.errors import UserError

Work = Callable[[dict[str, Any]], dict[str, Any]]

MEMORY_STATUS = 86  # it took more memory than it may
_PR_SET_PDEATHSIG = 1


def run_confined(work: Work) -> int:
    """Do one piece of work within the limits that its request names; return the exit status.

    Args:
        work: takes the request, returns what is told of the end; a UserError is told too.
    """
    request = json.loads(sys.stdin.buffer.readline())
    _confine(memory_bytes=request.pop("memory_bytes"), cpu_s=request.pop("cpu_s"))
    try:
        ending: dict[str, Any] = {"done": work(request)}
    except UserError as error:
        ending = {"refused": {"text": error.said.text, "values": error.said.values}}
    except (MemoryError, RecursionError):
        return MEMORY_STATUS
    tell(ending)
    return 0


def tell(event: dict[str, Any]) -> None:
    """Write one line to who started this process."""
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def _confine(*, memory_bytes: int, cpu_s: int) -> None:
    """Take no more than this, write no core, and end with the process that began this one."""
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_CPU, cpu_s)
    _limit(resource.RLIMIT_CORE, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_end_with_the_bot, daemon=True).start()


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    try:
        resource.setrlimit(kind, (most, hard if kind == resource.RLIMIT_AS else most))
    except (ValueError, OSError):
        if sys.platform == "linux":  # macOS knows no limit of the address space
            raise


def _end_with_the_bot() -> None:
    """Wait for the end of standard input, which comes when the bot dies, however it dies."""
    while os.read(0, 1):
        pass
    os._exit(1)
