// From logits to the id that is drawn: kernels/decoding.py, to the last bit.

import { bitsOf, exponentials, massFrom } from "./arithmetic.js";

const COLDEST = 1e-20;
const LARGEST_FACTOR = 1e30;
const BITS_OF_ONE = 0x3f800000;
const GAMMA = 0x9e3779b97f4a7c15n;

const f32 = Math.fround;
const u64 = (value) => BigInt.asUintN(64, value);

/** Replace logits by the weights that an id is drawn with; return false if none is possible. */
export function filter(logits, temperature, { topK, topP, minP }) {
  const factor = Math.min(1 / Math.max(temperature, COLDEST), LARGEST_FACTOR);
  if (exponentials(logits, factor) === -Infinity) return false;
  if (topK && topK < logits.length) keepLikeliest(logits, null, topK);
  if (topP && topP < 1) keepLikeliest(logits, logits, topP * massFrom(logits));
  if (minP) {
    const least = f32(minP);
    for (let j = 0; j < logits.length; j++) if (logits[j] < least) logits[j] = 0;
  }
  return true;
}

const bits = new Int32Array(1);
const floatOfBits = new Float32Array(bits.buffer);

function floatOf(value) {
  bits[0] = value;
  return floatOfBits[0];
}

/**
 * Set all weights to 0 but the fewest likeliest whose shares add up to `wanted`, by bisection
 * on their bits, which are in the order of the numbers.
 * @param {?Float32Array} shares what each counts; null for one
 */
function keepLikeliest(weights, shares, wanted) {
  const mass = (least) => (shares ? massFrom(shares, floatOf(least)) : countFrom(weights, least));
  let [low, high] = [0, BITS_OF_ONE + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (mass(middle) >= wanted) low = middle;
    else high = middle;
  }
  let kept = mass(low + 1);
  for (let j = 0; j < weights.length; j++) {
    const own = bitsOf(weights[j]);
    if (own < low || (own === low && kept >= wanted)) weights[j] = 0;
    else if (own === low) kept += shares ? shares[j] : 1;
  }
}

function countFrom(weights, least) {
  const bound = floatOf(least);
  let count = 0;
  for (let j = 0; j < weights.length; j++) if (weights[j] >= bound) count++;
  return count;
}

/** Return the id at a position in [0, 1) of the cumulated weights. */
export function pick(weights, position) {
  const target = position * massFrom(weights);
  let [last, mass] = [1, 0];
  for (let j = 0; j < weights.length; j++) {
    if (weights[j] > 0) {
      last = j;
      mass += weights[j];
      if (mass > target) break;
    }
  }
  return last;
}

function mixed(value) {
  value = u64((value ^ (value >> 30n)) * 0xbf58476d1ce4e5b9n);
  value = u64((value ^ (value >> 27n)) * 0x94d049bb133111ebn);
  return value ^ (value >> 31n);
}

const scrambled = (value) => mixed(u64(value + GAMMA));

/** Draws numbers as text `number` of a seed draws them in Python (splitmix64). */
export class Randomness {
  constructor(seed, number = 0) {
    this.state = scrambled(scrambled(u64(BigInt(seed))) ^ scrambled(BigInt(number) + 2n ** 32n));
  }

  /** Return a number in [0, 1). */
  uniform() {
    this.state = u64(this.state + GAMMA);
    return Number(mixed(this.state) >> 11n) * 2 ** -53;
  }
}
