"""The model of a page: a checkpoint in 8 bits, with what its engine would have to work out."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save

from textgen_core.errors import ExportError
from textgen_core.model.checkpoint import NGRAMS, OWN_NGRAMS, Checkpoint
from textgen_core.model.file_header import FORMAT
from textgen_core.model.ngram_table import share_table
from textgen_core.model.quantization import SCALE, Precision, StoredWeights, Tensors, to_stored
from textgen_core.text.utf8_automaton import spelling_rules
from textgen_core.text.vocabulary import Vocabulary

PAGE = "page"  # the entry of the metadata that the page alone reads
_NEVER = 255  # in a table of spelling, where an id may not come
_GATES_OF_TILE = 4  # units whose gates fill 16 columns


def model_file(checkpoint: Checkpoint, title: str, *, ngrams: bool) -> bytes:
    """Return a checkpoint that this program reads as well, and writes the same texts with.

    Its weights are in 8 bits; it has neither filter nor taste, and no manifest, which says
    where a model comes from.

    Args:
        checkpoint: a causal model.
        title: what the page is called.
        ngrams: as of ``web_files``.

    Raises:
        ExportError: the page cannot run this model.
    """
    vocabulary, config = checkpoint.vocabulary, checkpoint.config
    if config.window or not isinstance(vocabulary, Vocabulary):
        raise ExportError(
            "a page runs causal models alone, and this one is textgenrnn's:"
            " train it on with --convert first"
        )
    if config.rnn_size % _GATES_OF_TILE:
        raise ExportError(
            f"a page runs layers whose size is a multiple of {_GATES_OF_TILE},"
            f" got {config.rnn_size}"
        )
    tensors = _weights(checkpoint)
    metadata = {
        "format": FORMAT,
        "config": json.dumps(config.to_dict()),
        "vocabulary": json.dumps(vocabulary.to_json()),
        "manifest": "{}",
    }
    shares: dict[str, list[float]] = {}
    for name in NGRAMS:
        table = getattr(checkpoint, name)
        if table and (ngrams or name != OWN_NGRAMS):
            tensors |= {f"{name}/words": table.words, f"{name}/buckets": table.buckets}
            metadata[name] = json.dumps(table.to_metadata())
            shares[name] = share_table(table.id_bits).tolist()
    metadata[PAGE] = json.dumps(_page_entry(checkpoint, vocabulary, title, shares))
    return save(tensors, metadata)


def _weights(checkpoint: Checkpoint) -> Tensors:
    """Return the weights in 8 bits: as they are stored, where they are so already.

    Rounding what was rounded would change the last bit of some scales.
    """
    weights = checkpoint.weights
    matrices = [n for n, shape in _shapes(checkpoint).items() if len(shape) == 2]
    if not isinstance(weights, StoredWeights) or not all(map(weights.whole, matrices)):
        return to_stored(weights, Precision.INT8)
    tensors: dict[str, npt.NDArray[Any]] = {
        name: np.ascontiguousarray(array) for name, array in weights.stored.items()
    }
    for name in matrices:
        stored = weights.whole(name)
        assert stored is not None
        tensors[name + SCALE] = np.ascontiguousarray(stored[1])
    return tensors


def _shapes(checkpoint: Checkpoint) -> dict[str, tuple[int, ...]]:
    return checkpoint.config.weight_shapes(checkpoint.vocabulary.size)


def _page_entry(
    checkpoint: Checkpoint, vocabulary: Vocabulary, title: str, shares: dict[str, list[float]]
) -> dict[str, Any]:
    rules = spelling_rules(vocabulary, vocabulary.size, ends=checkpoint.ends_texts)
    table = np.where(rules.mask == 0, rules.next_state, _NEVER).astype(np.uint8)
    return {
        "title": title,
        "tokens": [token.hex() for token in vocabulary.token_bytes],
        "rules": base64.b64encode(table.tobytes()).decode(),
        "shares": shares,
    }
