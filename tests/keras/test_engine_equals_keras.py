"""The compiled engine computes what the Keras model does."""

from __future__ import annotations

import numpy as np
import pytest

from textgen_core.evaluation.scoring import evaluate
from textgen_core.generation.engine import Engine
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.config import ModelConfig
from textgen_core.text.vocabulary import BOUNDARY_ID, Vocabulary
from textgen_core.training.keras_model import assign_weights, build_model

ALPHABET = [*"abcdefghij ,.!?\nÄßéñ", *"😀👍🏽שלום\u0301"]


def random_checkpoint(config: ModelConfig) -> Checkpoint:
    """Return weights about as large as training makes them.

    Much larger ones make a recurrent network chaotic: any two ways of rounding part.
    """
    rng = np.random.default_rng(7)
    deviation = min(0.4, 1.8 / np.sqrt(config.rnn_size))
    vocabulary = Vocabulary(("é", "ñ", "ß"))
    return Checkpoint(
        config,
        vocabulary,
        {
            name: (deviation * rng.normal(size=shape)).astype(np.float32)
            for name, shape in config.weight_shapes(vocabulary.size).items()
        },
    )


@pytest.mark.parametrize(
    "config",
    [
        ModelConfig(rnn_layers=1, rnn_size=8, dim_embeddings=6),
        ModelConfig(rnn_layers=2, rnn_size=8, dim_embeddings=6, dropout=0.3),
        ModelConfig(rnn_layers=3, rnn_size=13, dim_embeddings=5),
        ModelConfig(),
    ],
)
def test_next_character_probabilities_are_equal(config: ModelConfig) -> None:
    checkpoint = random_checkpoint(config)
    vocabulary, engine = checkpoint.vocabulary, Engine(checkpoint)
    model = build_model(config, vocabulary.size)
    assign_weights(model, checkpoint.weights)
    rng = np.random.default_rng(3)
    nats, chars, prompts = 0.0, 0, []
    for length in (1, 10, 80):
        prompts.append("".join(rng.choice(ALPHABET, length)))
        ids = vocabulary.encode_message(prompts[-1])
        logits = np.asarray(model(ids[None, :-1]), np.float64)[0]
        expected = np.exp(logits - logits.max(axis=-1, keepdims=True))
        expected /= expected.sum(axis=-1, keepdims=True)
        state = engine.start()
        for position, char_id in enumerate(ids[1:]):
            difference = np.abs(engine.probs(state) - expected[position]).max()
            assert difference < 1e-5
            state = engine.feed(state, [int(char_id)])
            nats -= np.log(expected[position, char_id])
        chars += length + 1
        assert ids[0] == BOUNDARY_ID
    result = evaluate(checkpoint, prompts)
    assert result.bits_per_char == pytest.approx(nats / np.log(2) / chars, abs=1e-5)
