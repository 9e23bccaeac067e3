// The functions of kernels/exponential.py, kernels/sums.py and the cell of kernels/lstm.py, to
// the last bit: single precision, every result rounded by itself, sums in the same order.

const f32 = Math.fround;
const LANES = 16;

const EXP_LIMIT = -87;
const EXP = [
  1.987569150e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 0.5,
].map(f32);
const [E0, E1, E2, E3, E4, E5] = EXP;
const LOG2_E = f32(1.44269504088896341);
const LN2_HIGH = f32(0.693359375);
const LN2_LOW = f32(-2.1219444e-4);
const LN2 = 0.6931471805599453;
const SQRT2 = 1.4142135623730951;

const TANH_LIMIT = f32(7.90531110763549805);
const [A0, A1, A2, A3, A4, A5, A6] = [
  -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8,
  1.48572235717979e-5, 6.37261928875436e-4, 4.89352455891786e-3,
].map(f32);
const [B0, B1, B2, B3] = [
  1.19825839466702e-6, 1.18534705686654e-4, 2.268434632439e-3, 4.89352518554385e-3,
].map(f32);

/** Return tanh(x). */
export function tanh(x) {
  x = x < -TANH_LIMIT ? -TANH_LIMIT : x > TANH_LIMIT ? TANH_LIMIT : x;
  const s = f32(x * x);
  let above = f32(f32(A0 * s) + A1);
  above = f32(f32(above * s) + A2);
  above = f32(f32(above * s) + A3);
  above = f32(f32(above * s) + A4);
  above = f32(f32(above * s) + A5);
  let below = f32(f32(B0 * s) + B1);
  below = f32(f32(below * s) + B2);
  below = f32(f32(below * s) + B3);
  return f32(f32(x * f32(f32(above * s) + A6)) / below);
}

/** Return the logistic function of x. */
export function sigmoid(x) {
  return f32(0.5 + f32(0.5 * tanh(f32(0.5 * x))));
}

/** Return exp(x) of a number from -87 to 0, without its power of two, and write that down. */
let power = 0;
function mantissa(x) {
  const n = Math.floor(f32(f32(x * LOG2_E) + 0.5));
  const r = f32(f32(x - f32(n * LN2_HIGH)) - f32(n * LN2_LOW));
  let p = f32(f32(E0 * r) + E1);
  p = f32(f32(p * r) + E2);
  p = f32(f32(p * r) + E3);
  p = f32(f32(p * r) + E4);
  p = f32(f32(p * r) + E5);
  power = n;
  return f32(f32(f32(f32(p * r) * r) + r) + 1);
}

const POWERS = new Float32Array(127);
for (let n = 0; n < POWERS.length; n++) POWERS[n] = 2 ** -n;

/** Return exp(x) of a number up to 0; below e^-87 it is 0. */
export function exponential(x) {
  if (!(x >= EXP_LIMIT)) return 0;
  const value = mantissa(x);
  return f32(value * POWERS[-power]);
}

/** Replace values by exp((value - largest) * factor); return the largest. */
export function exponentials(values, factor) {
  let largest = values[0];
  for (let j = 1; j < values.length; j++) if (values[j] > largest) largest = values[j];
  const scale = f32(factor);
  for (let j = 0; j < values.length; j++) {
    values[j] = exponential(f32(f32(values[j] - largest) * scale));
  }
  return largest;
}

const one = new Float32Array(1);
const oneBits = new Int32Array(one.buffer);

/** Return the bits of a number of single precision. */
export function bitsOf(value) {
  one[0] = value;
  return oneBits[0];
}

/** Return the natural logarithm of a number from 0. */
export function logarithm(value) {
  const bits = bitsOf(value);
  let exponent = (bits >> 23) - 127;
  if (exponent <= -127) return -Infinity;
  let m = 1 + (bits & 0x7fffff) / 0x800000;
  if (m > SQRT2) [m, exponent] = [m / 2, exponent + 1];
  const s = (m - 1) / (m + 1);
  const t = s * s;
  const series = ((((t / 11 + 1 / 9) * t + 1 / 7) * t + 1 / 5) * t + 1 / 3) * t + 1;
  return exponent * LN2 + 2 * s * series;
}

const lanes = new Float32Array(LANES);

function inPairs() {
  for (let half = LANES / 2; half >= 1; half /= 2) {
    for (let j = 0; j < half; j++) lanes[j] += lanes[j + half];
  }
  return lanes[0];
}

/** Return the sum of the values, from 0 on, that are at least `least`. */
export function massFrom(values, least = 0) {
  const whole = values.length - (values.length % LANES);
  lanes.fill(0);
  for (let j = 0; j < whole; j++) if (values[j] >= least) lanes[j & 15] += values[j];
  let total = whole ? inPairs() : 0;
  for (let j = whole; j < values.length; j++) if (values[j] >= least) total = f32(total + values[j]);
  return total;
}

/** Return the product of two rows of one length. */
export function dot(a, b) {
  const whole = a.length - (a.length % LANES);
  lanes.fill(0);
  for (let j = 0; j < whole; j++) lanes[j & 15] += f32(a[j] * b[j]);
  let total = whole ? inPairs() : 0;
  for (let j = whole; j < a.length; j++) total = f32(total + f32(a[j] * b[j]));
  return total;
}
