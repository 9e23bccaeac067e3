"""What writing a character costs, beside what its matrix products alone cost.

Run: python benchmarks/generation.py [--model FILE] [--json]

Measured in turns, on one thread, with the 2 x 128 model (random weights unless a
model is given), because other work on the machine would favour whichever ran in
a quiet moment; printed are medians. The floor is the faster of NumPy's BLAS and
the engine's own product kernel on the products a character needs: the recurrent
kernel of each layer, the input kernel of the layers above the first, and the
output. The first layer's input product is left out of it, although the model
has it, as the engine reads it from a table; "as defined" counts it too. These are
of a model in 32 bits; one in 8, as trainings leave it, is measured beside it.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when NumPy is imported

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from figures import processor

from textgen_core.generation.engine import Engine
from textgen_core.generation.options import GenerationOptions
from textgen_core.kernels.matmul import add_products, compiled
from textgen_core.model.checkpoint import (
    Checkpoint,
    checkpoint_from_bytes,
    checkpoint_to_bytes,
    load_checkpoint,
)
from textgen_core.model.config import ModelConfig
from textgen_core.model.quantization import Precision
from textgen_core.text.vocabulary import BOUNDARY_ID, FIRST_BYTE_ID, FIRST_FREQUENT_ID, Vocabulary

Floats = npt.NDArray[np.float32]
REPETITIONS = 15
STEPS = 1000  # so that what a call costs beside its characters does not count
BATCH = 32
NEVER = -100.0
FREQUENT = 195  # with ASCII and bytes: 440 ids


def random_checkpoint() -> Checkpoint:
    """Return a 2 x 128 model with 440 ids and random weights."""
    rng = np.random.default_rng(0)
    config = ModelConfig()
    vocabulary = Vocabulary(tuple(chr(0xC0 + i) for i in range(FREQUENT)))
    weights = {
        name: (0.1 * rng.normal(size=shape)).astype(np.float32)
        for name, shape in config.weight_shapes(vocabulary.size).items()
    }
    return Checkpoint(config, vocabulary, weights)


def writing_on(checkpoint: Checkpoint) -> Checkpoint:
    """Return the model with ends and single bytes made unlikely.

    Then each text has as many characters as it may, each of one step.
    """
    weights = dict(checkpoint.weights)
    bias = weights["output/bias"].copy()
    bias[[BOUNDARY_ID, *range(FIRST_BYTE_ID, FIRST_FREQUENT_ID)]] = NEVER
    weights["output/bias"] = bias
    return Checkpoint(checkpoint.config, checkpoint.vocabulary, weights)


def products_of(checkpoint: Checkpoint, *, as_defined: bool) -> list[Floats]:
    """Return the matrices that a step multiplies by, those of a layer side by side."""
    weights, layers = checkpoint.weights, checkpoint.config.rnn_layers
    matrices = [weights["rnn_0/recurrent_kernel"]]
    if as_defined:
        matrices.append(weights["rnn_0/kernel"])
    for layer in range(1, layers):
        kernels = (weights[f"rnn_{layer}/kernel"], weights[f"rnn_{layer}/recurrent_kernel"])
        matrices.append(np.concatenate(kernels))
    matrices.append(weights["output/kernel"])
    return [np.ascontiguousarray(matrix) for matrix in matrices]


def blas_products(matrices: list[Floats], rows: int) -> Callable[[int], None]:
    """Return a function that does the products of some steps with NumPy."""
    shape = (rows,) if rows > 1 else ()
    inputs = [np.ones((*shape, matrix.shape[0]), np.float32) for matrix in matrices]
    outputs = [np.empty((*shape, matrix.shape[1]), np.float32) for matrix in matrices]

    def run(steps: int) -> None:
        for _ in range(steps):
            for x, matrix, z in zip(inputs, matrices, outputs, strict=True):
                np.dot(x, matrix, out=z)

    return run


def own_products(matrices: list[Floats], rows: int) -> Callable[[int], None]:
    """Return a function that does the products of some steps with the engine's kernel."""
    inputs = tuple(np.ones((rows, matrix.shape[0]), np.float32) for matrix in matrices)
    outputs = tuple(np.zeros((rows, matrix.shape[1]), np.float32) for matrix in matrices)

    def run(steps: int) -> None:
        repeat_products(inputs, tuple(matrices), outputs, rows, steps)

    return run


@compiled()
def repeat_products(
    inputs: tuple[Floats, ...],
    matrices: tuple[Floats, ...],
    outputs: tuple[Floats, ...],
    rows: int,
    steps: int,
) -> None:
    """Do the products without going back to Python, whose calls cost a microsecond each."""
    for _ in range(steps):
        for i in range(len(matrices)):
            add_products(inputs[i], 0, matrices[i], outputs[i], rows)


def generation(engine: Engine, rows: int) -> Callable[[int], None]:
    """Return a function that writes ``rows`` texts of as many characters as steps."""

    def run(steps: int) -> None:
        texts = engine.generate(GenerationOptions(n=rows, max_chars=steps, seed=1))
        assert all(len(text) == steps for text in texts), "a text ended early"

    return run


def in_8_bits(checkpoint: Checkpoint) -> Checkpoint:
    """Return the model as trainings store it."""
    return checkpoint_from_bytes(checkpoint_to_bytes(checkpoint, precision=Precision.INT8))


