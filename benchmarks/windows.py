"""Characters a second of textgenrnn's models, on one thread.

Run: python benchmarks/windows.py [--model FILE] [--json]

Random weights of textgenrnn's own shape, 2 x 128 with 465 ids, as version 0.1
has one layer of 128, and read in both directions; or the model that is given.
Medians of turns, in the thread's own processor time, as other work on the machine
comes and goes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time

import numpy as np

from textgen_core import Checkpoint, Engine, GenerationOptions, ModelConfig, load_checkpoint
from textgen_core.model.config import WindowShape
from textgen_core.text.legacy_vocabulary import LegacyVocabulary

NEVER = -100.0
CHARS = 100
REPETITIONS = 15
CONFIGS = {
    "1.x and 2.0": ModelConfig(window=WindowShape()),
    "0.1": ModelConfig(rnn_layers=1, window=WindowShape(attention=False, hard_sigmoid=True)),
    "bidirectional": ModelConfig(window=WindowShape(bidirectional=True)),
}


def random_model(config: ModelConfig) -> Checkpoint:
    """Return a model with 465 ids, which are all visible characters but ``<s>``."""
    vocabulary = LegacyVocabulary(("<s>", *(chr(0x4E00 + i) for i in range(463))))
    rng = np.random.default_rng(0)
    weights = {
        name: (0.1 * rng.normal(size=shape)).astype(np.float32)
        for name, shape in config.weight_shapes(vocabulary.size).items()
    }
    return Checkpoint(config, vocabulary, weights)


def writing_on(model: Checkpoint) -> Engine:
    """Return an engine whose texts are as long as they may be."""
    bias = model.weights["output/bias"].copy()
    bias[model.vocabulary.boundary_id] = NEVER
    weights = {**model.weights, "output/bias": bias}
    return Engine(Checkpoint(model.config, model.vocabulary, weights))


def chars_per_s(engine: Engine, n: int) -> float:
    """Write n texts at once and return the rate."""
    began = time.thread_time()
    texts = engine.generate(GenerationOptions(n=n, max_chars=CHARS, seed=1))
    return sum(map(len, texts)) / (time.thread_time() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", help="an imported model; random weights without it")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    if arguments.model:
        models = {arguments.model: load_checkpoint(arguments.model)}
    else:
        models = {name: random_model(config) for name, config in CONFIGS.items()}
    engines = {name: writing_on(model) for name, model in models.items()}
    measured: dict[str, list[float]] = {}
    for turn in range(REPETITIONS + 1):
        for name, engine in engines.items():
            for n in (1, 8):
                rate = chars_per_s(engine, n)
                if turn:  # the first one compiles
                    measured.setdefault(f"{name}, n={n}", []).append(rate)
    result = {name: round(statistics.median(rates)) for name, rates in measured.items()}
    if arguments.json:
        print(json.dumps(result))
        return
    for name, rate in result.items():
        print(f"{name}: {rate:,} characters/s")


if __name__ == "__main__":
    main()
