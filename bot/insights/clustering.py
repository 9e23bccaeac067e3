"""Which texts are like each other, by a model's vectors of them: numbers in, numbers out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from textgen_core.evaluation.vectors import PrincipalComponents, Vectors, cosines

MAX_COMPONENTS = 100
TEXTS_A_COMPONENT = 5  # fewer would make all texts equally unlike each other
GROUPING_COMPONENTS = 8
GROUPING_ROUNDS = 20
MAX_GROUPS = 6


@dataclass(frozen=True, slots=True)
class Match:
    """A text's place among those given, and the cosine of its angle to what was asked for."""

    place: int
    cosine: float


def most_similar(vectors: Vectors, asked: Vectors, count: int) -> list[Match]:
    """Return the vectors, (N, D), that are likest to one, (D,), the likest first.

    In whitened principal components, so that what all texts share does not count.
    """
    places, components = whitened(vectors)
    found = cosines(components.whitened(asked[None])[0], places)
    order = np.argsort(-found, kind="stable")[:count]
    return [Match(int(place), float(found[place])) for place in order]


def whitened(vectors: Vectors) -> tuple[Vectors, PrincipalComponents]:
    """Return vectors, (N, D), in components that vary alike, and those components."""
    count = min(MAX_COMPONENTS, max(2, len(vectors) // TEXTS_A_COMPONENT))
    components = PrincipalComponents(count)
    components.fit_transform(vectors)
    return components.whitened(vectors), components


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """Texts in the plane and in groups of like ones.

    Attributes:
        points: (N, 2), the nearer, the more alike.
        groups: (N,), the group of each.
        central: of each group its texts' places, the most typical first; the largest
            group first.
    """

    points: Vectors
    groups: npt.NDArray[np.int64]
    central: list[list[int]]


def cluster_map(vectors: Vectors) -> Map:
    """Return a map of at least three texts by their vectors, (N, D).

    By the direction from what all have in common, so that short texts, which differ most
    from it, do not push the others together.
    """
    directions = vectors - vectors.mean(axis=0)
    directions /= np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-12)
    places = PrincipalComponents(GROUPING_COMPONENTS).fit_transform(directions)
    groups, centres = _grouped(places, min(MAX_GROUPS, len(vectors) // 3))
    distances = np.linalg.norm(places - centres[groups], axis=1)
    central = []
    for group in np.argsort(-np.bincount(groups), kind="stable"):
        members = np.flatnonzero(groups == group)
        central.append(members[np.argsort(distances[members], kind="stable")].tolist())
    for number, members in enumerate(central):
        groups[members] = number
    return Map(places[:, :2], groups, central)


def _grouped(places: Vectors, count: int) -> tuple[npt.NDArray[np.int64], Vectors]:
    """Return each place's group and the groups' centres, by k-means (Lloyd 1982).

    It begins with the first place, and then whichever is farthest from those chosen.
    """
    centres = places[:1]
    while len(centres) < count:
        farthest = _distances(places, centres).min(axis=1).argmax()
        centres = np.vstack([centres, places[farthest]])
    for _ in range(GROUPING_ROUNDS):
        groups = _distances(places, centres).argmin(axis=1)
        means = [places[groups == number] for number in range(len(centres))]
        centres = np.array([mean.mean(axis=0) if len(mean) else places[0] for mean in means])
    return groups, centres


def _distances(places: Vectors, centres: Vectors) -> Vectors:
    found: Vectors = np.linalg.norm(places[:, None] - centres[None], axis=2)
    return found
