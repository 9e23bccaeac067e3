"""Exponentials and logarithms: what draws an id, and what scores it.

All of it is sums, products and quotients in an order that is laid down here, each rounded
by itself, so that every machine, and a browser, computes the same to the last bit
(textgen_core/export/web). The C library's functions differ from one to the other.
"""

from __future__ import annotations

from typing import Any

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
_POWERS = np.exp2(-np.arange(127, dtype=np.float32))  # 2^0 … 2^-126
_LN2, _SQRT2 = 0.6931471805599453, 1.4142135623730951
_MANTISSA, _MANTISSA_BITS, _BIAS = 0x7FFFFF, 23, 127


@compiled(fused=False)
def exponential(x: Any) -> Any:
    """Return exp(x) of a number up to 0, to 2e-7; below e^-87 it is 0."""
    if x < _EXP_LIMIT:
        return np.float32(0)
    n = np.floor(x * _LOG2_E + _HALF)
    r = x - n * _LN2_HIGH - n * _LN2_LOW
    c = _EXP
    p = ((((c[0] * r + c[1]) * r + c[2]) * r + c[3]) * r + c[4]) * r + c[5]
    return (p * r * r + r + _ONE) * _POWERS[-int(n)]


@compiled(fused=False)
def logarithm(bits: int) -> float:
    """Return the logarithm of the float32 that has these bits, to 1e-10.

    It is minus infinity below 2^-126, as of 0; no weight of an id is that small.
    """
    exponent = (bits >> _MANTISSA_BITS) - _BIAS
    if exponent <= -_BIAS:
        return -np.inf
    m = 1.0 + float(bits & _MANTISSA) / (_MANTISSA + 1)
    if m > _SQRT2:
        m, exponent = m / 2, exponent + 1
    s = (m - 1.0) / (m + 1.0)
    t = s * s
    series = ((((t / 11 + 1 / 9) * t + 1 / 7) * t + 1 / 5) * t + 1 / 3) * t + 1.0
    return float(exponent) * _LN2 + 2.0 * s * series


@compiled(fused=False)
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
