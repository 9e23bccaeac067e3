"""Sums, exponentials and logarithms that every machine computes the same."""

from __future__ import annotations

import math

import numpy as np
import pytest

from textgen_core.kernels.exponential import exponential, logarithm
from textgen_core.kernels.sums import LANES, dot, mass_from


def in_lanes(terms: np.ndarray) -> np.float32:
    """Add up numbers in the order that the module lays down."""
    whole = len(terms) - len(terms) % LANES
    lanes = np.zeros(LANES, np.float32)
    for first in range(0, whole, LANES):
        lanes += terms[first : first + LANES]
    while len(lanes) > 1:
        lanes = lanes[: len(lanes) // 2] + lanes[len(lanes) // 2 :]
    total = lanes[0]
    for term in terms[whole:]:
        total += term
    return np.float32(total)


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 32, 532])
def test_a_dot_product_is_added_up_in_the_order_laid_down(size: int) -> None:
    rng = np.random.default_rng(size)
    a, b = rng.normal(size=(2, size)).astype(np.float32)
    assert dot(a, b) == in_lanes(a * b)


@pytest.mark.parametrize("size", [5, 16, 448, 1003])
def test_a_mass_is_added_up_in_the_same_order(size: int) -> None:
    values = np.random.default_rng(size).random(size, np.float32)
    bits = values.view(np.int32)
    bound = int(np.float32(0.25).view(np.int32))
    assert mass_from(values, bits, 0) == in_lanes(values)
    assert mass_from(values, bits, bound) == in_lanes(np.where(values >= 0.25, values, 0))


def test_an_exponential_is_near_enough() -> None:
    for x in np.linspace(-87, 0, 999, dtype=np.float32):
        assert exponential(x) == pytest.approx(math.exp(x), rel=3e-7)
    assert exponential(np.float32(0)) == 1
    assert exponential(np.float32(-88)) == 0
    assert exponential(np.float32(-np.inf)) == 0


def test_a_logarithm_is_near_enough() -> None:
    for x in np.geomspace(2e-38, 1e38, 999, dtype=np.float32):
        assert logarithm(int(x.view(np.int32))) == pytest.approx(math.log(x), rel=1e-9, abs=1e-10)
    assert logarithm(int(np.float32(1).view(np.int32))) == 0
    assert logarithm(0) == -math.inf
