"""How fast a training step is, beside stock Keras layers, PyTorch and the arithmetic alone.

Run: python benchmarks/training.py [--torch PYTHON] [--json]

One step is forward, loss, gradients, clipping and Muon (PyTorch: Adam) of the 2 x 128 model with
466 ids on a batch of 64 x 128 targets, on all cores. The contestants take turns,
because other work on the machine would favour whichever ran in a quiet moment;
printed are medians. PyTorch runs in the interpreter that --torch names, which
must have torch. The floor is the time that the step's multiplications and
additions take at the best rate of a large matrix product (NumPy's BLAS or
TensorFlow, whichever is faster), forward once and backward twice.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from figures import processor

from textgen_core.malloc import keep_freed_memory
from textgen_core.model.config import ModelConfig
from textgen_core.training.keras_model import build_model, keras
from textgen_core.training.learner import compile_model

V, ROWS, STEPS = 466, 64, 128
TARGETS = ROWS * STEPS
REPETITIONS = 15
CONFIG = ModelConfig()
PRODUCT = (4096, 512, 512)


def keras_step(*, compiled: bool) -> Callable[[], float]:
    """Return a function that takes one step and tells its seconds."""
    keras.utils.set_random_seed(0)
    model = build_model(CONFIG, V, compiled=compiled)
    compile_model(model, 1e-3, compiled=compiled)
    rng = np.random.default_rng(0)
    ids = rng.integers(1, V, (2, ROWS, STEPS)).astype(np.int32)
    weights = np.ones((ROWS, STEPS), np.float32)

    def step() -> float:
        began = time.perf_counter()
        model.train_on_batch(ids[0], ids[1], weights)
        return time.perf_counter() - began

    return step


def torch_step(python: Path) -> Callable[[], float]:
    """Return a function that has torch_reference.py take one step."""
    script = Path(__file__).with_name("torch_reference.py")
    sizes = (V, CONFIG.dim_embeddings, CONFIG.rnn_size, CONFIG.rnn_layers)
    process = subprocess.Popen(
        [python, script, *map(str, sizes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    ask, answer = process.stdin, process.stdout

    def step() -> float:
        ask.write(f"{ROWS} {STEPS}\n")
        ask.flush()
        return float(answer.readline())

    return step


def product_step(multiply: Callable[[Any, Any], Any], convert: Any) -> Callable[[], float]:
    """Return a function that takes the time of one step's arithmetic as products alone."""
    rows, inner, columns = PRODUCT
    a, b = (
        convert(np.ones((rows, inner), np.float32)),
        convert(np.ones((inner, columns), np.float32)),
    )
    times = 8

    def step() -> float:
        began = time.perf_counter()
        for _ in range(times):
            multiply(a, b)
        seconds = (time.perf_counter() - began) / times
        return seconds / (rows * inner * columns) * TARGETS * multiplications()

    return step


def multiplications() -> int:
    """Return the multiply-adds of one target, forward and backward."""
    units, inputs, total = CONFIG.rnn_size, CONFIG.dim_embeddings, 0
    for _ in range(CONFIG.rnn_layers):
        total += (inputs + units) * 4 * units
        inputs = units
    return 3 * (total + CONFIG.feature_size * V)


def report(torch: Path | None) -> dict[str, object]:
    """Measure in turns and return everything that is printed."""
    contestants = {
        "stock": keras_step(compiled=False),
        "ours": keras_step(compiled=True),
        "numpy product": product_step(np.dot, np.asarray),
        "tensorflow product": product_step(tf.matmul, tf.constant),
    }
    if torch:
        contestants["torch"] = torch_step(torch)
    for step in contestants.values():
        step()
        step()
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(REPETITIONS):
        for name, step in contestants.items():
            seconds[name].append(step())
    rates = {name: TARGETS / statistics.median(times) for name, times in seconds.items()}
    floor = max(rates.pop("numpy product"), rates.pop("tensorflow product"))
    ours = rates["ours"]
    return {
        "machine": f"{processor()}, {os.cpu_count()} cores, TensorFlow {tf.__version__}",
        "targets_per_s": {name: round(rate) for name, rate in rates.items()},
        "floor_targets_per_s": round(floor),
        "times_stock": round(ours / rates["stock"], 2),
        "times_torch": round(ours / rates["torch"], 2) if torch else None,
        "share_of_floor": round(ours / floor, 2),
    }


def main() -> None:
    keep_freed_memory()  # as every training does; stock layers gain nothing by it
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--torch", type=Path, metavar="PYTHON", help="an interpreter with torch")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    result = report(options.torch)
    if options.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:20} {value}")


if __name__ == "__main__":
    main()
