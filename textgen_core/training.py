"""One training run: messages in, one checkpoint out.

The last tenth of the messages, in the corpus's order and at most 10,000, is held
out: it gives the figures before and after and decides which weights are kept. A run can be
stopped or killed at any step and goes on from its state file.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from textgen_core.backend import device_kind
from textgen_core.batching import EncodedCorpus, encode_corpus
from textgen_core.checkpoint import Checkpoint, save_checkpoint
from textgen_core.codec import Codec
from textgen_core.config import ModelConfig
from textgen_core.errors import CorpusError
from textgen_core.events import Done, EpochEnded, Progress, Started, Stopped, TrainingEvent
from textgen_core.labelled_learner import LabelledLearner
from textgen_core.learner import CausalLearner, Learner
from textgen_core.marks import plain
from textgen_core.memory import keep_freed_memory
from textgen_core.model import keras
from textgen_core.pieces import laid_out
from textgen_core.precision import FloatArray
from textgen_core.seen import SeenFilter
from textgen_core.training_clock import Clock
from textgen_core.training_corpus import (
    batch_targets_for,
    every_nth,
    held_out_of,
    number_labels,
    recipe_for,
)
from textgen_core.training_options import TrainingOptions
from textgen_core.training_state import (
    Counters,
    TrainingState,
    load_state,
    part_path,
    save_state,
)
from textgen_core.vocabulary import Vocabulary
from textgen_core.vocabulary_extension import extended

MAX_STEPS_BETWEEN_CHECKS = 400
SAMPLE_MESSAGES = 1000
MIN_MESSAGES = 10


def train(
    messages: Iterable[str],
    output: Path,
    *,
    base: Checkpoint | None = None,
    config: ModelConfig | None = None,
    vocabulary: Codec | None = None,
    labels: Sequence[str] | None = None,
    options: TrainingOptions | None = None,
    report: Callable[[TrainingEvent], None] = lambda event: None,
    should_stop: Callable[[], bool] = lambda: False,
    at_epoch: Callable[[int, Checkpoint], None] | None = None,
) -> None:
    """Train on messages and write the best weights to ``output``.

    Args:
        messages: in time order; the last tenth is held out (at most 10,000). Each may
            begin with the mark of a voice (marks.py), without which it is scored.
        output: the checkpoint to write; beside it lies ``*.part`` meanwhile.
        base: the model to start from; None starts a new one of shape ``config``.
        config: shape of a new model.
        vocabulary: of a new model; None makes one from the messages.
        labels: one for each message, which steers the model while it is trained; the
            model that is written does not know them (labelled_learner.py).
        options: see :class:`TrainingOptions`.
        report: called with every event of the run.
        should_stop: asked at every step; True saves the state and returns.
        at_epoch: called after each pass with its number, from 1, and the model of
            that moment.

    Raises:
        CorpusError: there are too few messages.
        OSError: the disk is full or the folder cannot be written.
        ValueError: there are not as many labels as messages.
    """
    model = (base, config, vocabulary)
    keep_freed_memory()
    run = _Run(list(messages), labels, output, *model, options or TrainingOptions(), report)
    run.at_epoch = at_epoch
    run.go(should_stop)


class _Run:
    """A run's corpus, model and counters."""

    def __init__(
        self,
        messages: list[str],
        labels: Sequence[str] | None,
        output: Path,
        base: Checkpoint | None,
        config: ModelConfig | None,
        vocabulary: Codec | None,
        options: TrainingOptions,
        report: Callable[[TrainingEvent], None],
    ) -> None:
        if len(messages) < MIN_MESSAGES:
            raise CorpusError(
                f"training needs at least {MIN_MESSAGES} messages, got {len(messages)}"
            )
        if base:
            base = extended(base, messages)
            vocabulary = base.vocabulary
        self.output, self.report, self.options, self.base = output, report, options, base
        # The filter and the figures know nothing of voices, as a reader does not.
        self.messages = [plain(message) for message in messages]
        self.vocabulary = vocabulary or Vocabulary.from_texts(messages)
        if not isinstance(self.vocabulary, Vocabulary):
            messages = self.messages
        self.config = base.config if base else config or ModelConfig()
        if options.dropout is not None:
            self.config = replace(self.config, dropout=options.dropout)
        corpus = encode_corpus(messages, self.vocabulary)
        self.label_names: list[str] = []
        if labels is not None:
            self.label_names, numbers = number_labels(labels, len(messages))
            corpus = replace(corpus, labels=numbers)
        held_out = held_out_of(len(corpus), options.held_out)
        self.corpus = corpus
        self.training = corpus.slice(0, len(corpus) - held_out)
        self.validation = self._without_voices(corpus, len(corpus) - held_out)
        if not held_out:
            self.validation = every_nth(self._without_voices(corpus, 0), SAMPLE_MESSAGES)
        self.sample = every_nth(self.validation, SAMPLE_MESSAGES)
        self.batch_targets = options.batch_targets or batch_targets_for(self.training)
        recipe = recipe_for(len(self.training), begun=base is not None)
        self.learning_rate = options.learning_rate or recipe.learning_rate
        self.epochs = options.epochs
        if self.epochs is None and (base or options.budget_s is None):
            self.epochs = recipe.epochs
        self.at_epoch: Callable[[int, Checkpoint], None] | None = None
        self.counters = Counters()
        self.latest_bits: float | None = None
        self.best: dict[str, FloatArray] = {}
        self.learner = self._make_learner()

    def _without_voices(self, corpus: EncodedCorpus, first: int) -> EncodedCorpus:
        """Return the messages from one on as they are scored: nobody says whose they are."""
        encoded = encode_corpus(self.messages[first:], self.vocabulary)
        return replace(encoded, labels=corpus.slice(first, len(corpus)).labels)

    def _make_learner(self) -> Learner:
        keras.utils.set_random_seed(self.options.seed)
        learner: Learner = make_learner(
            self.config, self.vocabulary.size, self.batch_targets, self.learning_rate
        )
        if self.base:
            learner.assign(self.base.weights)
        if self.label_names:
            learner = LabelledLearner(learner, len(self.label_names), self.learning_rate)
        return learner

    def go(self, should_stop: Callable[[], bool]) -> None:
        """Train to the end, or until asked to stop."""
        resumed = self._take_up()
        if not resumed:
            self.best = self.learner.weights()
            self.counters.bits_before = self.bits_per_char(self.validation)
            self.counters.best_bits = self.bits_per_char(self.sample)
        self._report_start(resumed)
        reason = self._steps(should_stop)
        if reason == "stopped":
            self._save()
            self.report(Stopped(step=self.counters.step, epoch=float(self.counters.epoch)))
            return
        self._finish(reason)

    def _steps(self, should_stop: Callable[[], bool]) -> str:
        """Run the remaining steps; return why they ended."""
        counters, clock = self.counters, Clock(self.counters.elapsed_s)
        while self.epochs is None or counters.epoch < self.epochs:
            rng = np.random.default_rng([self.options.seed, counters.epoch])
            plan = self.learner.plan(self.training, rng)
            check_every = min(len(plan), MAX_STEPS_BETWEEN_CHECKS)
            while counters.batch < len(plan):
                if should_stop():
                    return "stopped"
                done = self._share_done(counters.epoch + counters.batch / len(plan))
                if done >= 1:
                    return "finished" if self.epochs is not None and not self._over() else "budget"
                self.learner.model.optimizer.learning_rate = self.learning_rate * (1 - done)
                batch = self.learner.load(self.training, plan[counters.batch])
                nats = self.learner.step(batch)
                counters.batch += 1
                counters.step += 1
                counters.elapsed_s = clock.elapsed_s()
                clock.count(nats, int(batch.weights.sum()))
                if counters.step % check_every == 0 and self._check(done):
                    return "early_stop"
                if clock.report_due():
                    self.report(self._progress(clock, len(plan), done))
                if clock.save_due():
                    self._save()
            counters.epoch, counters.batch = counters.epoch + 1, 0
            self.report(self._epoch_ended(clock))
            if self.at_epoch:
                self.at_epoch(counters.epoch, self._checkpoint(self.learner.weights()))
        return "finished"

    def _over(self) -> bool:
        budget = self.options.budget_s
        return budget is not None and self.counters.elapsed_s >= budget

    def _share_done(self, epochs: float) -> float:
        shares = [0.0]
        if self.epochs is not None:
            shares.append(epochs / self.epochs)
        if self.options.budget_s is not None:
            shares.append(self.counters.elapsed_s / self.options.budget_s)
        return min(1.0, max(shares))

    def _check(self, done: float) -> bool:
        """Measure the held-out sample, keep the weights if best; True when patience is out.

        Args:
            done: share of the run.
        """
        self.latest_bits = bits = self.bits_per_char(self.sample)
        if bits < self.counters.best_bits or not self.options.held_out:
            self.counters.best_bits, self.counters.best_at = bits, done
            self.best = self.learner.weights()
        return done - self.counters.best_at > self.options.patience

    def bits_per_char(self, corpus: EncodedCorpus) -> float:
        """Score messages: bits of characters and closings over their number."""
        nats = 0.0
        for rows in self.learner.plan(corpus):
            batch = self.learner.load(corpus, rows)
            nats += self.learner.score(batch) * float(batch.weights.sum())
        return nats / math.log(2) / corpus.chars

    def _finish(self, reason: str) -> None:
        self._check(1.0)
        self.learner.assign(self.best)
        after = self.bits_per_char(self.validation)
        epochs = self.counters.epoch + 0.0
        manifest = {
            "messages": len(self.corpus),
            "chars": self.corpus.chars,
            "bits_per_char_before": self.counters.bits_before,
            "bits_per_char_after": after,
            "train_s": self.counters.elapsed_s,
            "steps": self.counters.step,
            "seed": self.options.seed,
        }
        checkpoint = replace(self._checkpoint(self.best, manifest), seen=self._seen())
        save_checkpoint(checkpoint, self.output, precision=self.options.precision)
        part_path(self.output).unlink(missing_ok=True)
        self.report(
            Done(
                checkpoint=str(self.output),
                bits_per_char_before=self.counters.bits_before,
                bits_per_char_after=after,
                train_s=self.counters.elapsed_s,
                epochs=epochs,
                reason=reason,
            )
        )

    def _checkpoint(
        self, weights: Mapping[str, FloatArray], manifest: Mapping[str, Any] | None = None
    ) -> Checkpoint:
        return Checkpoint(self.config, self.vocabulary, weights, manifest or {})

    def _seen(self) -> SeenFilter | None:
        """Remember what was trained on, so that it need not be repeated to the letter.

        Not for a model from nothing: its corpus is large, and nobody's own.
        """
        if self.base is None or not self.options.remember:
            return None
        texts = laid_out(self.vocabulary, self.messages)
        return SeenFilter.from_texts(texts, known=self.base.seen)

    def _take_up(self) -> bool:
        state = load_state(self.output, self._fingerprint())
        variables = self._variables()
        if state is None or [v.shape for v in state.variables] != [
            tuple(v.shape) for v in variables
        ]:
            return False
        for variable, value in zip(variables, state.variables, strict=True):
            variable.assign(value)
        self.counters, self.best = state.counters, state.best
        return True

    def _save(self) -> None:
        values = [np.asarray(keras.ops.convert_to_numpy(v.value)) for v in self._variables()]
        save_state(
            TrainingState(self.counters, values, self.best), self.output, self._fingerprint()
        )

    def _variables(self) -> list[Any]:
        return [*self.learner.model.variables, *self.learner.model.optimizer.variables]

    def _fingerprint(self) -> str:
        """Name what must be the same for a state file to be this run's."""
        digest = hashlib.sha256(self.corpus.ids.tobytes())
        model = [self.config.to_dict(), self.vocabulary.to_json(), self.label_names]
        digest.update(json.dumps([asdict(self.options), *model]).encode())
        if self.corpus.labels is not None:
            digest.update(self.corpus.labels.tobytes())
        weights = self.base.weights if self.base else {}
        for name in sorted(weights):  # a file's arrays come in another order in each process
            digest.update(weights[name].tobytes())
        return digest.hexdigest()

    def _report_start(self, resumed: bool) -> None:
        self.report(
            Started(
                messages=len(self.corpus),
                train_messages=len(self.training),
                val_messages=len(self.validation),
                chars=self.corpus.chars,
                device=device_kind(),
                epochs=self.epochs,
                resumed=resumed,
                val_bits_per_char=self.counters.bits_before,
            )
        )

    def _epoch_ended(self, clock: Clock) -> EpochEnded:
        counters = self.counters
        return EpochEnded(
            epoch=counters.epoch,
            epochs=self.epochs,
            train_bits_per_char=clock.take_epoch_bits(),
            val_bits_per_char=counters.best_bits,
            elapsed_s=counters.elapsed_s,
        )

    def _progress(self, clock: Clock, batches: int, done: float) -> Progress:
        counters = self.counters
        eta_s = counters.elapsed_s * (1 - done) / done if done > 0.005 else None
        return Progress(
            epoch=counters.epoch + counters.batch / batches,
            epochs=self.epochs,
            step=counters.step,
            steps=None if self.epochs is None else math.ceil(self.epochs * batches),
            train_bits_per_char=clock.take_bits(),
            val_bits_per_char=counters.best_bits if self.latest_bits is None else self.latest_bits,
            elapsed_s=counters.elapsed_s,
            eta_s=eta_s,
            targets_per_s=clock.targets_per_s(),
        )


def make_learner(
    config: ModelConfig, vocabulary_size: int, batch_targets: int, learning_rate: float
) -> Learner:
    """Return the learner for a model's kind: causal, or of windows."""
    if config.window is None:
        return CausalLearner(config, vocabulary_size, batch_targets, learning_rate)
    from textgen_core.window_model import WindowLearner

    return WindowLearner(config, vocabulary_size, batch_targets, learning_rate)
