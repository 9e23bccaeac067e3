"""Products of matrices in 8 bits, three times as fast as of the same ones in 32.

One text at a time reads every weight for every character, so what counts is how many
bytes there are. A row of x is rounded to whole numbers of 16 bits, its largest value
the largest number; a product of two whole numbers is added up in 32 bits, exactly, and
a sum becomes a float once, at its end. Whatever the rows beside it and the order of k,
a row of a product is the same to the last bit.

Rounding moves a sum by at most 1/65,534 of what it would be if all of x were as large
as its largest value: less than the weights' own rounding does by two orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba.extending import intrinsic, overload

from textgen_core.kernels.matmul import (
    TILE_COLUMNS,
    TILE_ROWS,
    Floats,
    add_products,
    compiled,
    rounded_up,
)

_INT32_LIMIT = 2**31 - 1
_INT16_LIMIT = 2**15 - 1
_LARGEST_WEIGHT = 128
_PAIR_BYTES = 4  # two numbers of x
_STEP_BYTES = 2 * TILE_COLUMNS  # two rows of a tile of weights
_FLOAT_BYTES = 4
_LANES = 8
_NOTHING = np.float32(1e-30)  # below it the quotient would not be finite


class Int8Matrix(NamedTuple):
    """A matrix in 8 bits, (K, J), or N of them side by side; J is a multiple of 16.

    Attributes:
        values: int8, ([N,] J / 16, K / 2 rounded up, 16, 2): what a tile of 16 columns
            reads for two rows lies side by side.
        scale: float32, ([N,] J), what a column's numbers are multiples of.
        steps: K.
    """

    values: npt.NDArray[np.int8]
    scale: Floats
    steps: int


def whole_matrix(numbers: npt.NDArray[np.int8], scale: Floats) -> Int8Matrix:
    """Lay out a matrix for the kernels.

    Args:
        numbers: (K, J), any J; columns of zeros are added.
        scale: (J,).
    """
    stack = whole_matrices([(numbers, scale)], numbers.shape)
    return Int8Matrix(stack.values[0], stack.scale[0], stack.steps)


def whole_matrices(
    stored: Sequence[tuple[npt.NDArray[np.int8], Floats]], shape: tuple[int, ...]
) -> Int8Matrix:
    """Lay out N matrices of one shape side by side.

    Args:
        stored: what ``whole_matrix`` takes, of each; N may be 0.
        shape: K and J.
    """
    steps, columns = shape
    tiles, pairs = rounded_up(columns, TILE_COLUMNS) // TILE_COLUMNS, rounded_up(steps, 2) // 2
    values = np.zeros((len(stored), tiles, pairs, TILE_COLUMNS), np.uint16)
    padded = np.zeros((len(stored), tiles * TILE_COLUMNS), np.float32)
    for place, (numbers, scale) in enumerate(stored):
        _lay_out(np.ascontiguousarray(numbers).view(np.uint8), values[place])
        padded[place, :columns] = scale
    return Int8Matrix(values.view(np.int8).reshape(*values.shape, 2), padded, steps)


@compiled()
def _lay_out(numbers: npt.NDArray[np.uint8], values: npt.NDArray[np.uint16]) -> None:
    """Put a matrix, (K, J), where ``Int8Matrix.values`` have it, two rows in one number.

    Numba compiles for processors that put the low byte first.
    """
    steps, columns = numbers.shape
    eight = np.uint16(8)
    whole_tiles = columns // TILE_COLUMNS
    for pair in range(steps // 2):
        even, odd = numbers[2 * pair], numbers[2 * pair + 1]
        for tile in range(whole_tiles):
            for j in range(TILE_COLUMNS):
                k = tile * TILE_COLUMNS + j
                values[tile, pair, j] = np.uint16(even[k]) | (np.uint16(odd[k]) << eight)
        for k in range(whole_tiles * TILE_COLUMNS, columns):
            last = np.uint16(even[k]) | (np.uint16(odd[k]) << eight)
            values[whole_tiles, pair, k % TILE_COLUMNS] = last
    if steps % 2:
        for k in range(columns):
            values[k // TILE_COLUMNS, -1, k % TILE_COLUMNS] = np.uint16(numbers[-1, k])


def multiply(x: Floats, first: int, w: Any, z: Floats, rows: int) -> None:
    """Add ``x[:rows, first:first + K] @ w`` to ``z[:rows]``; see ``add_products``.

    Args:
        w: (K, J), float32 or whole.
    """
    raise NotImplementedError("only compiled functions call this")


def matrix_at(stack: Any, place: int) -> Any:
    """Return one matrix of several side by side, float32 or whole."""
    raise NotImplementedError("only compiled functions call this")


def is_whole_kind(kind: Any) -> bool:
    """Whether the compiler's type of an argument is that of a ``Int8Matrix``."""
    return isinstance(kind, numba.types.NamedTuple) and kind.instance_class is Int8Matrix


