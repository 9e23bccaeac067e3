"""A causal model out of a textgenrnn model, to be trained on.

It has the same embedding, layers and attention, and reads a text once instead of
in windows. It does not begin as good as the model it comes from: that one has
learnt to predict at the fortieth step of a window, after padding where the text
is shorter, and at no other. A minute of training makes up for it.
"""

from __future__ import annotations

import numpy as np

from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.config import ModelConfig
from textgen_core.model.quantization import FloatArray
from textgen_core.text.legacy_vocabulary import LegacyVocabulary
from textgen_core.text.vocabulary import BOUNDARY_ID, PADDING_ID, Vocabulary

# Share of the average in an attended feature, to that of the newest step, at first.
# Of 0, 1, 2, 4, 8 and more, 1 begins with the fewest bits a character.
FIRST_GATE = 1.0
# The sigmoid whose slope at 0 is that of clip(0.2 x + 0.5, 0, 1) has 0.8 x.
HARD_SIGMOID_SLOPE = 0.8


def to_causal(checkpoint: Checkpoint) -> Checkpoint:
    """Return a causal model with what a model of windows has learnt.

    Its vocabulary is one of ours: every character of the old one has an id, and
    what else there is can be spelled. Ids that the old model lacks begin with the
    mean of the known ones' embeddings and as unlikely as its unlikeliest.

    Raises:
        ValueError: the model reads in both directions or writes words, or has no
            window to be rid of.
    """
    window, table = checkpoint.config.window, checkpoint.vocabulary
    if window is None:
        raise ValueError("the model is a causal one already: there is nothing to convert")
    if window.bidirectional:
        raise ValueError("a model that reads in both directions cannot be made causal")
    if not isinstance(table, LegacyVocabulary) or table.words:
        raise ValueError("a model of words cannot be made one of characters")
    config = ModelConfig(
        rnn_layers=checkpoint.config.rnn_layers,
        rnn_size=checkpoint.config.rnn_size,
        dim_embeddings=checkpoint.config.dim_embeddings,
        dropout=checkpoint.config.dropout,
    )
    vocabulary = Vocabulary(tuple(t for t in table.tokens if len(t) == 1 and ord(t) >= 128))
    weights = {name: array for name, array in checkpoint.weights.items() if name.startswith("rnn_")}
    if window.hard_sigmoid:
        weights = {name: _softened(array) for name, array in weights.items()}
    weights |= _attention(checkpoint)
    weights |= _by_character(checkpoint, weights.pop("output/kernel"), table, vocabulary)
    return Checkpoint(config, vocabulary, weights, dict(checkpoint.manifest))


def _softened(array: FloatArray) -> FloatArray:
    """Scale what goes into the sigmoids; gates come as i, f, g, o."""
    scales = np.array([HARD_SIGMOID_SLOPE, HARD_SIGMOID_SLOPE, 1, HARD_SIGMOID_SLOPE], np.float32)
    return array * np.repeat(scales, array.shape[-1] // 4)


def _attention(checkpoint: Checkpoint) -> dict[str, FloatArray]:
    """Return score, gate and the output's kernel, with columns as the old ones."""
    kernel, features = checkpoint.weights["output/kernel"], checkpoint.config.feature_size
    if "attention/score" in checkpoint.weights:
        return {
            "attention/score": checkpoint.weights["attention/score"],
            "attention/gate": np.full(features, FIRST_GATE, np.float32),
            "output/kernel": kernel / np.float32(1 + FIRST_GATE),
        }
    whole = np.zeros((features, kernel.shape[1]), np.float32)
    whole[-len(kernel) :] = kernel
    nothing = np.zeros(features, np.float32)
    return {"attention/score": nothing, "attention/gate": nothing, "output/kernel": whole}


def _by_character(
    checkpoint: Checkpoint, kernel: FloatArray, table: LegacyVocabulary, vocabulary: Vocabulary
) -> dict[str, FloatArray]:
    """Return embedding and output with a row, or column, for each id of the new vocabulary."""
    old_ids = np.full(vocabulary.size, -1)
    old_ids[PADDING_ID], old_ids[BOUNDARY_ID] = PADDING_ID, table.boundary_id
    for old_id, token in enumerate(table.tokens, 1):
        if old_id != table.boundary_id:
            (new_id,) = vocabulary.encode(token)
            old_ids[new_id] = old_id
    known = old_ids >= 0
    embedding, bias = checkpoint.weights["embedding"], checkpoint.weights["output/bias"]
    return {
        "embedding": np.where(known[:, None], embedding[old_ids], embedding[1:].mean(axis=0)),
        "output/kernel": np.where(known, kernel[:, old_ids], kernel[:, 1:].mean(axis=1)[:, None]),
        "output/bias": np.where(known, bias[old_ids], bias.min()),
    }
