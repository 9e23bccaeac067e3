"""Training as textgenrnn's calls ask for it, on this library's training run."""

from __future__ import annotations

import hashlib
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from textgen_core.compat.files import in_words, with_settings, write_files, write_weights
from textgen_core.compat.progress import Reporter
from textgen_core.compat.text_length import places
from textgen_core.compat.texts import MIN_TEXTS
from textgen_core.generation.sampling import is_whole
from textgen_core.model.checkpoint import Checkpoint, load_checkpoint
from textgen_core.model.config import ModelConfig
from textgen_core.text.tokenizer import Tokenizer
from textgen_core.training.events import TrainingEvent
from textgen_core.training.options import TrainingOptions

Callback = Callable[[TrainingEvent], object]

DEFAULT_BATCH_SIZE = 128
_MOST_TARGETS, _FEWEST_TARGETS, _STEPS = 4096, 512, 40
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

    def __post_init__(self) -> None:
        least = {"batch_size": 1, "num_epochs": 1, "gen_epochs": 0, "save_epochs": 0}
        for name, smallest in least.items():
            value = getattr(self, name)
            if not is_whole(value) or value < smallest:
                raise ValueError(f"{name} must be a whole number from {smallest}, got {value!r}")
        if not 0 < self.train_size <= 1:
            raise ValueError(f"train_size must be in (0, 1], got {self.train_size!r}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be in [0, 1), got {self.dropout!r}")
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
        ValueError: so few texts are left that nothing can be learnt.
    """
    from textgen_core.training.run import train

    texts, labels, held_out = divided(texts, labels, asked)
    reporter = Reporter(asked.verbose, asked.callbacks)
    if asked.verbose:
        level = "word" if in_words(start.vocabulary) else "character"
        count = sum(places(start.vocabulary, text) + 1 for text in texts)
        print(f"Training on {count:,} {level} sequences.")

    def at_epoch(epoch: int, checkpoint: Checkpoint) -> None:
        learning.adopt(with_settings(checkpoint, start.settings))
        reporter.pause()
        if asked.verbose and asked.gen_epochs and epoch % asked.gen_epochs == 0:
            learning.generate_samples(max_gen_length=asked.max_gen_length)
        _save_epoch(with_settings(checkpoint, start.settings), name, epoch, asked)

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
    chars = sum(map(len, texts))
    options = TrainingOptions(
        epochs=asked.num_epochs,
        batch_targets=batch_targets(asked.batch_size, chars, start.config),
        patience=_NO_PATIENCE,
        seed=asked.seed or 0,
        held_out=held_out,
    )
    rate = asked.learning_rate
    return options if rate is None else replace(options, learning_rate=rate)


def batch_targets(batch_size: int, chars: int, config: ModelConfig) -> int:
    """Return how many predictions a step of training makes.

    A model of windows predicts one character a window, so that ``batch_size`` is that
    number. Others predict at every place of a text: 128, the default, stands for
    what suits the amount of text (512 to 4,096 predictions), and other sizes move
    these two bounds in proportion.
    """
    if config.window:
        return batch_size
    share = batch_size / DEFAULT_BATCH_SIZE
    bounds = (_FEWEST_TARGETS * share, _MOST_TARGETS * share)
    return max(1, int(np.clip(chars // _STEPS, *bounds)))


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
    if len(order) < MIN_TEXTS:
        raise ValueError(
            f"train_size {share} leaves {len(order)} of {len(texts)} texts, at least {MIN_TEXTS}"
            " are needed; give more texts or a larger train_size"
        )
    held_out = min(0.5, round(1 - share, 9)) if asked.validation else 0.0
    picked = order.tolist()
    return [texts[i] for i in picked], [labels[i] for i in picked] if labels else [], held_out


def _save_epoch(checkpoint: Checkpoint, name: str, epoch: int, asked: Asked) -> None:
    """Write the epoch's model under the epoch's name, or else as the newest one."""
    due = asked.save_epochs and epoch % asked.save_epochs == 0 and epoch != asked.num_epochs
    if not due:
        write_files(checkpoint, name)
        return
    if asked.verbose:
        print(f"Saving Model Weights — Epoch #{epoch}")
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
    known["callbacks"] = tuple(known.get("callbacks") or ())
    return Asked(**known), others


def call_key(texts: Iterable[str], labels: list[str], asked: Asked, start: Start, name: str) -> str:
    """Return what tells one call of training from another."""
    model = (start.base is None, start.config, sorted(start.settings.items()))
    call = (replace(asked, callbacks=()), labels, name, model)
    digest = hashlib.sha256(repr(call).encode("utf-8", "backslashreplace"))
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\xff")
    return digest.hexdigest()
