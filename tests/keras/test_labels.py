"""Labels steer a model in training; the model that is kept does without them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from textgen_core import Engine, GenerationOptions, ModelConfig, Vocabulary, load_checkpoint
from textgen_core.training.batching import encode_corpus
from textgen_core.training.events import EpochEnded, TrainingEvent
from textgen_core.training.labelled_learner import LabelledLearner
from textgen_core.training.learner import CausalLearner
from textgen_core.training.options import TrainingOptions
from textgen_core.training.run import train

CONFIG = ModelConfig(rnn_layers=1, rnn_size=12, dim_embeddings=8)
TEXTS = ["ab" if i % 2 else "yz" for i in range(64)]
LABELS = ["of a" if i % 2 else "of z" for i in range(64)]


def test_a_batch_knows_the_labels_of_its_rows() -> None:
    texts = ["ab", "c" * 700, "d"]
    corpus = replace(encode_corpus(texts, Vocabulary()), labels=np.array([5, 6, 7], np.int32))
    learner = CausalLearner(CONFIG, Vocabulary().size, 4096, 0.01)
    labelled = LabelledLearner(learner, 8, 0.01)
    seen = []
    for part in (corpus, corpus.slice(1, 3)):
        (batch,) = (labelled.load(part, rows) for rows in labelled.plan(part))
        assert batch.labels is not None
        firsts = [chr(row[1] - 2) for row in batch.inputs]  # after <s>, or within the long text
        seen.append(sorted(zip(firsts, batch.labels.tolist(), strict=True)))
    assert seen == [
        [("a", 5), ("c", 6), ("c", 6), ("c", 6), ("d", 7)],
        [("c", 6), ("c", 6), ("c", 6), ("d", 7)],
    ]


def test_the_steered_loss_is_lower_where_labels_tell_languages_apart() -> None:
    vocabulary = Vocabulary()
    corpus = replace(
        encode_corpus(TEXTS, vocabulary), labels=np.array([i % 2 for i in range(64)], np.int32)
    )
    learner = LabelledLearner(CausalLearner(CONFIG, vocabulary.size, 4096, 0.03), 2, 0.03)
    (batch,) = (learner.load(corpus, rows) for rows in learner.plan(corpus))
    assert learner.steered_score(batch) == pytest.approx(learner.score(batch), abs=1e-5)
    for _ in range(60):
        learner.step(batch)
    # Without the label the first letter costs one bit; a text has two and its closing.
    plain, steered = learner.score(batch), learner.steered_score(batch)
    assert steered < 0.5 * plain
    assert plain > 0.9 * np.log(2) / 3


def test_the_model_that_is_kept_does_without_labels(tmp_path: Path) -> None:
    seen: list[TrainingEvent] = []
    train(
        TEXTS,
        tmp_path / "m",
        config=CONFIG,
        labels=LABELS,
        options=TrainingOptions(epochs=30, learning_rate=0.03, batch_targets=256, held_out=0),
        report=seen.append,
    )
    texts = Engine(load_checkpoint(tmp_path / "m")).generate(
        GenerationOptions(n=40, seed=1, temperature=0.3)
    )
    assert {"ab", "yz"} <= set(texts)
    bits = [event.train_bits_per_char for event in seen if isinstance(event, EpochEnded)]
    assert len(bits) == 30
    assert bits[-1] < 0.2 * bits[0]


def test_each_message_needs_a_label(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one label a message, got 3 for 64"):
        train(TEXTS, tmp_path / "m", config=CONFIG, labels=LABELS[:3])
