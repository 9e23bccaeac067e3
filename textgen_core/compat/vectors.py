"""Texts as vectors as textgenrnn has them: what the network knows at a text's end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from textgen_core.compat.arguments import whole_of
from textgen_core.evaluation.vectors import PrincipalComponents, Vectors
from textgen_core.generation.engine import Engine
from textgen_core.model.checkpoint import Checkpoint


def attended(checkpoint: Checkpoint, engine: Engine, texts: Sequence[str]) -> Vectors:
    """Return what the output reads at each text's end, float32 (N, F).

    A model of windows reads as much of a text's beginning as textgenrnn does: its
    first characters, as many as a window has.

    Args:
        checkpoint: the model.
        engine: made of it.
        texts: any number.
    """
    window = checkpoint.config.window
    vectors = np.empty((len(texts), checkpoint.config.feature_size), np.float32)
    for row, text in enumerate(texts):
        ids = checkpoint.vocabulary.encode_message(text)[1:-1]
        ids = ids[: window.context_chars] if window else ids
        vectors[row] = engine.output_input(engine.feed(engine.start(), ids))
    return vectors


def reduced(
    vectors: Vectors, pca_dims: int | None, tsne_dims: int | None, tsne_seed: int | None
) -> tuple[Vectors, PrincipalComponents | None, Any]:
    """Return the vectors in fewer dimensions, and what made them so.

    Raises:
        ValueError: there is one vector alone, or t-SNE lacks scikit-learn.
    """
    pca, tsne = None, None
    if pca_dims is not None:
        if len(vectors) < 2:
            raise ValueError("principal components need at least 2 texts; give pca_dims=None")
        pca_dims = whole_of("pca_dims", pca_dims, 1)
        pca = PrincipalComponents(pca_dims)
        vectors = pca.fit_transform(vectors)
    if tsne_dims is not None:
        tsne = _tsne(whole_of("tsne_dims", tsne_dims, 1), tsne_seed, len(vectors))
        vectors = tsne.fit_transform(vectors)
    return vectors, pca, tsne


def _tsne(dims: int, seed: int | None, count: int) -> Any:
    try:
        from sklearn.manifold import TSNE
    except ImportError as error:
        raise ValueError(
            "t-SNE needs scikit-learn, which is not installed: pip install 'textgen-bot[vectors]'"
        ) from error
    if count < 2:
        raise ValueError("t-SNE needs at least 2 texts")
    return TSNE(dims, random_state=seed, perplexity=min(30.0, (count - 1) / 1.5))