@overload(multiply, strict=False)  # type: ignore[untyped-decorator, unused-ignore]
def _multiply(x: Any, first: Any, w: Any, z: Any, rows: Any) -> Any:
    if is_whole_kind(w):
        return lambda x, first, w, z, rows: add_whole_products(x, first, w, z, rows)
    return lambda x, first, w, z, rows: add_products(x, first, w, z, rows)


@overload(matrix_at, strict=False)  # type: ignore[untyped-decorator, unused-ignore]
def _matrix_at(stack: Any, place: Any) -> Any:
    if is_whole_kind(stack):
        return lambda stack, place: Int8Matrix(stack.values[place], stack.scale[place], stack.steps)
    return lambda stack, place: stack[place]


@compiled(fused=False)
def add_whole_products(x: Floats, first: int, w: Int8Matrix, z: Floats, rows: int) -> None:
    """Add ``x[:rows, first:first + K] @ w`` to ``z[:rows]``.

    Args:
        x: (B, at least first + K), contiguous, finite.
        first: column of x that meets the first row of w.
        w: (K, J).
        z: (B, J), contiguous.
        rows: 0 to B.
    """
    tiles, pairs = w.values.shape[0], w.values.shape[1]
    whole = np.empty((rows, 2 * pairs), np.int16)
    units = np.empty(rows, np.float32)
    for row in range(rows):
        units[row] = _to_whole(x[row, first : first + w.steps], whole[row])
    tiled_rows = rows - rows % TILE_ROWS
    x_at, w_at, z_at = whole.ctypes.data, w.values.ctypes.data, z.ctypes.data
    scale_at, units_at = w.scale.ctypes.data, units.ctypes.data
    x_stride, z_stride = _PAIR_BYTES * pairs, _FLOAT_BYTES * z.shape[1]
    for tile in range(tiles):
        weights, column = w_at + tile * pairs * _STEP_BYTES, tile * TILE_COLUMNS * _FLOAT_BYTES
        scale, z_column = scale_at + column, z_at + column
        for row in range(0, tiled_rows, TILE_ROWS):
            _add_four_rows(row, x_at, x_stride, weights, scale, units_at, z_column, z_stride, pairs)
        for row in range(tiled_rows, rows):
            _add_one_row(row, x_at, x_stride, weights, scale, units_at, z_column, z_stride, pairs)


