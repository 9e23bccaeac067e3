"""Whether this processor can train: TensorFlow's builds need AVX on x86-64."""

from __future__ import annotations

import platform
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
WITHOUT_AVX = (
    "this processor lacks AVX, which TensorFlow needs on x86-64 (all but some Celerons, Pentiums "
    "and Atoms have it since 2011)"
)
WHAT_HELPS = (
    "texts are written here all the same; to train, run the bot on another machine, or let "
    "another machine train for it (docs/operating.md, Training on other machines)"
)


def lacks_avx(cpuinfo: Path = CPUINFO, machine: str | None = None) -> bool:
    """Say whether this machine's processor is known to lack it."""
    if (machine or platform.machine()) not in ("x86_64", "AMD64"):
        return False
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    flags = next((line for line in lines if line.startswith("flags")), "")
    return bool(flags) and "avx" not in flags.split()
