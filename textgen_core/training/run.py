"""One training run: messages in, one checkpoint out.

The last tenth of the messages, in the corpus's order and at most 10,000, is held
out: it gives the figures before and after and decides which weights are kept. A run can be
stopped or killed at any step and goes on from its state file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from textgen_core.errors import TrainingError
from textgen_core.evaluation.scoring import nats_of_encoded
from textgen_core.generation.taste_fitting import with_taste
from textgen_core.malloc import keep_freed_memory
from textgen_core.model.checkpoint import (
    Checkpoint,
    checkpoint_from_bytes,
    checkpoint_to_bytes,
    save_checkpoint,
)
from textgen_core.model.config import ModelConfig
from textgen_core.model.ngram_table import LEAST_SPEAKERS
from textgen_core.model.privacy import NGRAM_SPEAKERS
from textgen_core.model.quantization import FloatArray
from textgen_core.model.taste import Taste
from textgen_core.text.tokenizer import Tokenizer
from textgen_core.training.backend import device_kind
from textgen_core.training.batching import EncodedCorpus
from textgen_core.training.events import Done, EpochEnded, Progress, Started, Stopped, TrainingEvent
from textgen_core.training.keras_model import keras, precision_of
from textgen_core.training.learner import run_variables
from textgen_core.training.ngrams.fitting import fit_ngrams
from textgen_core.training.options import TrainingOptions
from textgen_core.training.pace import Pace
from textgen_core.training.recipe import every_nth
from textgen_core.training.setup import Setup, settle
from textgen_core.training.state import Counters, TrainingState, load_state, part_path, save_state

MAX_STEPS_BETWEEN_CHECKS = 400
COUNTING_SHARE = 0.1  # of a budget, for n-grams
WEIGHING_MESSAGES = 200  # held out, by which it is chosen how far they are trusted


def train(
    messages: Iterable[str],
    output: Path,
    *,
    base: Checkpoint | None = None,
    config: ModelConfig | None = None,
    vocabulary: Tokenizer | None = None,
    speakers: Sequence[str | None] | None = None,
    labels: Sequence[str] | None = None,
    options: TrainingOptions | None = None,
    report: Callable[[TrainingEvent], None] = lambda event: None,
    should_stop: Callable[[], bool] = lambda: False,
    at_epoch: Callable[[int, Checkpoint], None] | None = None,
) -> None:
    """Train on messages and write the best weights to ``output``.

    Args:
        messages: in time order; the last tenth is held out (at most 10,000). Each may
            begin with the mark of a voice (text/special_tokens.py), without which it is scored.
        output: the checkpoint to write; beside it lies ``*.part`` meanwhile.
        base: the model to start from; None starts a new one of shape ``config``.
        config: shape of a new model.
        vocabulary: of a new model; None makes one from the messages.
        speakers: what tells the author of each message from others; None where it is
            not known. The model remembers n-grams of what two people said or more, or what
            stands in eight different messages by unknown authors.
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
        ValueError: there are not as many labels or speakers as messages.
        FilterKeyError: the model's filter cannot be sealed.
    """
    keep_freed_memory()
    model = (base, config, vocabulary)
    setup = settle(list(messages), speakers, labels, *model, options or TrainingOptions())
    _Run(setup, output, report, at_epoch).go(should_stop)


class _Run:
    """A run's setup, model and counters."""

    def __init__(
        self,
        setup: Setup,
        output: Path,
        report: Callable[[TrainingEvent], None],
        at_epoch: Callable[[int, Checkpoint], None] | None,
    ) -> None:
        self.setup, self.options, self.epochs = setup, setup.options, setup.epochs
        self.output, self.report, self.at_epoch = output, report, at_epoch
        self.counters = Counters()
        self.batches = 1  # of a pass
        self.learning_s = self.options.budget_s
        if self.learning_s and setup.counts_ngrams:
            self.learning_s *= 1 - COUNTING_SHARE
        self.latest_bits: float | None = None
        self.best: dict[str, FloatArray] = {}
        base = setup.base
        self.ngrams = base.ngrams if base else None
        self.own_ngrams = setup.base_ngrams
        self.taste: Taste | None = None
        self.learner = setup.make_learner()

    def go(self, should_stop: Callable[[], bool]) -> None:
        """Train to the end, or until asked to stop."""
        resumed = self._take_up()
        if not resumed:
            self.best = self.learner.weights()
            self.counters.bits_before = self.bits_per_char(self.setup.validation)
            self.counters.best_bits = self.bits_per_char(self.setup.sample)
        self._report_start(resumed)
        reason = self._steps(should_stop)
        if reason == "stopped":
            self._save()
            self.report(Stopped(step=self.counters.step, epoch=float(self.counters.epoch)))
            return
        self._finish(reason)

    def _steps(self, should_stop: Callable[[], bool]) -> str:
        """Run the remaining steps, report the last one whenever it was; return why they ended."""
        clock = Pace(self.counters.elapsed_s)
        reason = self._learn(clock, should_stop)
        if clock.has_unreported():
            self.report(self._progress(clock, self._share_done(self._epochs_done())))
        return reason

    def _learn(self, clock: Pace, should_stop: Callable[[], bool]) -> str:
        counters = self.counters
        while self.epochs is None or counters.epoch < self.epochs:
            rng = np.random.default_rng([self.options.seed, counters.epoch])
            plan = self.learner.plan(self.setup.training, rng)
            self.batches = len(plan)
            check_every = min(len(plan), MAX_STEPS_BETWEEN_CHECKS)
            while counters.batch < len(plan):
                if should_stop():
                    return "stopped"
                done = self._share_done(self._epochs_done())
                if done >= 1:
                    return "finished" if self.epochs is not None and not self._over() else "budget"
                self.learner.model.optimizer.learning_rate = self.setup.learning_rate * (1 - done)
                batch = self.learner.load(self.setup.training, plan[counters.batch])
                nats = self.learner.step(batch)
                self._check_loss(nats)
                counters.batch += 1
                counters.step += 1
                counters.elapsed_s = clock.elapsed_s()
                clock.count(nats, int(batch.weights.sum()))
                if counters.step % check_every == 0 and self._check(done):
                    return "early_stop"
                if clock.report_due():
                    self.report(self._progress(clock, done))
                if clock.save_due():
                    self._save()
            counters.epoch, counters.batch = counters.epoch + 1, 0
            self.report(self._epoch_ended(clock))
            if self.at_epoch:
                self.at_epoch(counters.epoch, self._checkpoint(self.learner.weights()))
        return "finished"

    def _check_loss(self, nats: float) -> None:
        if not math.isfinite(nats):
            raise TrainingError(
                f"the loss is no number any more at step {self.counters.step + 1}: the learning"
                f" rate of {self.setup.learning_rate:g} is too high; nothing was written"
            )

    def _over(self) -> bool:
        return self.learning_s is not None and self.counters.elapsed_s >= self.learning_s

    def _epochs_done(self) -> float:
        return self.counters.epoch + self.counters.batch / self.batches

    def _share_done(self, epochs: float) -> float:
        shares = [0.0]
        if self.epochs is not None:
            shares.append(epochs / self.epochs)
        if self.learning_s is not None:
            shares.append(self.counters.elapsed_s / self.learning_s)
        return min(1.0, max(shares))

    def _check(self, done: float) -> bool:
        """Measure the held-out sample, keep the weights if best; True when patience is out.

        Args:
            done: share of the run.
        """
        self.latest_bits = bits = self.bits_per_char(self.setup.sample)
        if bits < self.counters.best_bits or not self.options.held_out:
            self.counters.best_bits, self.counters.best_at = bits, done
            self.best = self.learner.weights()
        return done - self.counters.best_at > self.options.patience

    def bits_per_char(self, corpus: EncodedCorpus) -> float:
        """Score messages: bits of characters and closings over their number.

        Of n-grams the model in training knows nothing: then what will be written is scored.
        """
        if self.ngrams or self.own_ngrams:
            model = self._checkpoint(self.learner.weights())
            return nats_of_encoded(model, [corpus.messages()]) / math.log(2) / corpus.chars
        nats = 0.0
        for rows in self.learner.plan(corpus):
            batch = self.learner.load(corpus, rows)
            nats += self.learner.score(batch) * float(batch.weights.sum())
        return nats / math.log(2) / corpus.chars

    def _finish(self, reason: str) -> None:
        clock = Pace(self.counters.elapsed_s)
        self._check(1.0)
        self.learner.assign(self.best)
        self._remember(clock)
        self.counters.elapsed_s = clock.elapsed_s()
        after = self.bits_per_char(self.setup.validation)
        epochs = self.counters.epoch + 0.0
        manifest = {
            "messages": len(self.setup.corpus),
            "chars": self.setup.corpus.chars,
            "bits_per_char_before": self.counters.bits_before,
            "bits_per_char_after": after,
            "train_s": self.counters.elapsed_s,
            "steps": self.counters.step,
            "seed": self.options.seed,
            NGRAM_SPEAKERS: LEAST_SPEAKERS,
        }
        checkpoint = replace(
            self._checkpoint(self.best, manifest), seen=self.setup.seen(), taste=self.taste
        )
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

    def _remember(self, clock: Pace) -> None:
        """Count n-grams of what was learned, and trust all as far as they help with the rest."""
        setup, budget = self.setup, self.options.budget_s
        # As it will be read: in 8 bits it also scores faster.
        data = checkpoint_to_bytes(self._checkpoint(self.best), precision=self.options.precision)
        model = fit_ngrams(
            checkpoint_from_bytes(data),
            setup.training.messages() if setup.counts_ngrams else [],
            setup.speakers[: len(setup.training)],
            every_nth(setup.sample, WEIGHING_MESSAGES).messages(),
            weighs=self.options.held_out > 0,
            left_s=lambda: math.inf if budget is None else budget - clock.elapsed_s(),
        )
        self.ngrams, self.own_ngrams = model.ngrams, model.own_ngrams
        if setup.is_of_somebody and self.options.taste:
            learned = len(setup.training)
            texts = setup.messages[:learned], setup.messages[learned:]
            before = setup.base.taste if setup.base else None
            speakers = setup.speakers.tolist()
            fitted = with_taste(model, *texts, speakers, before=before, seed=self.options.seed)
            self.taste = fitted.taste

    def _checkpoint(
        self, weights: Mapping[str, FloatArray], manifest: Mapping[str, Any] | None = None
    ) -> Checkpoint:
        shape = (self.setup.config, self.setup.vocabulary)
        return Checkpoint(*shape, weights, manifest or {}, None, self.ngrams, self.own_ngrams)

    def _take_up(self) -> bool:
        state = load_state(self.output, self.setup.fingerprint())
        variables, scaling = run_variables(self.learner.model)
        shapes = [tuple(variable.shape) for variable in variables]
        if state is None or [v.shape for v in state.variables[: len(shapes)]] != shapes:
            return False
        # A device of another precision, which left off, may scale the loss or not.
        for variable, value in zip([*variables, *scaling], state.variables, strict=False):
            variable.assign(value)
        self.counters, self.best = state.counters, state.best
        return True

    def _save(self) -> None:
        variables = chain(*run_variables(self.learner.model))
        values = [np.asarray(keras.ops.convert_to_numpy(v.value)) for v in variables]
        save_state(
            TrainingState(self.counters, values, self.best), self.output, self.setup.fingerprint()
        )

    def _report_start(self, resumed: bool) -> None:
        self.report(
            Started(
                messages=len(self.setup.corpus),
                train_messages=len(self.setup.training),
                val_messages=len(self.setup.validation),
                chars=self.setup.corpus.chars,
                device=device_kind(),
                epochs=self.epochs,
                resumed=resumed,
                val_bits_per_char=self.counters.bits_before,
                precision=precision_of(self.learner.model),
            )
        )

    def _epoch_ended(self, clock: Pace) -> EpochEnded:
        counters = self.counters
        return EpochEnded(
            epoch=counters.epoch,
            epochs=self.epochs,
            train_bits_per_char=clock.take_epoch_bits() * self.setup.training.targets_per_char,
            val_bits_per_char=counters.best_bits,
            elapsed_s=counters.elapsed_s,
        )

    def _progress(self, clock: Pace, done: float) -> Progress:
        counters = self.counters
        eta_s = counters.elapsed_s * (1 - done) / done if done > 0.005 else None
        return Progress(
            epoch=self._epochs_done(),
            epochs=self.epochs,
            step=counters.step,
            steps=None if self.epochs is None else math.ceil(self.epochs * self.batches),
            train_bits_per_char=clock.take_bits() * self.setup.training.targets_per_char,
            val_bits_per_char=counters.best_bits if self.latest_bits is None else self.latest_bits,
            elapsed_s=counters.elapsed_s,
            eta_s=eta_s,
            targets_per_s=clock.targets_per_s(),
        )
