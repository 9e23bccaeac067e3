"""What is like what, in numbers; and which texts may stand for others."""

from __future__ import annotations

import numpy as np
import pytest

from bot.insights.clustering import MAX_GROUPS, cluster_map, most_similar
from bot.insights.excerpts import COMMON, MAX_CHARS, excerpts


def lumps(sizes: tuple[int, ...], *, seed: int = 0) -> np.ndarray:
    """Return vectors that lie in lumps far apart."""
    rng = np.random.default_rng(seed)
    centres = 10 * rng.normal(size=(len(sizes), 30))
    rows = [
        centre + rng.normal(size=(size, 30)) for centre, size in zip(centres, sizes, strict=True)
    ]
    return np.concatenate(rows).astype(np.float32)


def test_the_likest_is_the_text_itself_and_a_lump_is_like_its_middle() -> None:
    vectors = lumps((30, 30, 30))
    found = most_similar(vectors, vectors[35], 10)
    assert found[0].place == 35
    assert found[0].cosine == pytest.approx(1, abs=1e-4)
    assert [like.cosine for like in found] == sorted((like.cosine for like in found), reverse=True)
    typical = vectors[30:60].mean(axis=0)
    assert all(30 <= like.place < 60 for like in most_similar(vectors, typical, 10))


def test_lumps_become_groups_the_largest_first() -> None:
    sizes = (40, 10, 20, 25, 15, 30)
    found = cluster_map(lumps(sizes))
    assert found.points.shape == (140, 2)
    assert [len(members) for members in found.central] == sorted(sizes, reverse=True)
    assert found.groups.max() + 1 == MAX_GROUPS
    for number, members in enumerate(found.central):
        assert set(members) == set(np.flatnonzero(found.groups == number).tolist())
    first = found.central[0]
    assert set(first) == set(range(40))


@pytest.mark.parametrize("count", [3, 7])
def test_few_or_equal_texts_have_a_map(count: int) -> None:
    found = cluster_map(np.ones((count, 5), np.float32))
    assert np.isfinite(found.points).all()
    assert sum(map(len, found.central)) == count


def test_excerpts_are_common_speech() -> None:
    common = ["that is nice", "it is nice that", "is that nice", "nice"] * COMMON
    texts = [
        "my secret is nice",
        "bob is nice",
        "nice 17",
        "nice @that",
        "nice" * MAX_CHARS,
        "\ue000 is nice",
        "!!!",
        *common,
    ]
    assert excerpts(texts, range(len(texts)), 2) == ["that is nice", "it is nice that"]
    assert excerpts(texts, [0, 1, 2, 3, 4, 5, 6], 2) == []
    named = excerpts(texts, range(len(texts)), 9, names={"Mr. That", "Nice_One"})
    assert named == []
    long = "that is nice, is it? That is no secret"
    assert excerpts([long, *common], [0], 1) == ["that is nice, is it? That…"]
    assert excerpts(["that is my secret, and it is nice", *common], [0], 1) == []