def medians_us(checkpoint: Checkpoint, matrices: dict[str, list[Floats]]) -> dict[str, float]:
    """Return microseconds a step of each contestant, measured in turns."""
    contestants: dict[str, Callable[[int], None]] = {}
    for rows in (1, BATCH):
        contestants[f"engine {rows}"] = generation(Engine(checkpoint), rows)
        contestants[f"engine in 8 bits {rows}"] = generation(Engine(in_8_bits(checkpoint)), rows)
        for name, products in matrices.items():
            contestants[f"blas {name} {rows}"] = blas_products(products, rows)
            contestants[f"own {name} {rows}"] = own_products(products, rows)
    for run in contestants.values():
        run(STEPS)
    measured: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(REPETITIONS):
        for name, run in contestants.items():
            began = time.perf_counter()
            run(STEPS)
            measured[name].append((time.perf_counter() - began) / STEPS * 1e6)
    return {name: statistics.median(values) for name, values in measured.items()}


FIRST_TEXT = """
import sys, time
began = time.perf_counter()
from textgen_core import Engine, GenerationOptions, base_weights_path, load_checkpoint
Engine(load_checkpoint(base_weights_path())).generate(GenerationOptions(seed=1))
print(time.perf_counter() - began)
assert "tensorflow" not in sys.modules
"""


def first_text_s() -> float:
    """Return seconds from the import to a first text of the base model, in a new process.

    The first of the processes fills the kernels' cache and does not count.
    """
    command = [sys.executable, "-c", FIRST_TEXT]
    runs = [subprocess.run(command, capture_output=True, check=True).stdout for _ in range(6)]
    return statistics.median(float(output) for output in runs[1:])


def call_us(engine: Engine) -> float:
    """Return microseconds of a call that writes one character."""
    run = generation(engine, 1)
    times = []
    for _ in range(20 * REPETITIONS):
        began = time.perf_counter()
        run(1)
        times.append((time.perf_counter() - began) * 1e6)
    return statistics.median(times)


def report(checkpoint: Checkpoint) -> dict[str, object]:
    """Measure and return everything that is printed."""
    matrices = {
        "needed": products_of(checkpoint, as_defined=False),
        "defined": products_of(checkpoint, as_defined=True),
    }
    us = medians_us(writing_on(checkpoint), matrices)

    def floor_us(name: str, rows: int) -> float:
        return min(us[f"{kind} {name} {rows}"] for kind in ("blas", "own"))

    single, batch = us["engine 1"], us[f"engine {BATCH}"]
    return {
        "machine": f"{processor()}, {os.cpu_count()} cores, NumPy {np.__version__}",
        "model": f"{checkpoint.config}, {checkpoint.vocabulary.size} ids",
        "n1_us_per_char": round(single, 1),
        "n1_floor_us_per_char": round(floor_us("needed", 1), 1),
        "n1_times_floor": round(single / floor_us("needed", 1), 2),
        "n1_times_floor_as_defined": round(single / floor_us("defined", 1), 2),
        "n32_chars_per_s": round(BATCH / batch * 1e6),
        "n32_floor_chars_per_s": round(BATCH / floor_us("needed", BATCH) * 1e6),
        "n32_share_of_floor": round(floor_us("needed", BATCH) / batch, 2),
        "n32_share_of_floor_as_defined": round(floor_us("defined", BATCH) / batch, 2),
        "n1_8_bits_us_per_char": round(us["engine in 8 bits 1"], 1),
        "n1_8_bits_times_as_fast": round(single / us["engine in 8 bits 1"], 2),
        "n32_8_bits_times_as_fast": round(batch / us[f"engine in 8 bits {BATCH}"], 2),
        "call_us": round(call_us(Engine(writing_on(checkpoint)))),
        "first_text_s": round(first_text_s(), 2),
        "products_us": {name: round(value, 1) for name, value in us.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", help="a checkpoint; random weights of 2 x 128 without it")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    checkpoint = load_checkpoint(arguments.model) if arguments.model else random_checkpoint()
    result = report(checkpoint)
    if arguments.json:
        print(json.dumps(result))
        return
    print(result["machine"])
    print(result["model"])
    print(
        f"n=1:  {result['n1_us_per_char']} µs a character, products alone"
        f" {result['n1_floor_us_per_char']} µs: {result['n1_times_floor']} times the floor"
        f" ({result['n1_times_floor_as_defined']} as defined)"
    )
    print(
        f"n={BATCH}: {result['n32_chars_per_s']:,} characters/s, products alone"
        f" {result['n32_floor_chars_per_s']:,}: {result['n32_share_of_floor']} of the floor's rate"
        f" ({result['n32_share_of_floor_as_defined']} as defined)"
    )
    print(
        f"in 8 bits: {result['n1_8_bits_us_per_char']} µs a character,"
        f" {result['n1_8_bits_times_as_fast']} times as fast; n={BATCH}"
        f" {result['n32_8_bits_times_as_fast']} times"
    )
    print(f"a call that writes one character: {result['call_us']} µs")
    print(f"import, load and write a first text: {result['first_text_s']} s")
    print("µs a step:", result["products_us"])


if __name__ == "__main__":
    main()
