"""A model in training, and how messages become its batches.

``run.py`` runs any learner; a model of another kind needs another learner, not
another run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from textgen_core.model.config import ModelConfig
from textgen_core.model.quantization import FloatArray
from textgen_core.training.backend import training_device
from textgen_core.training.batching import Batch, EncodedCorpus, Rows, load_batch, plan_batches
from textgen_core.training.keras_model import (
    assign_weights,
    build_model,
    keras,
    may_be_compiled,
    precision_of,
    read_weights,
)


class Learner(Protocol):
    """What a run needs.

    Attributes:
        model: a compiled keras.Model.
    """

    model: Any

    def plan(self, corpus: EncodedCorpus, rng: np.random.Generator | None = None) -> list[Rows]:
        """Divide a corpus among batches, shuffled by ``rng``."""

    def load(self, corpus: EncodedCorpus, rows: Rows) -> Batch:
        """Fill in one batch of a plan."""

    def step(self, batch: Batch) -> float:
        """Learn from a batch; return its targets' mean nats before that."""

    def score(self, batch: Batch) -> float:
        """Return the mean nats of a batch's targets."""

    def weights(self) -> dict[str, FloatArray]:
        """Copy the weights out, by the names that checkpoints use."""

    def assign(self, weights: Mapping[str, FloatArray]) -> None:
        """Copy weights in; CheckpointError where they do not fit."""


class CausalLearner:
    """Learns from whole messages: one pass gives a loss at every position.

    Args:
        config: shape of the network.
        vocabulary_size: V.
        batch_targets: predictions a step.
        learning_rate: at the first step.
    """

    def __init__(
        self, config: ModelConfig, vocabulary_size: int, batch_targets: int, learning_rate: float
    ) -> None:
        device = training_device()
        compiled = may_be_compiled(device)
        self.model = build_model(
            config, vocabulary_size, compiled=compiled, precision=device.precision
        )
        compile_model(self.model, learning_rate, compiled=compiled)
        self._batch_targets = batch_targets

    def plan(self, corpus: EncodedCorpus, rng: np.random.Generator | None = None) -> list[Rows]:
        """See ``Learner.plan``."""
        return plan_batches(corpus, batch_targets=self._batch_targets, rng=rng)

    def load(self, corpus: EncodedCorpus, rows: Rows) -> Batch:
        """See ``Learner.load``."""
        return load_batch(corpus, rows)

    def step(self, batch: Batch) -> float:
        """See ``Learner.step``."""
        return float(self.model.train_on_batch(batch.inputs, batch.targets, batch.weights))

    def score(self, batch: Batch) -> float:
        """See ``Learner.score``."""
        return float(self.model.test_on_batch(batch.inputs, batch.targets, batch.weights))

    def weights(self) -> dict[str, FloatArray]:
        """See ``Learner.weights``."""
        return read_weights(self.model)

    def assign(self, weights: Mapping[str, FloatArray]) -> None:
        """See ``Learner.assign``."""
        assign_weights(self.model, weights)


def make_optimizer(learning_rate: float, precision: str = "float32") -> Any:
    """Return Muon for the layers' matrices, Adam for all else, with clipped gradients.

    Muon (Jordan et al. 2024) makes a matrix's step orthogonal; scaled as by Liu et al.
    2025 (arXiv:2502.16982) it shares Adam's learning rate. Embeddings, outputs and
    vectors are Adam's.

    In "float16" the loss is scaled up, lest gradients vanish; a step in which they are
    not finite is left out, and the scale halved.
    """
    optimizer = keras.optimizers.Muon(
        learning_rate,
        exclude_layers=["output", "attention", "steered"],
        weight_decay=None,
        adam_weight_decay=None,
        global_clipnorm=1.0,
    )
    return keras.optimizers.LossScaleOptimizer(optimizer) if precision == "float16" else optimizer


def compile_model(model: Any, learning_rate: float, *, compiled: bool = False) -> None:
    """Give a model its loss, nats a weighted target, and its optimizer.

    Args:
        model: gives logits.
        learning_rate: above 0.
        compiled: as ``build_model``'s.
    """
    reduction = "mean_with_sample_weight"
    if compiled:
        from textgen_core.training.compiled_layers import CompiledCrossEntropy

        loss = CompiledCrossEntropy(reduction=reduction)
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=reduction)
    model.compile(optimizer=make_optimizer(learning_rate, precision_of(model)), loss=loss)
    model.optimizer.build(model.trainable_variables)


def run_variables(model: Any) -> tuple[list[Any], list[Any]]:
    """Return what a run changes: a compiled model's variables, and those that scale its loss.

    The first are the same whatever the model's precision is.
    """
    optimizer = model.optimizer
    if not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return [*model.variables, *optimizer.variables], []
    scaling = [optimizer.step_counter, optimizer.dynamic_scale]
    return [*model.variables, *optimizer.inner_optimizer.variables], scaling