@compiled("nnan", "nsz", fused=False)
def _to_whole(x: Floats, whole: npt.NDArray[np.int16]) -> Any:
    """Round a row to whole numbers, zeros behind it; return what they are multiples of."""
    largest = np.float32(0)
    for k in range(len(x)):
        largest = max(largest, abs(x[k]))
    most = np.float32(min(_INT16_LIMIT, _INT32_LIMIT // (_LARGEST_WEIGHT * len(whole))))
    factor = most / largest if largest > _NOTHING else np.float32(0)
    for k in range(len(x)):
        whole[k] = np.int16(np.int32(np.rint(x[k] * factor)))
    for k in range(len(x), len(whole)):
        whole[k] = 0
    return largest / most


def _tile_of(rows: int) -> Any:
    """Return what adds the product of one tile of 16 columns with so many rows of x.

    Its arguments are 64-bit integers: the first row, address of x (int16) and bytes between
    its rows, addresses of the tile's weights, their scales and the rows' units, address of
    the tile's columns of z and bytes between its rows, and the number of pairs of k, >= 1.
    """

    @intrinsic  # type: ignore[untyped-decorator, unused-ignore]
    def add_tile(
        _context: Any,
        row: Any,
        x: Any,
        x_stride: Any,
        w: Any,
        scale: Any,
        units: Any,
        z: Any,
        z_stride: Any,
        pairs: Any,
    ) -> Any:
        def generate(context: Any, builder: ir.IRBuilder, _signature: Any, args: Any) -> ir.Value:
            _WholeTileWriter(builder, rows, *args).write()
            return context.get_dummy_value()

        return numba.void(row, x, x_stride, w, scale, units, z, z_stride, pairs), generate

    return add_tile


class _WholeTileWriter:
    """Writes the instructions of one tile in LLVM's assembly.

    Processors have one instruction for "multiply pairs, add each pair": LLVM finds it in
    a product of widened numbers whose odd and even places are added.
    """

    integer = ir.IntType(64)
    number = ir.FloatType()
    floats = ir.VectorType(number, _LANES)
    bytes = ir.VectorType(ir.IntType(8), 2 * _LANES)
    pairs_of = ir.VectorType(ir.IntType(16), 2 * _LANES)
    products = ir.VectorType(ir.IntType(32), 2 * _LANES)
    sums = ir.VectorType(ir.IntType(32), _LANES)
    halves = (0, _LANES)  # first columns of a tile's vectors

    def __init__(self, builder: ir.IRBuilder, rows: int, *args: ir.Value) -> None:
        self.builder = builder
        self.rows = rows
        row, x, self.x_stride, self.w, self.scale, units, z, self.z_stride, self.pairs = args
        self.x = builder.add(x, builder.mul(self.x_stride, row))
        self.units = builder.add(units, builder.mul(self.integer(_FLOAT_BYTES), row))
        self.z = builder.add(z, builder.mul(self.z_stride, row))

    def write(self) -> None:
        builder = self.builder
        before = builder.block
        body = builder.append_basic_block("whole.step")
        after = builder.append_basic_block("whole.end")
        builder.branch(body)
        builder.position_at_end(body)
        k = builder.phi(self.integer)
        totals = [builder.phi(self.sums) for _ in range(self.rows) for _ in self.halves]
        added = self._add_step(k, totals)
        following = builder.add(k, self.integer(1))
        k.add_incoming(self.integer(0), before)
        k.add_incoming(following, body)
        for total, new in zip(totals, added, strict=True):
            total.add_incoming(ir.Constant(self.sums, [0] * _LANES), before)
            total.add_incoming(new, body)
        builder.cbranch(builder.icmp_signed("<", following, self.pairs), body, after)
        builder.position_at_end(after)
        self._add_to_z(added)

    def _add_step(self, k: ir.Value, totals: list[ir.Value]) -> list[ir.Value]:
        """Return the sums with two steps of k added."""
        builder = self.builder
        place = builder.add(self.w, builder.mul(k, self.integer(_STEP_BYTES)))
        weights = []
        for first in self.halves:
            narrow = self._load(builder.add(place, self.integer(2 * first)), self.bytes, 1)
            weights.append(builder.sext(narrow, self.products))
        added: list[ir.Value] = []
        for row in range(self.rows):
            at = builder.add(self.x, builder.mul(self.x_stride, self.integer(row)))
            at = builder.add(at, builder.mul(k, self.integer(_PAIR_BYTES)))
            pair = self._spread(self._load(at, ir.IntType(32), 2), self.sums)
            factors = builder.sext(builder.bitcast(pair, self.pairs_of), self.products)
            for weight in weights:
                both = builder.mul(factors, weight)
                even, odd = (self._every_second(both, place) for place in (0, 1))
                added.append(builder.add(totals[len(added)], builder.add(even, odd)))
        return added

    def _add_to_z(self, totals: list[ir.Value]) -> None:
        builder = self.builder
        for row in range(self.rows):
            at = builder.add(self.units, self.integer(row * _FLOAT_BYTES))
            unit = self._spread(self._load(at, self.number, _FLOAT_BYTES), self.floats)
            row_of_z = builder.add(self.z, builder.mul(self.z_stride, self.integer(row)))
            for half, first in enumerate(self.halves):
                offset = self.integer(first * _FLOAT_BYTES)
                scale = self._load(builder.add(self.scale, offset), self.floats, _FLOAT_BYTES)
                place = builder.add(row_of_z, offset)
                total = builder.sitofp(totals[row * len(self.halves) + half], self.floats)
                old = self._load(place, self.floats, _FLOAT_BYTES)
                new = builder.fadd(old, builder.fmul(total, builder.fmul(scale, unit)))
                pointer = builder.inttoptr(place, self.floats.as_pointer())
                builder.store(new, pointer, align=_FLOAT_BYTES)

    def _every_second(self, values: ir.Value, first: int) -> ir.Value:
        places = ir.Constant(self.sums, list(range(first, 2 * _LANES, 2)))
        return self.builder.shuffle_vector(values, values, places)

    def _spread(self, value: ir.Value, kind: ir.VectorType) -> ir.Value:
        nothing = ir.Constant(kind, ir.Undefined)
        single = self.builder.insert_element(nothing, value, ir.IntType(32)(0))
        return self.builder.shuffle_vector(single, nothing, ir.Constant(self.sums, [0] * _LANES))

    def _load(self, address: ir.Value, kind: ir.Type, align: int) -> ir.Value:
        return self.builder.load(self.builder.inttoptr(address, kind.as_pointer()), align=align)


_add_one_row = _tile_of(1)
_add_four_rows = _tile_of(TILE_ROWS)
