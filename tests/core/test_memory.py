"""Freed arrays are taken again, without asking the system for their pages."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

COUNT_FAULTS = """
import resource, sys
import numpy as np
from textgen_core.malloc import keep_freed_memory

if sys.argv[1] == "keep":
    keep_freed_memory()
np.ones(4_000_000, np.float32)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    first, second = np.ones(3_900_000, np.float32), np.ones(100_000, np.float32)
    del first, second
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_arrays_of_later_steps_cost_no_page_faults() -> None:
    faults = {
        mode: int(
            subprocess.run(
                [sys.executable, "-c", COUNT_FAULTS, mode],
                check=True,
                capture_output=True,
                text=True,
                env={"NUMPY_MADVISE_HUGEPAGE": "0"},
            ).stdout
        )
        for mode in ("keep", "leave")
    }
    assert faults["keep"] < 2000 < faults["leave"]
