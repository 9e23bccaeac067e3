"""Training as textgenrnn's calls ask for it, on this library's training run."""

from __future__ import annotations

import hashlib
import math
import signal
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from textgen_core.compat.arguments import number_of, whole_of
from textgen_core.compat.files import (
    check_files,
    in_words,
    with_settings,
    write_files,
    write_weights,
)
from textgen_core.compat.progress import Reporter
from textgen_core.compat.text_length import places, places_left
from textgen_core.errors import TextgenWarning
from textgen_core.model.checkpoint import Checkpoint, load_checkpoint
from textgen_core.model.config import ModelConfig
from textgen_core.text.console import show
from textgen_core.text.tokenizer import Tokenizer
from textgen_core.training.events import TrainingEvent
from textgen_core.training.options import TrainingOptions
from textgen_core.training.recipe import held_out_of

Callback = Callable[[TrainingEvent], object]

DEFAULT_BATCH_SIZE = 128
# How many steps an epoch has, of a new model, of one that is trained further and of tiny
# texts, where that makes neither too few predictions a step nor too many.
_NEW_STEPS, _STEPS, _FEWEST_STEPS = 80, 40, 8
_FEWEST_TARGETS, _MOST_TARGETS = (16, 128), 4096
# What suits a new model's steps of so many predictions; smaller ones go with the root.
_NEW_LEARNING_RATE, _NEW_TARGETS = 1.6e-2, 2048
_NO_PATIENCE = 1.0  # every epoch that was asked for is trained


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call of training asks for, in textgenrnn's words.

    Raises:
        ValueError: an argument is out of range.
    """

    batch_size: int = DEFAULT_BATCH_SIZE
    num_epochs: int = 50
    verbose: int = 1
    gen_epochs: int = 1
    train_size: float = 1.0
    max_gen_length: int = 300
    validation: bool = True
    dropout: float = 0.0
    save_epochs: int = 0
    seed: int | None = None
    learning_rate: float | None = None
    callbacks: tuple[Callback, ...] = ()
    overwrite: bool = False

    def __post_init__(self) -> None:
        least = {"batch_size": 1, "num_epochs": 1, "gen_epochs": 0, "save_epochs": 0}
        for name, smallest in least.items():
            whole_of(name, getattr(self, name), smallest)
        places_left(self.max_gen_length, 0, True)
        if not 0 < number_of("train_size", self.train_size) <= 1:
            raise ValueError(f"train_size must be in (0, 1], got {self.train_size!r}")
        if not 0 <= number_of("dropout", self.dropout) < 1:
            raise ValueError(f"dropout must be in [0, 1), got {self.dropout!r}")
        if self.seed is not None and whole_of("seed", self.seed, 0) >= 2**32:
            raise ValueError(f"seed must be below 2**32, got {self.seed!r}")
        if self.learning_rate is not None and number_of("learning_rate", self.learning_rate) <= 0:
            raise ValueError(f"learning_rate must be above 0, got {self.learning_rate!r}")
        for callback in self.callbacks:
            if not callable(callback):
                raise ValueError(f"callbacks must be functions of one event, got {callback!r:.60}")


@dataclass(frozen=True, slots=True)
class Start:
    """Where training starts from.

    Attributes:
        base: a model; None for a new one.
        config: the shape of a new model.
        vocabulary: that of a new model, or the base's.
        settings: what the model's shape does not show; see ``with_settings``.
    """

    base: Checkpoint | None
    config: ModelConfig
    vocabulary: Tokenizer
    settings: Mapping[str, Any]


class Learning(Protocol):
    """Whose model is trained."""

    def adopt(self, checkpoint: Checkpoint) -> None:
        """Write with this model from now on."""

    def generate_samples(self, **options: Any) -> None:
        """Print samples of the model."""


def learn(
    learning: Learning, texts: list[str], labels: list[str], start: Start, asked: Asked, name: str
) -> None:
    """Train a model and write its files; a run that was interrupted before goes on.

    Raises:
        KeyboardInterrupt: it was interrupted; the state is saved.
        OutputError: the files cannot be written, or would replace others.
        TrainingError: the loss is no number any more.
    """
    every = asked.save_epochs or asked.num_epochs
    check_files(name, range(every, asked.num_epochs, every), overwrite=asked.overwrite)
    from textgen_core.training.run import train  # imports TensorFlow

    texts, labels, held_out = divided(texts, labels, asked)
    reporter = Reporter(asked.verbose, asked.callbacks, math.log2(start.vocabulary.size) + 1)
    if asked.verbose:
        level = "word" if in_words(start.vocabulary) else "character"
        learned = texts[: len(texts) - held_out_of(len(texts), held_out)]
        closing = 0 if start.settings["single_text"] else 1
        count = sum(places(start.vocabulary, text) + closing for text in learned)
        show(f"Training on {count:,} {level} sequences.")

    def at_epoch(epoch: int, checkpoint: Checkpoint) -> None:
        learning.adopt(with_settings(checkpoint, start.settings))
        reporter.pause()
        _save_epoch(with_settings(checkpoint, start.settings), name, epoch, asked)
        if asked.verbose and asked.gen_epochs and epoch % asked.gen_epochs == 0:
            learning.generate_samples(max_gen_length=asked.max_gen_length)

    output = Path(f"{name}_training.safetensors")
    base = start.base and replace(start.base, config=start.config)
    with reporter, _interruptible() as interrupted:
        train(
            texts,
            output,
            base=base,
            config=start.config,
            vocabulary=start.vocabulary,
            labels=labels or None,
            options=_options(asked, start, texts, held_out),
            report=reporter.show,
            should_stop=interrupted.is_set,
            at_epoch=at_epoch,
        )
    if not reporter.done:
        raise KeyboardInterrupt("training was interrupted; the same call goes on from there")
    trained = with_settings(load_checkpoint(output), start.settings)
    learning.adopt(trained)
    write_files(trained, name)
    output.unlink()


def _options(asked: Asked, start: Start, texts: list[str], held_out: float) -> TrainingOptions:
    is_new = start.base is None
    predictions = sum(places(start.vocabulary, text) + 1 for text in texts)
    targets = batch_targets(asked.batch_size, predictions, start.config, is_new=is_new)
    rate = asked.learning_rate
    if rate is None and is_new and not start.config.window:
        rate = _NEW_LEARNING_RATE * min(1.0, math.sqrt(targets / _NEW_TARGETS))
    return TrainingOptions(
        epochs=asked.num_epochs,
        learning_rate=rate,
        batch_targets=targets,
        patience=_NO_PATIENCE,
        seed=asked.seed or 0,
        held_out=held_out,
        taste=False,  # the class writes no drafts
    )


def batch_targets(batch_size: int, predictions: int, config: ModelConfig, *, is_new: bool) -> int:
    """Return how many predictions a step of training makes.

    A model of windows predicts one character a window, so that ``batch_size`` is that
    number. Others predict at every place of a text: 128, the default, stands for
    what suits the amount of text (16 to 4,096 predictions), and other sizes are in
    proportion to it.

    Args:
        batch_size: in textgenrnn's words.
        predictions: of an epoch.
        config: of the model.
        is_new: whether it begins from nothing.
    """
    if config.window:
        return batch_size
    fewest = np.clip(predictions // _FEWEST_STEPS, *_FEWEST_TARGETS)
    usual = np.clip(predictions // (_NEW_STEPS if is_new else _STEPS), fewest, _MOST_TARGETS)
    return max(1, int(usual * batch_size / DEFAULT_BATCH_SIZE))


def divided(
    texts: list[str], labels: list[str], asked: Asked
) -> tuple[list[str], list[str], float]:
    """Return the texts to use, in an order in which the last ones can be held out, and their share.

    textgenrnn leaves what is not in ``train_size`` to the validation, or else unused.
    """
    share = float(asked.train_size)
    if share == 1:
        return texts, labels, 0.0
    order = np.random.default_rng(asked.seed or 0).permutation(len(texts))
    wanted = share if not asked.validation else min(1.0, 2 * share)
    order = order[: max(1, round(wanted * len(texts)))]
    held_out = min(0.5, round(1 - share, 9)) if asked.validation and len(order) > 1 else 0.0
    picked = order.tolist()
    return [texts[i] for i in picked], [labels[i] for i in picked] if labels else [], held_out


def _save_epoch(checkpoint: Checkpoint, name: str, epoch: int, asked: Asked) -> None:
    """Write the epoch's model under the epoch's name, or else as the newest one."""
    due = asked.save_epochs and epoch % asked.save_epochs == 0 and epoch != asked.num_epochs
    if not due:
        write_files(checkpoint, name)
        return
    if asked.verbose:
        show(f"Saving Model Weights — Epoch #{epoch}")
    write_weights(checkpoint, f"{name}_weights_epoch_{epoch}.hdf5")


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Make the first Ctrl-C a request to stop; a second one stops at once."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = signal.getsignal(signal.SIGINT)

    def ask(number: int, frame: object) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    if before is not None:
        signal.signal(signal.SIGINT, ask)
    try:
        yield asked
    finally:
        if before is not None:
            signal.signal(signal.SIGINT, before)


def asked_of(options: Mapping[str, Any], **named: Any) -> tuple[Asked, dict[str, Any]]:
    """Divide options into what training is asked for and the others.

    Raises:
        ValueError: one is out of range.
    """
    names = {entry.name for entry in fields(Asked)}
    others = {key: value for key, value in options.items() if key not in names}
    known = {**named, **{key: value for key, value in options.items() if key in names}}
    if "prop_keep" in others:  # an older name
        known["train_size"] = others.pop("prop_keep")
    callbacks = known.get("callbacks") or ()
    if callable(callbacks):
        callbacks = (callbacks,)
    if not isinstance(callbacks, Iterable) or isinstance(callbacks, str | bytes):
        raise ValueError(f"callbacks must be a list of functions, got {callbacks!r:.60}")
    known["callbacks"] = tuple(callbacks)
    size = known.get("train_size", 1.0)
    if number_of("train_size", size) > 1:
        warnings.warn(
            f"train_size is a share, got {size!r}: all texts are used", TextgenWarning, stacklevel=5
        )
        known["train_size"] = 1.0
    return Asked(**known), others


def call_key(texts: Iterable[str], labels: list[str], asked: Asked, start: Start, name: str) -> str:
    """Return what tells one call of training from another."""
    model = (start.base is None, start.config, sorted(start.settings.items()))
    call = (replace(asked, callbacks=(), overwrite=False), labels, name, model)
    digest = hashlib.sha256(repr(call).encode("utf-8", "backslashreplace"))
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\xff")
    return digest.hexdigest()
