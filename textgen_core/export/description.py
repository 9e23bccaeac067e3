"""What must be known of a model to use it, beside its weights: JSON values."""

from __future__ import annotations

from typing import Any

from textgen_core.model.checkpoint import Checkpoint


def description(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return a model's configuration and vocabulary.

    Returns:
        ``config``, the network's shape; ``vocabulary``, as checkpoints keep it;
        and for programs that have nothing of this one, ``boundary_id``, the id of
        ``<s>``, and ``tokens``, for each id the UTF-8 bytes it stands for, in
        hexadecimal digits, for padding and boundary none.
    """
    vocabulary = checkpoint.vocabulary
    return {
        "config": checkpoint.config.to_dict(),
        "vocabulary": vocabulary.to_json(),
        "boundary_id": vocabulary.boundary_id,
        "tokens": [token.hex() for token in vocabulary.token_bytes],
    }
