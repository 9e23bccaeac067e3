"""What a Markov chain and this program need for the same channel; the table of docs/compare.md.

Run: python benchmarks/compare.py [CHANNEL] --model FILE

CHANNEL is one of ../shared/corpora/channels (default: fcc-casual-9k), FILE a model that `textgen
train` made of it (benchmarks/reading.py keeps one). Each is measured in a process of its own:
seconds until it can write (a chain learns at each start, a model is loaded), milliseconds a
text, megabytes in memory and on disk.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from textgen_core import Engine, GenerationOptions, load_checkpoint, read_messages

TEXTS = 200
CORPORA = Path(__file__).parents[2] / "shared" / "corpora"


def markov(channel: str, _: str) -> tuple[Callable[[], object], int]:
    """Learn with markovify; return what writes a text, and the bytes it takes on disk."""
    import markovify

    path = CORPORA / "channels" / f"{channel}.jsonl.gz"
    messages = list(read_messages(path))
    learned = "\n".join(messages[: -(len(messages) // 10)])
    chain = markovify.NewlineText(learned, state_size=2, well_formed=False)
    random.seed(1)
    return lambda: chain.make_sentence(tries=100), len(chain.to_json().encode())


def ours(_: str, model: str) -> tuple[Callable[[], object], int]:
    """Load a model; return what writes a text, and the bytes it takes on disk."""
    engine = Engine(load_checkpoint(model))
    seeds = iter(range(1, TEXTS + 2))
    write: Callable[[], object] = lambda: engine.generate(  # noqa: E731 (returned at once)
        GenerationOptions(seed=next(seeds), max_chars=300)
    )
    write()  # kernels are read from their cache
    return write, Path(model).stat().st_size


def measure(arm: str, channel: str, model: str) -> dict[str, float]:
    """Return one arm's figures."""
    began = time.perf_counter()
    write, on_disk = {"markov": markov, "ours": ours}[arm](channel, model)
    ready_s = time.perf_counter() - began
    began = time.perf_counter()
    for _ in range(TEXTS):
        write()
    text_ms = 1000 * (time.perf_counter() - began) / TEXTS
    memory_mb = psutil.Process().memory_info().rss / 1e6
    return {"ready_s": ready_s, "text_ms": text_ms, "memory_mb": memory_mb, "mb": on_disk / 1e6}


def main() -> None:
    """Measure both, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("channel", nargs="?", default="fcc-casual-9k")
    parser.add_argument("--model", required=True, help="trained on that channel")
    parser.add_argument("--arm", choices=["markov", "ours"], help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.arm:
        print(json.dumps(measure(asked.arm, asked.channel, asked.model)))
        return
    print("| | ready after | a text | memory | on disk |\n|---|---:|---:|---:|---:|")
    for arm in ("markov", "ours"):
        command = (sys.executable, __file__, asked.channel, "--model", asked.model, "--arm", arm)
        with tempfile.TemporaryDirectory() as folder:
            out = subprocess.run(command, check=True, capture_output=True, cwd=folder).stdout
        found = json.loads(out)
        print(
            f"| {arm} | {found['ready_s']:.1f} s | {found['text_ms']:.1f} ms "
            f"| {found['memory_mb']:.0f} MB | {found['mb']:.1f} MB |"
        )


if __name__ == "__main__":
    main()
