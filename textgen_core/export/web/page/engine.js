// A model that writes: what textgen_core/generation/engine.py does, for one text at a time. The
// same seed and options write the same text as there, to the last character.

import { exponentials, massFrom } from "./arithmetic.js";
import { filter, pick, Randomness } from "./drawing.js";
import { modelFile } from "./model.js";
import { Network } from "./network.js";
import { SPACE, wholeSentences } from "./sentences.js";
import { BOUNDARY_ID, Vocabulary } from "./vocabulary.js";

const BETWEEN = 0; // states of spelling, as of text/utf8_automaton.py
const OPENING = 1;
const NEVER = 255;
const IMPOSSIBLE = -1;
const VISIBLE = new RegExp(`[^${SPACE.source.slice(1)}`, "u");

export class Engine {
  /**
   * @param {ArrayBuffer} file a model as `textgen export --to web` writes it
   * @param {?BufferSource} wasm products.wasm; null for plain JavaScript
   */
  constructor(file, wasm) {
    const model = modelFile(file);
    const { tokens, rules, title } = model.entry("page");
    this.title = title;
    this.vocabulary = new Vocabulary(model.entry("vocabulary"), tokens);
    this.network = new Network(model, wasm);
    this.rules = Uint8Array.from(atob(rules), (char) => char.charCodeAt(0));
    this.row = new Float32Array(this.network.columns);
  }

  /** Return the state at the beginning of a text, after its `<s>`. */
  start() {
    return this.feed(this.network.emptyState(), [BOUNDARY_ID]);
  }

  /** Return the state after reading ids; the one given stays as it is. */
  feed(state, ids) {
    const after = state.slice();
    for (const id of ids) this.network.step(after, id);
    return after;
  }

  /** Return the outputs of all neurons after the last id that a state has read, (F,). */
  hidden(state) {
    return this.network.hidden(state);
  }

  /**
   * Return the likeliest ways on from a text, the likeliest first: [{id, share}].
   * @param {string} text
   * @param {Float32Array} state after what is read of it (see `openChars`)
   * @param {{temperature: number, topK?: number, topP?: number, minP?: number}} options
   */
  next(text, state, options) {
    const { row } = this;
    row.set(this.network.nextLogits(state));
    this.#keepToRules(row, VISIBLE.test(text) ? BETWEEN : OPENING);
    const open = this.vocabulary.openChars(text);
    if (open) this.#keepToBeginning(row, [...text].slice(-open), 0);
    if (!filter(row, options.temperature, options)) return [];
    const mass = massFrom(row);
    return Array.from(row, (weight, id) => ({ id, share: weight / mass }))
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share);
  }

  /**
   * Read a text from the beginning of one on: [{id, bits, state}], of each id what it cost and
   * the state after it.
   * @param {string} text
   * @param {{id: number, bits: number, state: Float32Array}[]} known what was read before; as
   *   far as the two begin alike, it is not read again
   */
  read(text, known = []) {
    const ids = this.vocabulary.encode(text);
    let same = 0;
    while (same < ids.length && known[same]?.id === ids[same]) same++;
    const steps = known.slice(0, same);
    let state = steps.at(-1)?.state ?? this.start();
    for (const id of ids.slice(same)) {
      const bits = this.bits(state, id);
      state = this.feed(state, [id]);
      steps.push({ id, bits, state });
    }
    return steps;
  }

  /** Return the bits that an id costs in a state. */
  bits(state, id) {
    const row = this.row;
    row.set(this.network.nextLogits(state));
    return costIn(row, id);
  }

  /**
   * Write a text, an id at a time: {ids, bits, state}, all ids so far, what the last one cost in
   * bits, and the state after it, which the next one changes. With a prompt whose end a longer
   * piece may begin with, the ids begin with that end. Returns {written, isFinished}: what follows
   * the prompt, and whether that came to its own end.
   * @param {{prompt?: string, seed: bigint|number, temperature?: number|number[], topK?: number,
   *   topP?: number, minP?: number, maxChars?: number}} options as of GenerationOptions
   * @param {?Float32Array} state after what is read of the prompt, if that is known
   */
  *write(options, state = null) {
    const { prompt = "", temperature = 0.7, maxChars = 300 } = options;
    const { vocabulary, network } = this;
    const random = new Randomness(options.seed);
    const temperatures = [temperature].flat();
    const open = vocabulary.openChars(prompt);
    const unread = open ? [...prompt].slice(-open) : [];
    const read = prompt.slice(0, prompt.length - unread.join("").length);
    state = state ? state.slice() : this.feed(this.start(), vocabulary.encode(read));
    const most = unread.length + maxChars;
    const ids = [];
    let isFinished = false;
    let [spelling, written, place] = [VISIBLE.test(prompt) ? BETWEEN : OPENING, 0, 0];
    while (written < most) {
      const { row } = this;
      row.set(network.nextLogits(state));
      const asked = row.slice();
      this.#keepToRules(row, spelling);
      if (written < unread.length) this.#keepToBeginning(row, unread, written);
      const isPossible = filter(row, temperatures[place % temperatures.length], options);
      const id = isPossible ? pick(row, random.uniform()) : IMPOSSIBLE;
      if (id === IMPOSSIBLE) {
        if (spelling > OPENING) while (vocabulary.isContinuation(ids.pop()));
        break;
      }
      isFinished = id === BOUNDARY_ID;
      if (isFinished) break;
      spelling = this.rules[spelling * network.size + id];
      const complete = spelling === BETWEEN ? vocabulary.widths[id] : 0;
      [written, place] = [written + complete, place + complete];
      if (written > most) break;
      ids.push(id);
      network.step(state, id);
      yield { ids, bits: costIn(asked, id), state };
    }
    const text = read + vocabulary.decode(ids);
    return { written: [...text].slice([...prompt].length).join(""), isFinished };
  }

  /**
   * Write a text to its end and return it, the prompt included.
   * @param {object} options as of `write`, and `wholeSentences`
   */
  text(options) {
    const writing = this.write(options);
    let step = writing.next();
    while (!step.done) step = writing.next();
    const { written, isFinished } = step.value;
    const isCut = options.wholeSentences && !isFinished;
    return (options.prompt ?? "") + (isCut ? wholeSentences(written) : written);
  }

  #keepToRules(row, spelling) {
    const { size } = this.network;
    for (let j = 0; j < size; j++) {
      if (this.rules[spelling * size + j] === NEVER) row[j] = -Infinity;
    }
  }

  /** Make impossible what is not how the text goes on, or goes beyond it otherwise. */
  #keepToBeginning(row, unread, written) {
    const left = unread.slice(written);
    this.vocabulary.texts.forEach((text, id) => {
      const chars = [...text];
      const fits =
        !this.vocabulary.isByte(id) &&
        chars.length > 0 &&
        chars.slice(0, left.length).every((char, place) => char === left[place]);
      if (!fits) row[id] = -Infinity;
    });
  }
}

function costIn(logits, id) {
  const own = logits[id];
  const largest = exponentials(logits, 1);
  return (Math.log(massFrom(logits)) + largest - own) / Math.LN2;
}
