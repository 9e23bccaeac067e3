"""Recurrent cells, and a source label, against each other: same bytes, same seconds.

Run: python benchmarks/cells.py CORPORA [--seconds 400] [--only NAME,NAME] [--json]

CORPORA has the folders pretrain/ and seed/. Each model is new, has at most 1 MB in 8
bits, and learns 200,000 messages of pretrain/ for so many seconds of processor time
(not of the clock: others may use the machine). It is scored on 2,000 more of them and
on hacker_news_2000. Cells:

* lstm: what the library has, by its compiled loops.
* labels: the same, steered by each message's source while it learns.
* mingru: gates and candidates of the inputs alone (Feng et al. 2024,
  arXiv:2410.01201), whose products are taken for all steps at once.
* sru: forget and reset gates of the inputs alone, and a highway (Lei et al. 2018,
  arXiv:1709.02755), without the peephole.

The last two are run by a compiled loop over elements, and share embedding, attention
and output with the first.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import random
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from figures import machine

from textgen_core import ModelConfig, Vocabulary, read_messages
from textgen_core.kernels.matmul import Floats, compiled
from textgen_core.kernels.threads import in_threads
from textgen_core.training.batching import EncodedCorpus, encode_corpus
from textgen_core.training.compiled_layers import CompiledCrossEntropy
from textgen_core.training.keras_model import CausalAverage, keras
from textgen_core.training.labelled_learner import LabelledLearner
from textgen_core.training.learner import CausalLearner, Learner, make_optimizer
from textgen_core.training.recipe import number_labels

TRAINED, SCORED = 200_000, 2000
EMBEDDED = 100
BATCH_TARGETS = 4096
LEARNING_RATE = 4e-3
REPORT_EVERY = 50


@dataclass(frozen=True, slots=True)
class Corpora:
    """What every model learns and is scored on."""

    vocabulary: Vocabulary
    training: EncodedCorpus
    labels: list[str]
    scored: dict[str, EncodedCorpus]


@dataclass(frozen=True, slots=True)
class Result:
    """One model's figures."""

    name: str
    parameters: int
    characters: int
    bits_per_char: dict[str, float]


def read_corpora(folder: Path) -> Corpora:
    """Return messages of all sources in one order, the same each time."""
    lines = [
        (path.name.partition(".")[0], line)
        for path in sorted((folder / "pretrain").glob("*.txt.gz"))
        for line in gzip.decompress(path.read_bytes()).decode("utf-8").split("\n")
        if line.strip()
    ]
    random.Random(0).shuffle(lines)
    trained, scored = lines[:TRAINED], lines[TRAINED : TRAINED + SCORED]
    vocabulary = Vocabulary.from_texts(text for _, text in trained)
    titles = list(read_messages(folder / "seed" / "hacker_news_2000.txt"))[1:]
    names, numbers = number_labels([source for source, _ in trained], len(trained))
    training = encode_corpus([text for _, text in trained], vocabulary)
    return Corpora(
        vocabulary,
        replace(training, labels=numbers),
        names,
        {
            "mix": encode_corpus([text for _, text in scored], vocabulary),
            "hacker_news": encode_corpus(titles, vocabulary),
        },
    )


@compiled()
def _scan(keep: Floats, added: Floats, cells: Floats) -> None:
    for b in range(len(keep)):
        for h in range(keep.shape[2]):
            cells[b, 0, h] = added[b, 0, h]
        for t in range(1, keep.shape[1]):
            for h in range(keep.shape[2]):
                cells[b, t, h] = keep[b, t, h] * cells[b, t - 1, h] + added[b, t, h]


@compiled()
def _scan_back(keep: Floats, cells: Floats, d_cells: Floats, d_keep: Floats, d: Floats) -> None:
    for b in range(len(keep)):
        last = keep.shape[1] - 1
        for h in range(keep.shape[2]):
            d[b, last, h] = d_cells[b, last, h]
        for t in range(last, -1, -1):
            for h in range(keep.shape[2]):
                if t < last:
                    d[b, t, h] = d_cells[b, t, h] + keep[b, t + 1, h] * d[b, t + 1, h]
                d_keep[b, t, h] = d[b, t, h] * cells[b, t - 1, h] if t else np.float32(0)


def _forward(keep: Floats, added: Floats) -> Floats:
    cells = np.empty_like(keep)
    in_threads(lambda part: _scan(keep[part], added[part], cells[part]), len(keep))
    return cells


def _backward(keep: Floats, cells: Floats, d_cells: Floats) -> tuple[Floats, Floats]:
    d_keep, d_added = np.empty_like(keep), np.empty_like(keep)

    def run(part: slice) -> None:
        _scan_back(keep[part], cells[part], d_cells[part], d_keep[part], d_added[part])

    in_threads(run, len(keep))
    return d_keep, d_added


def scanned(keep: Any, added: Any) -> Any:
    """Return c, (B, T, H), with c_t = keep_t c_{t-1} + added_t from c = 0."""

    @tf.custom_gradient  # type: ignore[untyped-decorator,unused-ignore]
    def scan(keep: Any, added: Any) -> Any:
        cells = tf.numpy_function(_forward, [keep, added], tf.float32, stateful=False)
        cells.set_shape(keep.shape)

        def gradient(d_cells: Any) -> Any:
            arguments = [keep, cells, d_cells]
            both = tf.numpy_function(_backward, arguments, [tf.float32] * 2, stateful=False)
            for value in both:
                value.set_shape(keep.shape)
            return both

        return cells, gradient

    return scan(keep, added)


