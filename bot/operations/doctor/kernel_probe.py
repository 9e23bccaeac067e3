"""Run as a child: `python -m bot.operations.doctor.kernel_probe MODEL` writes a text and prints
JSON.

compiled: how many kernels had to be compiled; folder: where they are kept, or null.
"""

from __future__ import annotations

import json
import sys
import time

from numba.core.dispatcher import Dispatcher


def probe(model: str) -> dict[str, object]:
    """Write a text as the bot does when it starts, and say how the kernels came about."""
    began = time.monotonic()
    from textgen_core import Engine, GenerationOptions, load_checkpoint

    engine = Engine(load_checkpoint(model))
    engine.generate(GenerationOptions(max_chars=8, seed=0))
    engine.vectors(["a"])
    seconds = time.monotonic() - began
    dispatchers = {
        kernel
        for name, module in list(sys.modules.items())
        if name.startswith("textgen_core")
        for kernel in vars(module).values()
        if isinstance(kernel, Dispatcher)
    }
    folders = [path for kernel in dispatchers if (path := kernel.stats.cache_path)]
    misses = sum(sum(kernel.stats.cache_misses.values()) for kernel in dispatchers)
    return {"seconds": seconds, "compiled": misses, "folder": min(folders, default=None)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(probe(sys.argv[1])) + "\n")
