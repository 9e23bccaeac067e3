"""Watches what reading a file does: memory, code that is run, files that are opened."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

RUNNING_CODE = ("exec", "compile", "import", "os.exec", "os.system", "subprocess.Popen", "ctypes")
STATUS, CLEAR_REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")

_watched: list[tuple[str, str]] | None = None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched is not None and (event == "open" or event.startswith(RUNNING_CODE)):
        _watched.append((event, str(arguments[0]) if arguments else ""))


sys.addaudithook(_hook)


@contextmanager
def harmless(folder: Path, most_bytes: int) -> Iterator[None]:
    """Fail if what is done within runs code, opens files elsewhere or takes more memory.

    Memory is Python's, as tracemalloc counts it, and where Linux tells it the
    resident memory of the process, which holds what C libraries take, too.
    """
    global _watched
    tracemalloc.start()
    before = _resident_bytes("VmRSS", reset_peak=True)
    _watched = []
    try:
        yield
    finally:
        events, _watched = _watched, None
        peak = _resident_bytes("VmHWM", reset_peak=False) - before
        traced = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert max(peak, traced) <= most_bytes, f"{peak:,} resident, {traced:,} traced bytes"
    strange = [event for event in events if event[0] != "open" or Path(event[1]).parent != folder]
    assert not strange, f"{strange}"


def _resident_bytes(entry: str, *, reset_peak: bool) -> int:
    if not CLEAR_REFS.exists():
        return 0
    if reset_peak:
        CLEAR_REFS.write_text("5")
    lines = STATUS.read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(entry))