class MinGRU(keras.layers.Layer):  # type: ignore[name-defined,misc]
    """h_t = (1 - z_t) h_{t-1} + z_t W x_t, with what it reads added where it fits."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.units = units
        self.products = keras.layers.Dense(2 * units)

    def build(self, shape: Any) -> None:
        self.products.build(shape)

    def call(self, inputs: Any) -> Any:
        gates, candidates = tf.split(self.products(inputs), 2, axis=-1)
        taken = tf.sigmoid(gates)
        outputs = scanned(1 - taken, taken * candidates)
        return outputs + inputs if inputs.shape[-1] == self.units else outputs


class SRU(keras.layers.Layer):  # type: ignore[name-defined,misc]
    """c_t = f_t c_{t-1} + (1 - f_t) W x_t; h_t = r_t c_t + (1 - r_t) x_t."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.units = units

    def build(self, shape: Any) -> None:
        self.parts = 3 if shape[-1] == self.units else 4
        self.products = keras.layers.Dense(self.parts * self.units)
        self.products.build(shape)

    def call(self, inputs: Any) -> Any:
        forget, reset, candidates, *carried = tf.split(self.products(inputs), self.parts, axis=-1)
        forget, reset = tf.sigmoid(forget + 1), tf.sigmoid(reset)
        cells = scanned(forget, (1 - forget) * candidates)
        highway = carried[0] if carried else inputs
        return reset * cells + (1 - reset) * highway


class ParallelLearner(CausalLearner):
    """Learns with layers whose products do not wait for the step before."""

    def __init__(self, vocabulary_size: int, layers: list[Any]) -> None:
        ids = keras.Input((None,), dtype="int32")
        features = [keras.layers.Embedding(vocabulary_size, EMBEDDED)(ids)]
        for layer in layers:
            features.append(layer(features[-1]))
        averaged = CausalAverage(True, name="attention")(keras.layers.Concatenate()(features))
        logits = keras.layers.Dense(vocabulary_size, name="output")(averaged)
        self.model = keras.Model(ids, logits)
        loss = CompiledCrossEntropy(reduction="mean_with_sample_weight")
        self.model.compile(optimizer=make_optimizer(LEARNING_RATE), loss=loss)
        self.model.optimizer.build(self.model.trainable_variables)
        self._batch_targets = BATCH_TARGETS


def make_learner(name: str, corpora: Corpora) -> Learner:
    """Return a new model of at most 1 MB in 8 bits."""
    size = corpora.vocabulary.size
    if name == "mingru":
        return ParallelLearner(size, [MinGRU(324) for _ in range(3)])
    if name == "sru":
        return ParallelLearner(size, [SRU(266) for _ in range(3)])
    config = ModelConfig(rnn_layers=2, rnn_size=216, dim_embeddings=EMBEDDED)
    learner = CausalLearner(config, size, BATCH_TARGETS, LEARNING_RATE)
    if name == "labels":
        return LabelledLearner(learner, len(corpora.labels), LEARNING_RATE)
    return learner


def bits_per_char(learner: Learner, corpus: EncodedCorpus) -> float:
    """Return what a model needs for messages it has not learned."""
    nats = 0.0
    for rows in learner.plan(corpus):
        batch = learner.load(corpus, rows)
        nats += learner.score(batch) * float(batch.weights.sum())
    return nats / math.log(2) / corpus.chars


def learn(name: str, corpora: Corpora, seconds: float) -> Result:
    """Train a model for so many seconds of processor time, and score it."""
    keras.utils.set_random_seed(0)
    learner = make_learner(name, corpora)
    plan = learner.plan(corpora.training, np.random.default_rng(0))
    learner.step(learner.load(corpora.training, plan[0]))  # what compiles, does so here
    began, characters = time.process_time(), 0
    for number, rows in enumerate(plan * 20):
        done = (time.process_time() - began) / seconds
        if done >= 1:
            break
        learner.model.optimizer.learning_rate = LEARNING_RATE * (1 - done)
        batch = learner.load(corpora.training, rows)
        nats = learner.step(batch)
        characters += int(batch.weights.sum())
        if number % REPORT_EVERY == 0:
            print(f"{name}: {done:.0%}, {nats / math.log(2):.3f} bits a target", flush=True)
    plain = learner.plain if isinstance(learner, LabelledLearner) else learner
    bits = {of: round(bits_per_char(plain, corpus), 4) for of, corpus in corpora.scored.items()}
    return Result(name, plain.model.count_params(), characters, bits)


def main() -> None:
    """Train, score and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--seconds", type=float, default=400.0)
    parser.add_argument("--only", default="lstm,labels,mingru,sru")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    corpora = read_corpora(options.corpora)
    results = [learn(name, corpora, options.seconds) for name in options.only.split(",")]
    if options.json:
        rows = [asdict(result) for result in results]
        print(json.dumps({"machine": machine(), "seconds": options.seconds, "models": rows}))
        return
    print(f"machine: {machine()}\n\n| Cell | Parameters | Characters learned | Mix | hacker_news |")
    print("|---|---:|---:|---:|---:|")
    for result in results:
        bits = " | ".join(f"{value:.3f}" for value in result.bits_per_char.values())
        print(f"| {result.name} | {result.parameters:,} | {result.characters:,} | {bits} |")


if __name__ == "__main__":
    main()
