"""Texts as vectors: what the network knows at a text's end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from textgen_core.checkpoint import Checkpoint
from textgen_core.engine import Engine
from textgen_core.layout import lay_out

Vectors = npt.NDArray[np.float32]


class PrincipalComponents:
    """Principal components of some vectors, by singular value decomposition.

    Attributes are named as scikit-learn's ``PCA`` names them.

    Args:
        n_components: at most this many; no more than there are vectors and dimensions.
    """

    def __init__(self, n_components: int) -> None:
        self.n_components = n_components

    def fit_transform(self, vectors: Vectors) -> Vectors:
        """Learn the components of vectors, (N, D), and return these in them, (N, K)."""
        self.mean_ = vectors.mean(axis=0)
        _, sizes, components = np.linalg.svd(vectors - self.mean_, full_matrices=False)
        largest = np.abs(components).argmax(axis=1)  # gives a component its sign
        components *= np.sign(components[np.arange(len(components)), largest])[:, None]
        variance = sizes**2 / max(1, len(vectors) - 1)
        kept = min(self.n_components, len(components))
        self.components_ = components[:kept]
        self.explained_variance_ = variance[:kept]
        self.explained_variance_ratio_ = variance[:kept] / max(float(variance.sum()), 1e-30)
        return self.transform(vectors)

    def transform(self, vectors: Vectors) -> Vectors:
        """Return vectors, (N, D), in the components, (N, K)."""
        moved: Vectors = (vectors - self.mean_) @ self.components_.T
        return moved


def attended(checkpoint: Checkpoint, engine: Engine, texts: Sequence[str]) -> Vectors:
    """Return what the output reads at each text's end, float32 (N, F).

    A model of windows reads as much of a text's beginning as textgenrnn does: its
    first characters, as many as a window has.

    Args:
        checkpoint: the model.
        engine: made of it.
        texts: any number.
    """
    from textgen_core.networks import last_logits

    network = lay_out(checkpoint)
    size, width = network.output.shape
    # An output that hands its inputs on, some at a time, and adds nothing.
    bias = np.zeros_like(network.output_bias)
    vectors = np.empty((len(texts), size), np.float32)
    window = checkpoint.config.window
    states = []
    for text in texts:
        ids = checkpoint.vocabulary.encode_message(text)[:-1]
        ids = ids[: 1 + window.context_chars] if window else ids
        states.append(engine.feed(engine.start(), ids[1:]))
    for first in range(0, size, width):
        count = min(width, size - first)
        output = np.zeros_like(network.output)
        output[np.arange(first, first + count), np.arange(count)] = 1
        reading = network._replace(output=output, output_bias=bias)
        for row, state in enumerate(states):
            read = np.empty((1, width), np.float32)
            last_logits(reading, state.values, read)
            vectors[row, first : first + count] = read[0, :count]
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
        if pca_dims < 1:
            raise ValueError(f"pca_dims must be at least 1, got {pca_dims}")
        pca = PrincipalComponents(pca_dims)
        vectors = pca.fit_transform(vectors)
    if tsne_dims is not None:
        tsne = _tsne(tsne_dims, tsne_seed, len(vectors))
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


def cosines(vector: Vectors, vectors: Vectors) -> npt.NDArray[np.float64]:
    """Return the cosine of the angle between one vector, (D,), and each other, (N, D)."""
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(vector)
    similar: npt.NDArray[np.float64] = (vectors @ vector) / np.maximum(lengths, 1e-12)
    return similar
