"""Models with random weights, for tests of what does not depend on training."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.config import ModelConfig
from textgen_core.text.unigram import Scores
from textgen_core.text.vocabulary import FIRST_BYTE_ID, FIRST_FREQUENT_ID, UTF8_BYTES, Vocabulary

BYTE_IDS = range(FIRST_BYTE_ID, FIRST_FREQUENT_ID)
NEVER = -100.0


def byte_id(byte: int) -> int:
    """Return the id of a byte of UTF-8 outside ASCII."""
    return FIRST_BYTE_ID + UTF8_BYTES.index(byte)


def random_checkpoint(
    *,
    seed: int = 0,
    layers: int = 2,
    units: int = 8,
    embedded: int = 5,
    frequent: str = "éñ",
    scores: Scores = (),
    scale: float = 0.5,
    bias: Mapping[int, float] | None = None,
) -> Checkpoint:
    """Return a model whose weights are normal with deviation ``scale``.

    Args:
        seed: of the weights.
        layers: LSTM layers.
        units: of each layer.
        embedded: size of a character's vector.
        frequent: characters beyond ASCII with ids of their own.
        scores: pieces of words, as of ``Vocabulary``.
        scale: 0 makes every id equally likely.
        bias: added to the logits of some ids.
    """
    rng = np.random.default_rng(seed)
    config = ModelConfig(rnn_layers=layers, rnn_size=units, dim_embeddings=embedded)
    vocabulary = Vocabulary(tuple(frequent), scores)
    weights = {
        name: (scale * rng.normal(size=shape)).astype(np.float32)
        for name, shape in config.weight_shapes(vocabulary.size).items()
    }
    for char_id, value in (bias or {}).items():
        weights["output/bias"][char_id] += value
    return Checkpoint(config, vocabulary, weights)
