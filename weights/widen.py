"""Make a wider model that computes what a narrower one does, to be trained on.

Run: python weights/widen.py NARROW.safetensors WIDE.safetensors UNITS [MIX]

New units read the old ones and nothing reads them yet (after Chen et al. 2016,
"Net2Net", arXiv:1511.05641), so the wide model begins with all that the narrow one
knows. With MIX, a text file, the wide model has the vocabulary that a new model of
that file would have; an id that the narrow one lacks begins as a rare "@".
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from textgen_core import Vocabulary, load_checkpoint, read_messages, save_checkpoint
from textgen_core.model.checkpoint import Checkpoint
from textgen_core.model.quantization import FloatArray

RARE = -4.0  # nats that a new id's logit lies below the one it is copied from


def widened(narrow: Checkpoint, units: int, rng: np.random.Generator) -> Checkpoint:
    """Return a model of ``units`` units a layer that gives the narrow one's probabilities."""
    config = replace(narrow.config, rnn_size=units)
    weights = {}
    for name, shape in config.weight_shapes(narrow.vocabulary.size).items():
        old = narrow.weights[name]
        if name.startswith("rnn_"):
            inputs = _inputs(name, narrow.config.rnn_size, units, shape)
            weights[name] = _gates(old, shape, inputs, rng)
        elif name == "attention/gate":
            weights[name] = np.full(shape, 0.1, np.float32)
            weights[name][_features(narrow, units)] = old
        elif name in ("attention/score", "output/kernel"):
            weights[name] = np.zeros(shape, np.float32)
            weights[name][_features(narrow, units)] = old
        else:
            weights[name] = old
    return Checkpoint(config, narrow.vocabulary, weights)


def _inputs(name: str, old_units: int, units: int, shape: tuple[int, ...]) -> slice:
    """Return which rows of a layer's kernel the narrow model has."""
    reads_units = name.endswith("/recurrent_kernel") or shape[0] == units
    return slice(old_units) if reads_units else slice(None)


def _gates(
    old: FloatArray, shape: tuple[int, ...], inputs: slice, rng: np.random.Generator
) -> FloatArray:
    """Return a layer's array with the old one in its place in each of the four gates."""
    units, old_units = shape[-1] // 4, old.shape[-1] // 4
    wide = np.zeros((*shape[:-1], 4, units), np.float32)
    if len(shape) == 1:
        wide[1] = 1.0  # the forget gate of new units
        wide[:, :old_units] = old.reshape(4, old_units)
    else:
        limit = np.sqrt(6 / (shape[0] + units))  # Glorot and Bengio 2010
        wide[...] = rng.uniform(-limit, limit, wide.shape)
        wide[:, :, :old_units] = 0.0
        wide[inputs, :, :old_units] = old.reshape(-1, 4, old_units)
    return wide.reshape(shape)


def _features(narrow: Checkpoint, units: int) -> FloatArray:
    """Return the places, in the wide model's features, of the narrow one's."""
    embedded, old_units = narrow.config.dim_embeddings, narrow.config.rnn_size
    starts = [embedded + layer * units for layer in range(narrow.config.rnn_layers)]
    layers = [np.arange(start, start + old_units) for start in starts]
    return np.concatenate([np.arange(embedded), *layers])


def with_vocabulary(model: Checkpoint, vocabulary: Vocabulary) -> Checkpoint:
    """Return the model with other ids, each beginning as what the old one had for it."""
    at = int(model.vocabulary.encode("@")[0])
    old_id = {piece: i for i, piece in enumerate(model.vocabulary.token_bytes) if piece}
    ids = [old_id.get(piece, at) if piece else i for i, piece in enumerate(vocabulary.token_bytes)]
    new = np.array([bool(piece) and piece not in old_id for piece in vocabulary.token_bytes])
    weights = dict(model.weights)
    weights["embedding"] = weights["embedding"][ids]
    weights["output/kernel"] = weights["output/kernel"][:, ids]
    weights["output/bias"] = weights["output/bias"][ids] + np.where(new, RARE, 0).astype("f4")
    return Checkpoint(model.config, vocabulary, weights)


def main() -> None:
    narrow, wide, units, *mix = sys.argv[1:]
    model = widened(load_checkpoint(narrow), int(units), np.random.default_rng(0))
    if mix:
        model = with_vocabulary(model, Vocabulary.from_texts(read_messages(mix[0])))
    save_checkpoint(model, Path(wide))


if __name__ == "__main__":
    main()
