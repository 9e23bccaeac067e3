// The text that somebody types, what each of its characters cost, and how it might go on.

import { meant, pieces } from "./words.js";

const SLICE_MS = 8; // of writing between two frames

export class Reading {
  /**
   * @param {Engine} engine
   * @param {function(): {temperature: number, maxChars: number}} options how is written
   * @param {function(Reading, boolean)} changed told as the text or what follows it changes, and
   *   whether it is the first time since the text did
   */
  constructor(engine, options, changed) {
    Object.assign(this, { engine, options, changed });
    this.steps = [];
    this.typed = "";
    this.following = [];
    this.seed = 0n;
    this.run = 0;
    this.isDone = true;
  }

  /** Take in a text, and write how it goes on. */
  take(typed, seed = this.seed) {
    [this.typed, this.seed] = [typed, seed];
    const { engine } = this;
    this.text = meant(typed);
    this.steps = engine.read(this.text, this.steps);
    this.known = pieces(engine.vocabulary, this.steps);
    return this.#goOn();
  }

  /** Return the state after what is read of the first characters, and those. */
  at(count) {
    const text = meant(this.typed.slice(0, count));
    const ids = this.engine.vocabulary.encode(readPart(this.engine.vocabulary, text));
    const isSame = ids.every((id, place) => this.steps[place]?.id === id);
    const state = isSame
      ? (this.steps[ids.length - 1]?.state ?? this.engine.start())
      : this.engine.feed(this.engine.start(), ids);
    return { text, state };
  }

  async #goOn() {
    const run = ++this.run;
    const { text, state } = this.at(this.typed.length);
    const { vocabulary } = this.engine;
    const open = vocabulary.openChars(text);
    const writing = this.engine.write({ prompt: text, seed: this.seed, ...this.options() }, state);
    const steps = [];
    [this.following, this.isDone] = [[], false];
    this.changed(this, true);
    for (;;) {
      const until = performance.now() + SLICE_MS;
      do {
        const { done, value } = writing.next();
        this.isDone = done;
        if (!done) steps.push({ id: value.ids.at(-1), bits: value.bits });
      } while (!this.isDone && performance.now() < until);
      this.following = without(open, pieces(vocabulary, steps));
      this.changed(this, false);
      if (this.isDone) return;
      await new Promise(requestAnimationFrame);
      if (run !== this.run) return;
    }
  }

  /** Return what might follow, as text. */
  get rest() {
    return this.following.map(({ text }) => text).join("");
  }
}

function readPart(vocabulary, text) {
  const open = vocabulary.openChars(text);
  return open ? [...text].slice(0, -open).join("") : text;
}

/** Return pieces without the characters at their beginning that are typed already. */
function without(count, found) {
  const kept = [];
  for (const piece of found) {
    const chars = [...piece.text];
    const rest = chars.slice(count).join("");
    count = Math.max(0, count - chars.length);
    if (rest) kept.push({ text: rest, bits: piece.bits });
  }
  return kept;
}
