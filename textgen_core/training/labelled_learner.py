"""Learning with a label for each message, which is dropped afterwards.

While it is trained the network has two outputs on the same attended features, as
textgenrnn's has: the plain one, and one that is steered by the message's label.
The steered one bears four fifths of the loss, so that the layers beneath need not
learn what the label says already, and the plain one learns to do without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from textgen_core.model.quantization import FloatArray
from textgen_core.training.batching import Batch, EncodedCorpus, Rows
from textgen_core.training.keras_model import keras, precision_of
from textgen_core.training.learner import Learner, make_optimizer

STEERED_SHARE, PLAIN_SHARE = 0.8, 0.2


class LabelledLearner:
    """Trains another learner's model with a steered output beside its own.

    A one-hot label beside the features, which is textgenrnn's way, adds to the logits
    a row that is the label's own: that row is looked up here.

    Args:
        plain: learns without labels; its weights and scores are this learner's.
        labels: how many there are.
        learning_rate: at the first step.
    """

    def __init__(self, plain: Learner, labels: int, learning_rate: float) -> None:
        self.plain = plain
        output = plain.model.get_layer("output")
        steered = keras.layers.Dense(output.units, name="steered", dtype=output.dtype_policy)
        label = keras.Input((), dtype="int32", name="label")
        row = keras.layers.Embedding(labels, output.units, "zeros", name="label_rows")(label)
        for _ in plain.model.output.shape[1:-1]:
            row = keras.ops.expand_dims(row, 1)
        logits = keras.layers.Add(name="steered_logits")([steered(output.input), row])
        self.model = keras.Model([plain.model.input, label], [logits, plain.model.output])
        steered.set_weights(output.get_weights())
        _compile(self.model, learning_rate)

    def plan(self, corpus: EncodedCorpus, rng: np.random.Generator | None = None) -> list[Rows]:
        """See ``Learner.plan``."""
        return self.plain.plan(corpus, rng)

    def load(self, corpus: EncodedCorpus, rows: Rows) -> Batch:
        """See ``Learner.load``; the batch has its rows' labels."""
        first = rows.reshape(len(rows), -1)[:, 0]
        return replace(self.plain.load(corpus, rows), labels=corpus.labels_at(first))

    def step(self, batch: Batch) -> float:
        """See ``Learner.step``; the nats are the plain output's."""
        _, _, plain = self.model.train_on_batch(
            [batch.inputs, batch.labels], [batch.targets] * 2, [batch.weights] * 2
        )
        return float(plain)

    def score(self, batch: Batch) -> float:
        """See ``Learner.score``; the nats are the plain output's."""
        return self.plain.score(batch)

    def steered_score(self, batch: Batch) -> float:
        """Return the mean nats of a batch's targets where the labels are known."""
        _, steered, _ = self.model.test_on_batch(
            [batch.inputs, batch.labels], [batch.targets] * 2, [batch.weights] * 2
        )
        return float(steered)

    def weights(self) -> dict[str, FloatArray]:
        """See ``Learner.weights``; those of the plain model."""
        return self.plain.weights()

    def assign(self, weights: Mapping[str, FloatArray]) -> None:
        """See ``Learner.assign``; the steered output stays as it is."""
        self.plain.assign(weights)


def _compile(model: Any, learning_rate: float) -> None:
    losses = [
        keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="mean_with_sample_weight"
        )
        for _ in range(2)
    ]
    model.compile(
        optimizer=make_optimizer(learning_rate, precision_of(model)),
        loss=losses,
        loss_weights=[STEERED_SHARE, PLAIN_SHARE],
    )
    model.optimizer.build(model.trainable_variables)
