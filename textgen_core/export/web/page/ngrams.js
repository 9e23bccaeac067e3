// What followed a text's last ids in the text a model was made from is mixed into what its
// network says: kernels/ngram_lookup.py, to the last bit.

import { exponentials, logarithm, massFrom } from "./arithmetic.js";

const PADDING_ID = 0;
const BOUNDARY_ID = 1;
const MOST = 256; // ids that are mixed in at once
const LEAST_KEPT = 0.02;
const MIX_1 = 0x9e3779b97f4a7c15n;
const MIX_2 = 0xbf58476d1ce4e5b9n;

const f32 = Math.fround;
const u64 = (value) => BigInt.asUintN(64, value);

/** A table of contexts and what follows them. */
export class Ngrams {
  /**
   * @param {Uint16Array} words
   * @param {Uint32Array} buckets
   * @param {{shortest: number, longest: number, trust: number, id_bits?: number}} said
   * @param {number[]} shares what each level stands for
   * @param {boolean} knowsVoices whether the mark of a voice opens other contexts than <s>
   */
  constructor(words, buckets, said, shares, knowsVoices) {
    Object.assign(this, { words, buckets, shares, knowsVoices });
    this.shortest = said.shortest;
    this.longest = said.longest;
    this.trust = said.trust;
    this.idShift = 16 - (said.id_bits ?? 9);
    const bits = 32 - Math.clz32(buckets.length - 1) - 1;
    this.shift = BigInt(Math.min(64 - bits, 63));
  }

  /** Change the logits of what followed the last ids, the newest last. */
  mixIn(lastIds, logits, size) {
    const places = this.#found(lastIds);
    if (!places.length) return;
    const { ids, shares, kept } = this.#listed(places, size);
    const weights = logits.slice();
    const largest = exponentials(weights, 1);
    const mass = massFrom(weights) / kept;
    for (let n = 0; n < ids.length; n++) weights[ids[n]] += f32(shares[n] * mass);
    for (const id of ids) logits[id] = logarithm(weights[id]) + largest;
  }

  #found(lastIds) {
    const { words, buckets } = this;
    const places = [];
    let context = 0n;
    for (let length = 1; length <= this.longest; length++) {
      let id = lastIds[lastIds.length - length];
      if (id === PADDING_ID) break;
      const opens = id < 0;
      if (opens) id = this.knowsVoices ? -id : BOUNDARY_ID;
      context = furtherBack(context, id);
      if (length >= this.shortest) {
        const bucket = buckets.length > 2 ? Number(context >> this.shift) : 0;
        const place = this.#placeIn(buckets[bucket], buckets[bucket + 1], Number(context & 0xffffn));
        if (place) places.push(place);
      }
      if (opens || id === BOUNDARY_ID) break;
    }
    return places;
  }

  /** Return where the words behind a context begin, 0 where it is not in its bucket. */
  #placeIn(place, end, check) {
    const { words } = this;
    while (place < end) {
      const isIt = words[place] === check;
      place++;
      if (isIt) return place;
      while (place < end && !(words[place] & 1)) place++;
      place++;
    }
    return 0;
  }

  #listed(places, size) {
    const { words, trust } = this;
    const [ids, shares] = [[], []];
    const top = this.shares.length - 1;
    let kept = 1;
    for (let n = places.length - 1; n >= 0; n--) {
      const first = ids.length;
      let given = 0;
      for (let place = places[n]; place < words.length && ids.length < MOST; place++) {
        const word = words[place];
        const id = word >> this.idShift;
        if (PADDING_ID < id && id < size) {
          const share = trust * this.shares[(word >> 1) & top];
          ids.push(id);
          shares.push(kept * share);
          given += share;
        }
        if (word & 1) break;
      }
      if (given > 1 - LEAST_KEPT) {
        for (let j = first; j < ids.length; j++) shares[j] *= (1 - LEAST_KEPT) / given;
        given = 1 - LEAST_KEPT;
      }
      kept *= 1 - given;
    }
    return { ids, shares, kept };
  }
}

/** Return the hash of a context that reaches one id further back. */
function furtherBack(context, id) {
  let value = u64((context + BigInt(id) + 1n) * MIX_1);
  value = u64((value ^ (value >> 32n)) * MIX_2);
  return value ^ (value >> 32n);
}
