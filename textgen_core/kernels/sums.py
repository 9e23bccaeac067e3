"""Sums of rows in an order that is laid down, so that every machine computes the same.

Sixteen sums run side by side, as the lanes of vectors do, number j in sum j mod 16; then
the upper half of them is added to the lower, and again, until one is left; and what did
not fill sixteen is added to it in its order. Left to itself, LLVM takes as many sums as the
processor at hand has lanes, and each gives another last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.extending import intrinsic

from textgen_core.kernels.matmul import Floats, compiled

LANES = 16
_FLOAT_BYTES = 4
_INTEGER, _NUMBER = ir.IntType(64), ir.FloatType()
_FLOATS, _BITS = ir.VectorType(_NUMBER, LANES), ir.VectorType(ir.IntType(32), LANES)

# Of a builder and the addresses of sixteen numbers each: what is added to the sums.
_Term = Callable[[ir.IRBuilder, ir.Value, ir.Value], ir.Value]


@compiled(fused=False)
def mass_from(values: Floats, bits: npt.NDArray[np.int32], least: int) -> float:
    """Return the sum of the values whose bits, read as an integer, are >= least.

    Floats that are not negative are in the order of their bits.
    """
    zero, bound = np.float32(0), np.int32(least)
    whole = len(values) - len(values) % LANES
    total = _masked_sum(values.ctypes.data, bits.ctypes.data, whole, bound) if whole else zero
    for j in range(whole, len(values)):
        total += values[j] if bits[j] >= bound else zero
    return np.float64(total)


@compiled(fused=False)
def dot(a: Floats, b: Floats) -> np.float32:
    """Return the product of two rows, contiguous and of one length."""
    whole = len(a) - len(a) % LANES
    total = _product_sum(a.ctypes.data, b.ctypes.data, whole) if whole else np.float32(0)
    for j in range(whole, len(a)):
        total += a[j] * b[j]
    return total


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def _masked_sum(_context: Any, values: Any, bits: Any, count: Any, bound: Any) -> Any:
    """Sum the values whose bits are at least a bound; addresses, a multiple of 16, int32."""

    def generate(_c: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        nothing = ir.Constant(_BITS, ir.Undefined)
        one = builder.insert_element(nothing, args[3], ir.IntType(32)(0))
        bounds = builder.shuffle_vector(one, nothing, ir.Constant(_BITS, [0] * LANES))

        def kept(builder: ir.IRBuilder, value_at: ir.Value, bits_at: ir.Value) -> ir.Value:
            is_kept = builder.icmp_signed(">=", _load(builder, bits_at, _BITS), bounds)
            zeros = ir.Constant(_FLOATS, [0.0] * LANES)
            return builder.select(is_kept, _load(builder, value_at, _FLOATS), zeros)

        return _sum(builder, args[0], args[1], args[2], kept)

    return numba.float32(values, bits, count, bound), generate


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def _product_sum(_context: Any, a: Any, b: Any, count: Any) -> Any:
    """Sum the products of two rows at these addresses; their number is a multiple of 16."""

    def generate(_c: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        def product(builder: ir.IRBuilder, a_at: ir.Value, b_at: ir.Value) -> ir.Value:
            return builder.fmul(_load(builder, a_at, _FLOATS), _load(builder, b_at, _FLOATS))

        return _sum(builder, args[0], args[1], args[2], product)

    return numba.float32(a, b, count), generate


def _sum(
    builder: ir.IRBuilder, first: ir.Value, second: ir.Value, count: ir.Value, term: _Term
) -> ir.Value:
    """Write the loop over two rows and what adds up its lanes; return the sum."""
    before = builder.block
    body = builder.append_basic_block("sum.step")
    after = builder.append_basic_block("sum.end")
    builder.branch(body)
    builder.position_at_end(body)
    place, sums = builder.phi(_INTEGER), builder.phi(_FLOATS)
    offset = builder.mul(place, _INTEGER(_FLOAT_BYTES))
    added = builder.fadd(sums, term(builder, *(builder.add(at, offset) for at in (first, second))))
    following = builder.add(place, _INTEGER(LANES))
    place.add_incoming(_INTEGER(0), before)
    place.add_incoming(following, body)
    sums.add_incoming(ir.Constant(_FLOATS, [0.0] * LANES), before)
    sums.add_incoming(added, body)
    builder.cbranch(builder.icmp_signed("<", following, count), body, after)
    builder.position_at_end(after)
    lanes = LANES
    while lanes > 1:
        lanes //= 2
        lower, upper = (
            builder.shuffle_vector(added, added, ir.Constant(_lanes(lanes), list(places)))
            for places in (range(lanes), range(lanes, 2 * lanes))
        )
        added = builder.fadd(lower, upper)
    return builder.extract_element(added, ir.IntType(32)(0))


def _lanes(count: int) -> ir.VectorType:
    return ir.VectorType(ir.IntType(32), count)


def _load(builder: ir.IRBuilder, address: ir.Value, kind: ir.VectorType) -> ir.Value:
    return builder.load(builder.inttoptr(address, kind.as_pointer()), align=_FLOAT_BYTES)
