"""What can be seen in texts' vectors (``Engine.vectors``): components and likeness."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

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

    def whitened(self, vectors: Vectors) -> Vectors:
        """Return vectors, (N, D), in the components, each of which varies as much as the others."""
        scales = np.sqrt(self.explained_variance_ + 1e-12).astype(np.float32)
        scaled: Vectors = self.transform(vectors) / scales
        return scaled


def cosines(vector: Vectors, vectors: Vectors) -> npt.NDArray[np.float64]:
    """Return the cosine of the angle between one vector, (D,), and each other, (N, D)."""
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(vector)
    similar: npt.NDArray[np.float64] = (vectors @ vector) / np.maximum(lengths, 1e-12)
    return similar
