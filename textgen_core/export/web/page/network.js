// The network of a causal model: kernels/lstm.py, for one text, to the last bit.
//
// A text's state is one row of floats, the same as there:
//
//     features | attended | weighted | cells | last ids | total, maximum
//        F          F          F       L x H      R             2

import { dot, exponential, sigmoid, tanh } from "./arithmetic.js";
import { Ngrams } from "./ngrams.js";
import { Products, roundedUp } from "./products.js";

const f32 = Math.fround;

export class Network {
  /**
   * @param {object} file a model, as of `modelFile`
   * @param {?BufferSource} wasm products.wasm; null for plain JavaScript
   */
  constructor(file, wasm) {
    const { rnn_layers: layers, rnn_size: units, dim_embeddings: embedded } = file.entry("config");
    const { tokens, shares } = file.entry("page");
    this.size = tokens.length;
    this.columns = roundedUp(this.size, 16);
    Object.assign(this, { layers, units, embedded, features: embedded + layers * units });
    this.products = new Products(this.#bytes(), wasm);
    this.embedding = scaled(file.tensor("embedding"), file.tensor("embedding/scale"));
    this.#takeMatrices(file);
    this.score = file.tensor("attention/score");
    this.gate = file.tensor("attention/gate");
    this.bias = new Float32Array(this.columns).fill(-Infinity);
    this.bias.set(file.tensor("output/bias"));
    this.z = this.products.floats(4 * units);
    this.logits = this.products.floats(this.columns);
    this.tables = ["ngrams", "own_ngrams"].flatMap((name) => {
      const said = file.entry(name);
      const parts = [file.tensor(`${name}/words`), file.tensor(`${name}/buckets`)];
      return said ? [new Ngrams(...parts, said, shares[name], name === "own_ngrams")] : [];
    });
    this.remembered = Math.max(0, ...this.tables.map((table) => table.longest));
  }

  #bytes() {
    const { units, embedded, layers, features } = this;
    const of = Products.bytesOfMatrix;
    const first = of(embedded, 4 * units);
    const others = (2 * layers - 1) * of(units, 4 * units);
    return first + others + of(features, this.columns) + 16 * units + 4 * this.columns + 64;
  }

  #takeMatrices(file) {
    const laidOut = (name) =>
      this.products.matrix(file.tensor(name), file.tensor(`${name}/scale`));
    this.stack = Array.from({ length: this.layers }, (_, layer) => ({
      kernel: laidOut(`rnn_${layer}/kernel`),
      recurrent: laidOut(`rnn_${layer}/recurrent_kernel`),
      bias: file.tensor(`rnn_${layer}/bias`),
    }));
    this.output = laidOut("output/kernel");
  }

  /** Return the state of a text of which nothing is read yet. */
  emptyState() {
    const { features, layers, units, remembered } = this;
    const state = new Float32Array(3 * features + layers * units + remembered + 2);
    state[state.length - 1] = -Infinity;
    return state;
  }

  /** Read an id into a state, which is changed. */
  step(state, id) {
    const { embedded, units, features, products, z } = this;
    state.set(this.embedding.subarray(id * embedded, (id + 1) * embedded));
    let below = 0;
    let width = embedded;
    this.stack.forEach(({ kernel, recurrent, bias }, layer) => {
      const own = below + width;
      z.set(bias);
      products.multiply(state.subarray(below, own), kernel, z);
      products.multiply(state.subarray(own, own + units), recurrent, z);
      cellOutputs(state, own, 3 * features + layer * units, z, units);
      [below, width] = [own, units];
    });
    this.#attend(state);
    if (this.remembered) this.#remember(state, id);
  }

  #attend(state) {
    const { features: size, score, gate } = this;
    const last = state.length - 1;
    const now = dot(state.subarray(0, size), score);
    const maximum = Math.max(state[last], now);
    const kept = exponential(f32(state[last] - maximum));
    const added = exponential(f32(now - maximum));
    const total = f32(f32(state[last - 1] * kept) + added);
    const share = f32(1 / total);
    for (let j = 0; j < size; j++) {
      const weighted = f32(f32(state[2 * size + j] * kept) + f32(added * state[j]));
      state[2 * size + j] = weighted;
      state[size + j] = f32(state[j] + f32(f32(gate[j] * weighted) * share));
    }
    state[last - 1] = total;
    state[last] = maximum;
  }

  #remember(state, id) {
    const ids = this.#lastIds(state);
    const isFirst = ids[ids.length - 1] === 0;
    ids.copyWithin(0, 1);
    ids[ids.length - 1] = isFirst ? -id : id;
  }

  #lastIds(state) {
    return state.subarray(state.length - 2 - this.remembered, state.length - 2);
  }

  /** Return the logits of the next id, (Vp,), in a row that the next call writes over. */
  nextLogits(state) {
    const { features, logits } = this;
    logits.set(this.bias);
    this.products.multiply(state.subarray(features, 2 * features), this.output, logits);
    for (const table of this.tables) table.mixIn(this.#lastIds(state), logits, this.size);
    return logits;
  }

  /** Return the embedding and every layer's outputs after the last id, (F,): the neurons. */
  hidden(state) {
    return state.slice(0, this.features);
  }
}

/** Turn the products of one layer, gates i, f, g, o side by side, into its outputs. */
function cellOutputs(state, output, cell, z, units) {
  for (let j = 0; j < units; j++) {
    const kept = f32(sigmoid(z[units + j]) * state[cell + j]);
    const c = f32(kept + f32(sigmoid(z[j]) * tanh(z[2 * units + j])));
    state[cell + j] = c;
    state[output + j] = f32(sigmoid(z[3 * units + j]) * tanh(c));
  }
}

function scaled(numbers, scale) {
  return Float32Array.from(numbers, (number, place) => number * scale[place % scale.length]);
}
