"""Matrix products: right, and bit by bit the same whatever stands beside a row."""

from __future__ import annotations

import numpy as np
import pytest

from textgen_core.kernels.matmul import add_products

OFFSET = 2


@pytest.mark.parametrize("steps", [1, 7, 8, 29])
@pytest.mark.parametrize("columns", [1, 16, 20, 37, 64])
@pytest.mark.parametrize("rows", [0, 1, 3, 4, 6, 9])
def test_rows_are_right_and_do_not_depend_on_each_other(
    steps: int, columns: int, rows: int
) -> None:
    rng = np.random.default_rng(steps * columns + rows)
    x = rng.normal(size=(rows + 1, steps + 2 * OFFSET)).astype(np.float32)
    w = rng.normal(size=(steps, columns)).astype(np.float32)
    before = rng.normal(size=(rows + 1, columns)).astype(np.float32)
    together, alone = before.copy(), before.copy()
    add_products(x, OFFSET, w, together, rows)
    for row in range(rows):
        add_products(x[row : row + 1], OFFSET, w, alone[row : row + 1], 1)
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(together[rows], before[rows])
    expected = before[:rows] + x[:rows, OFFSET : OFFSET + steps] @ w
    np.testing.assert_allclose(together[:rows], expected, atol=1e-4)
