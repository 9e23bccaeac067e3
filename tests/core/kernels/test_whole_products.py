"""Products in 8 bits: right to what rounding allows, the same whatever stands beside a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from textgen_core.kernels.int8_matmul import (
    add_whole_products,
    matrix_at,
    multiply,
    whole_matrices,
    whole_matrix,
)
from textgen_core.kernels.matmul import compiled

OFFSET = 2
SOME_SHAPES = [(1, 16, 1), (7, 32, 3), (8, 48, 4), (29, 64, 9), (2000, 16, 5), (216, 864, 1)]


def made(rng: np.random.Generator, *shape: int) -> tuple[Any, Any]:
    """Return whole numbers, the largest among them, and the scales of their columns."""
    numbers = rng.integers(-128, 128, shape).astype(np.int8)
    scale = rng.uniform(0.001, 0.01, (*shape[:-2], shape[-1])).astype(np.float32)
    return numbers, scale


@pytest.mark.parametrize(("steps", "columns", "rows"), SOME_SHAPES)
def test_rows_are_right_and_do_not_depend_on_each_other(
    steps: int, columns: int, rows: int
) -> None:
    rng = np.random.default_rng(steps)
    numbers, scale = made(rng, steps, columns)
    w = whole_matrix(numbers, scale)
    x = rng.normal(size=(rows + 1, steps + 2 * OFFSET)).astype(np.float32)
    before = rng.normal(size=(rows + 1, columns)).astype(np.float32)
    together, alone = before.copy(), before.copy()
    add_whole_products(x, OFFSET, w, together, rows)
    for row in range(rows):
        add_whole_products(x[row : row + 1], OFFSET, w, alone[row : row + 1], 1)
    np.testing.assert_array_equal(together[:rows], alone[:rows])
    np.testing.assert_array_equal(together[rows], before[rows])
    read = x[:rows, OFFSET : OFFSET + steps].astype(np.float64)
    weights = numbers * scale.astype(np.float64)
    rounding = np.abs(read).max(axis=1, keepdims=True) / min(32767, (2**31 - 1) // (128 * steps))
    bound = rounding / 2 * np.abs(weights).sum(axis=0) + 1e-5
    assert (np.abs(together[:rows] - before[:rows] - read @ weights) <= bound).all()


@pytest.mark.parametrize("value", [1.0, -1.0, 1e-20, 1e20, 0.0, 1e-38])
def test_the_largest_sums_fit(value: float) -> None:
    steps = 999
    w = whole_matrix(np.full((steps, 16), -128, np.int8), np.full(16, 0.5, np.float32))
    z = np.zeros((1, 16), np.float32)
    add_whole_products(np.full((1, steps), value, np.float32), 0, w, z, 1)
    np.testing.assert_allclose(z, -64 * value * steps, rtol=1e-6, atol=1e-30)


@compiled()
def through(stack: Any, place: int, x: Any, z: Any) -> None:
    multiply(x, 0, matrix_at(stack, place), z, len(x))


def test_one_of_several_matrices_of_either_kind_is_multiplied() -> None:
    rng = np.random.default_rng(0)
    numbers, scale = made(rng, 3, 8, 32)
    x = rng.normal(size=(2, 8)).astype(np.float32)
    stored = list(zip(numbers, scale, strict=True))
    floats = (numbers * scale[:, None]).astype(np.float32)
    for place in range(3):
        whole_z, float_z = np.zeros((2, 32), np.float32), np.zeros((2, 32), np.float32)
        through(whole_matrices(stored, numbers.shape[1:]), place, x, whole_z)
        through(floats, place, x, float_z)
        np.testing.assert_allclose(whole_z, float_z, atol=2e-4)
        np.testing.assert_allclose(float_z, x @ floats[place], atol=1e-5)


def test_columns_that_do_not_fill_a_tile_get_company_of_zeros() -> None:
    numbers, scale = made(np.random.default_rng(0), 5, 20)
    w = whole_matrix(numbers, scale)
    assert w.values.shape == (2, 3, 16, 2)
    assert (w.steps, len(w.scale)) == (5, 32)
    z = np.zeros((1, 32), np.float32)
    add_whole_products(np.ones((1, 5), np.float32), 0, w, z, 1)
    np.testing.assert_allclose(z[0, :20], numbers.sum(axis=0, dtype=np.int64) * scale, rtol=1e-4)
    assert not z[0, 20:].any()
