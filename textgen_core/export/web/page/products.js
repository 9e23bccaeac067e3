// Products of matrices in 8 bits with rows rounded to 16 bits: exact sums of whole numbers,
// in WebAssembly's vectors, or in plain JavaScript where a browser has none.

const TILE_COLUMNS = 16;
const PAGE_BYTES = 65_536;
const LARGEST_WHOLE = 2 ** 15 - 1;
const LARGEST_SUM = 2 ** 31 - 1;
const LARGEST_WEIGHT = 128;
const NOTHING = Math.fround(1e-30);
const ROUNDING = 3 * 2 ** 22; // added and taken away again, it leaves the nearest whole number

const f32 = Math.fround;

/** Return n rounded up to a multiple of a power of two. */
export function roundedUp(n, to) {
  return (n + to - 1) & -to;
}

/** Memory for matrices and rows of floats, and what multiplies them. */
export class Products {
  /**
   * @param {number} bytes what all matrices and rows take (see `bytesOfMatrix`)
   * @param {?BufferSource} wasm the module; null for plain JavaScript
   */
  constructor(bytes, wasm) {
    this.used = 0;
    const pages = Math.ceil(bytes / PAGE_BYTES) + 1;
    const instance = wasm && instantiated(wasm, pages);
    this.kernel = instance?.kernel ?? null;
    this.buffer = instance?.buffer ?? new ArrayBuffer(pages * PAGE_BYTES);
    this.bytes = new Int8Array(this.buffer);
    this.sums = new Int32Array(TILE_COLUMNS);
  }

  /** Return what a matrix of K rows and J columns takes, its row of x included. */
  static bytesOfMatrix(steps, columns) {
    const wide = roundedUp(columns, TILE_COLUMNS);
    return roundedUp(steps, 2) * (wide + 2) + 4 * wide + 48;
  }

  /** Return a row of zeros, float32, that products can be added to. */
  floats(count) {
    return new Float32Array(this.buffer, this.#place(4 * count), count);
  }

  #place(bytes) {
    const at = this.used;
    this.used = roundedUp(at + bytes, 16);
    return at;
  }

  /**
   * Lay a matrix out for the kernel.
   * @param {Int8Array} numbers (K, J)
   * @param {Float32Array} scale (J,)
   * @param {number} above rows of zeros that stand before the first
   */
  matrix(numbers, scale, above = 0) {
    const columns = scale.length;
    const steps = numbers.length / columns + above;
    const [pairs, tiles] = [roundedUp(steps, 2) / 2, roundedUp(columns, TILE_COLUMNS) / TILE_COLUMNS];
    const at = this.#place(pairs * tiles * 2 * TILE_COLUMNS);
    for (let k = above, from = 0; k < steps; k++) {
      for (let j = 0; j < columns; j++, from++) {
        const pair = (j >> 4) * pairs + (k >> 1);
        this.bytes[at + 2 * (TILE_COLUMNS * pair + (j & 15)) + (k & 1)] = numbers[from];
      }
    }
    const scales = this.floats(tiles * TILE_COLUMNS);
    scales.set(scale);
    const x = new Int16Array(this.buffer, this.#place(4 * pairs), 2 * pairs);
    return { at, scales, x, steps, pairs, tiles };
  }

  /** Add the product of x, float32 (K,), and a matrix to z, a row of `floats`. */
  multiply(x, matrix, z) {
    const unit = toWhole(x, matrix);
    const { at, scales, pairs, tiles } = matrix;
    if (this.kernel) {
      const [row, scale, sums] = [matrix.x.byteOffset, scales.byteOffset, z.byteOffset];
      this.kernel(row, at, scale, sums, unit, pairs, tiles);
      return;
    }
    const { bytes, sums } = this;
    for (let tile = 0, w = at; tile < tiles; tile++) {
      sums.fill(0);
      for (let k = 0; k < 2 * pairs; k += 2) {
        const [even, odd] = [matrix.x[k], matrix.x[k + 1]];
        for (let j = 0; j < TILE_COLUMNS; j++, w += 2) {
          sums[j] += even * bytes[w] + odd * bytes[w + 1];
        }
      }
      for (let j = 0, column = tile * TILE_COLUMNS; j < TILE_COLUMNS; j++, column++) {
        z[column] += f32(f32(sums[j]) * f32(scales[column] * unit));
      }
    }
  }
}

/** Return the kernel and its memory, null in a browser without vectors, or that forbids them. */
function instantiated(wasm, pages) {
  try {
    const memory = new WebAssembly.Memory({ initial: pages });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm), { page: { memory } });
    return { kernel: instance.exports.multiply, buffer: memory.buffer };
  } catch {
    return null;
  }
}

/** Round a row to whole numbers; return what they are multiples of. */
function toWhole(x, { x: whole, steps }) {
  let largest = 0;
  for (let k = 0; k < steps; k++) {
    const size = Math.abs(x[k]);
    if (size > largest) largest = size;
  }
  const bound = Math.floor(LARGEST_SUM / (LARGEST_WEIGHT * whole.length));
  const most = f32(Math.min(LARGEST_WHOLE, bound));
  const factor = largest > NOTHING ? f32(most / largest) : 0;
  for (let k = 0; k < steps; k++) {
    whole[k] = f32(f32(f32(x[k] * factor) + ROUNDING) - ROUNDING);
  }
  return f32(largest / most);
}
