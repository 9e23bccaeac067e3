"""Matrix products in single precision, compiled, without the GIL and without BLAS.

NumPy's BLAS would bring its own threads, and sums a row in another order when
there are more rows. Here a row of a product is the same to the last bit
whatever stands beside it: sums run in the order of k, by fused multiply-adds.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.extending import intrinsic

Floats = npt.NDArray[np.float32]
Function = TypeVar("Function", bound=Callable[..., Any])

TILE_ROWS = 4
TILE_COLUMNS = 16
_LANES = 8
_FLOAT_BYTES = 4


_SOURCES = sorted(
    path
    for folder in ("kernels", "model", "text")
    for path in (Path(__file__).parents[1] / folder).glob("*.py")
)
_VERSION = zlib.crc32(b"".join(path.read_bytes() for path in _SOURCES))


def compiled(*fastmath: str, fused: bool = True) -> Callable[[Function], Function]:
    """Compile on first use; keep the result on disk where a folder can hold it.

    Args:
        fastmath: what LLVM may do besides with numbers.
        fused: whether it may round a product and a sum once together, where the processor
            can. What writes a text rounds each, so that a seed gives the same text on every
            machine, and in a browser.

    Numba's cache notices a change of the file that holds the outermost function,
    but not of those it calls, nor of constants that are imported; so the content of every
    file that kernels are made of, and may import, is part of a function's name.
    """
    allowed = {*fastmath, *(("contract",) if fused else ())}
    options = {"nogil": True, "error_model": "numpy", "fastmath": allowed or False}

    def decorate(function: Function) -> Function:
        function.__qualname__ = f"{function.__qualname__}_{_VERSION:08x}"
        try:
            return cast(Function, numba.njit(cache=True, **options)(function))
        except RuntimeError:  # neither the package's folder nor the user's is writable
            return cast(Function, numba.njit(**options)(function))

    return decorate


def rounded_up(count: int, tile: int) -> int:
    """Return the smallest multiple of ``tile`` that is at least ``count``."""
    return -(-count // tile) * tile


def packed(w: Floats) -> Floats:
    """Return a matrix, (K, J), as (tiles, K, 16): what a tile reads lies side by side."""
    steps, columns = w.shape
    padded = np.zeros((steps, rounded_up(columns, TILE_COLUMNS)), np.float32)
    padded[:, :columns] = w
    return np.ascontiguousarray(padded.reshape(steps, -1, TILE_COLUMNS).swapaxes(0, 1))


@compiled()
def add_packed_products(x: Floats, w: Floats, z: Floats) -> None:
    """Add ``x @ w`` to z.

    Args:
        x: (B, K), contiguous, B a multiple of 4.
        w: (tiles, K, 16), as ``packed`` makes it.
        z: (B, 16 tiles), contiguous.
    """
    tiles, steps = w.shape[0], w.shape[1]
    rows, columns = z.shape
    x_at, w_at, z_at = x.ctypes.data, w.ctypes.data, z.ctypes.data
    for tile in range(tiles):
        for row in range(0, rows, TILE_ROWS):
            _add_tile(
                x_at + _FLOAT_BYTES * row * steps,
                steps,
                w_at + _FLOAT_BYTES * tile * steps * TILE_COLUMNS,
                TILE_COLUMNS,
                z_at + _FLOAT_BYTES * (row * columns + tile * TILE_COLUMNS),
                columns,
                steps,
            )


@compiled()
def add_products(x: Floats, first: int, w: Floats, z: Floats, rows: int) -> None:
    """Add ``x[:rows, first:first + K] @ w`` to ``z[:rows]``.

    Args:
        x: (B, at least first + K), contiguous.
        first: column of x that meets the first row of w.
        w: (K, J), contiguous.
        z: (B, J), contiguous.
        rows: 0 to B.
    """
    steps, columns = w.shape
    tiled_rows = rows - rows % TILE_ROWS
    tiled_columns = columns - columns % TILE_COLUMNS
    if tiled_rows:
        x_at, w_at, z_at = x.ctypes.data + _FLOAT_BYTES * first, w.ctypes.data, z.ctypes.data
        for column in range(0, tiled_columns, TILE_COLUMNS):
            for row in range(0, tiled_rows, TILE_ROWS):
                _add_tile(
                    x_at + _FLOAT_BYTES * row * x.shape[1],
                    x.shape[1],
                    w_at + _FLOAT_BYTES * column,
                    columns,
                    z_at + _FLOAT_BYTES * (row * columns + column),
                    columns,
                    steps,
                )
    for row in range(rows):
        _add_row(x[row, first:], w, z[row], tiled_columns if row < tiled_rows else 0)


@compiled()
def _add_row(x: Floats, w: Floats, z: Floats, first: int) -> None:
    """Add ``x @ w`` to z from a column on, eight steps of k in one sweep of z."""
    sums = z[first:]
    if not len(sums):
        return
    steps = w.shape[0]
    swept = steps - steps % 8
    for k in range(0, swept, 8):
        x0, x1, x2, x3 = x[k], x[k + 1], x[k + 2], x[k + 3]
        x4, x5, x6, x7 = x[k + 4], x[k + 5], x[k + 6], x[k + 7]
        w0, w1, w2, w3 = w[k, first:], w[k + 1, first:], w[k + 2, first:], w[k + 3, first:]
        w4, w5, w6, w7 = w[k + 4, first:], w[k + 5, first:], w[k + 6, first:], w[k + 7, first:]
        for j in range(len(sums)):
            half = sums[j] + x0 * w0[j] + x1 * w1[j] + x2 * w2[j] + x3 * w3[j]
            sums[j] = half + x4 * w4[j] + x5 * w5[j] + x6 * w6[j] + x7 * w7[j]
    for k in range(swept, steps):
        xk, wk = x[k], w[k, first:]
        for j in range(len(sums)):
            sums[j] = sums[j] + xk * wk[j]


@intrinsic  # type: ignore[untyped-decorator, unused-ignore]
def _add_tile(
    _context: Any, x: Any, x_stride: Any, w: Any, w_stride: Any, z: Any, z_stride: Any, steps: Any
) -> Any:
    """Add the product of one tile, whose 4 x 16 sums stay in registers over all k.

    Numba's own loops write the sums back at every step, which makes them 1.5
    times as slow. The arguments are 64-bit integers: address and row stride of
    x, of w and of z (strides in floats), and the number of steps of k, >= 1.
    """

    def generate(context: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
        _TileWriter(builder, *args).write()
        return context.get_dummy_value()

    return numba.void(x, x_stride, w, w_stride, z, z_stride, steps), generate


class _TileWriter:
    """Writes the instructions of one tile in LLVM's assembly."""

    integer = ir.IntType(64)
    number = ir.FloatType()
    vector = ir.VectorType(number, _LANES)

    def __init__(self, builder: ir.IRBuilder, *args: ir.Value) -> None:
        self.builder = builder
        self.x, self.x_stride, self.w, self.w_stride, self.z, self.z_stride, self.steps = args

    def write(self) -> None:
        builder = self.builder
        places = [
            self._address(self.z, self._times(self.z_stride, row), self.integer(lane))
            for row in range(TILE_ROWS)
            for lane in range(0, TILE_COLUMNS, _LANES)
        ]
        starts = [self._load(place, self.vector) for place in places]
        before = builder.block
        body = builder.append_basic_block("tile.step")
        after = builder.append_basic_block("tile.end")
        builder.branch(body)
        builder.position_at_end(body)
        k = builder.phi(self.integer)
        sums = [builder.phi(self.vector) for _ in places]
        added = self._add_step(k, sums)
        following = builder.add(k, self.integer(1))
        k.add_incoming(self.integer(0), before)
        k.add_incoming(following, body)
        for total, start, new in zip(sums, starts, added, strict=True):
            total.add_incoming(start, before)
            total.add_incoming(new, body)
        builder.cbranch(builder.icmp_signed("<", following, self.steps), body, after)
        builder.position_at_end(after)
        for place, new in zip(places, added, strict=True):
            pointer = builder.inttoptr(place, self.vector.as_pointer())
            builder.store(new, pointer, align=_FLOAT_BYTES)

    def _add_step(self, k: ir.Value, sums: list[ir.Value]) -> list[ir.Value]:
        """Return the sums with x[:, k] * w[k] added."""
        row_of_w = self._address(self.w, self._times(self.w_stride, k))
        weights = [
            self._load(self._address(row_of_w, self.integer(lane)), self.vector)
            for lane in range(0, TILE_COLUMNS, _LANES)
        ]
        added: list[ir.Value] = []
        for row in range(TILE_ROWS):
            place = self._address(self.x, self._times(self.x_stride, row), k)
            factor = self._spread(self._load(place, self.number))
            for weight in weights:
                added.append(self._fused(factor, weight, sums[len(added)]))
        return added

    def _fused(self, *operands: ir.Value) -> ir.Value:
        """Return a * b + c, rounded once where the processor can."""
        name = f"llvm.fmuladd.v{_LANES}f32"
        function = self.builder.module.globals.get(name)
        if function is None:
            kind = ir.FunctionType(self.vector, [self.vector] * 3)
            function = ir.Function(self.builder.module, kind, name)
        return self.builder.call(function, operands)

    def _spread(self, value: ir.Value) -> ir.Value:
        nothing = ir.Constant(self.vector, ir.Undefined)
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), _LANES), [0] * _LANES)
        single = self.builder.insert_element(nothing, value, ir.IntType(32)(0))
        return self.builder.shuffle_vector(single, nothing, zeros)

    def _times(self, stride: ir.Value, count: ir.Value | int) -> ir.Value:
        count = self.integer(count) if isinstance(count, int) else count
        return self.builder.mul(stride, count)

    def _address(self, base: ir.Value, *offsets: ir.Value) -> ir.Value:
        for offset in offsets:
            base = self.builder.add(base, self._times(offset, _FLOAT_BYTES))
        return base

    def _load(self, address: ir.Value, kind: ir.Type) -> ir.Value:
        pointer = self.builder.inttoptr(address, kind.as_pointer())
        return self.builder.load(pointer, align=_FLOAT_BYTES)
