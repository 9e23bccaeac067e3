"""Exponentials of a row of numbers, and their sum: what draws an id, and what scores it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from textgen_core.kernels.matmul import Floats, compiled


def floats(*values: float) -> tuple[np.float32, ...]:
    """Return constants that keep the kernels in single precision."""
    return tuple(np.float32(value) for value in values)


_ONE, _HALF, _EXP_LIMIT = floats(1, 0.5, -87)
_EXP = floats(
    1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 0.5
)
_LOG2_E, _LN2_HIGH, _LN2_LOW = floats(1.44269504088896341, 0.693359375, -2.12194440e-4)


@compiled()
def exponentials(values: Floats, factor: float, scratch: npt.NDArray[np.int32]) -> float:
    """Replace values by exp((value - largest) * factor), to 2e-7; below e^-87 by 0.

    Args:
        values: (Vp,), at least one of them finite.
        factor: the inverse temperature.
        scratch: (Vp,), takes the bits of powers of two.

    Returns:
        The largest value.
    """
    largest = values[0]
    for j in range(len(values)):
        largest = max(largest, values[j])
    scale = np.float32(factor)
    c = _EXP
    for j in range(len(values)):
        x = (values[j] - largest) * scale
        bounded = max(x, _EXP_LIMIT)
        n = np.floor(bounded * _LOG2_E + _HALF)
        r = bounded - n * _LN2_HIGH - n * _LN2_LOW
        p = ((((c[0] * r + c[1]) * r + c[2]) * r + c[3]) * r + c[4]) * r + c[5]
        values[j] = p * r * r + r + _ONE
        scratch[j] = 0 if x < _EXP_LIMIT else (np.int32(n) + 127) << 23
    powers = scratch.view(np.float32)
    for j in range(len(values)):
        values[j] = values[j] * powers[j]
    return np.float64(largest)


@compiled("reassoc", "nsz")
def mass_from(values: Floats, bits: npt.NDArray[np.int32], least: int) -> float:
    """Return the sum of the values whose bits, read as an integer, are >= least.

    Floats that are not negative are in the order of their bits.
    """
    total = np.float32(0)
    bound = np.int32(least)
    for j in range(len(values)):
        total += values[j] if bits[j] >= bound else np.float32(0)
    return np.float64(total)
