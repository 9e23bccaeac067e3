// The page: its parts put together. It starts where there is an element for it, so that the
// module can also be imported for its Engine alone.

import { showBars } from "./bars.js";
import { Engine } from "./engine.js";
import { Reading } from "./reading.js";
import { level, shown, visible } from "./words.js";

const LONGEST_SEED = 2 ** 32;
const PAUSE_MS = 900; // of typing, before what follows is said aloud

const find = (id) => document.getElementById(id);

/** Return what a page has in itself under an id, or what lies beside it. */
async function loaded(id, file) {
  const held = find(id)?.textContent;
  if (held) return fromBase64(held).buffer;
  const answer = await fetch(file);
  if (!answer.ok) throw new Error(`${file}: ${answer.status}`);
  return answer.arrayBuffer();
}

function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const held = atob(text);
  const bytes = new Uint8Array(held.length);
  for (let place = 0; place < held.length; place++) bytes[place] = held.charCodeAt(place);
  return bytes;
}

/** Return what a link asks for; nothing but how a text begins and the seed is ever in one. */
function asked() {
  const said = new URLSearchParams(location.hash.slice(1));
  const seed = said.get("s") ?? "";
  const isSeed = /^\d{1,20}$/.test(seed) && BigInt(seed) < 2n ** 64n;
  return { prompt: (said.get("p") ?? "").slice(0, 2000), seed: isSeed ? BigInt(seed) : newSeed() };
}

function newSeed() {
  return BigInt(Math.floor(Math.random() * LONGEST_SEED));
}

class View {
  constructor(engine) {
    this.engine = engine;
    this.field = find("text");
    const options = () => ({
      temperature: Number(find("temperature").value),
      maxChars: Number(find("length").value),
    });
    this.options = options;
    this.reading = new Reading(engine, options, (_, isNew) => this.#show(isNew));
    this.#listen();
  }

  /** Show a text and how it goes on. */
  set(text, seed = this.reading.seed) {
    this.field.value = text;
    this.field.setSelectionRange(text.length, text.length);
    return this.take(seed);
  }

  take(seed = this.reading.seed) {
    for (const name of ["temperature", "length"]) find(`${name}-value`).textContent = find(name).value;
    const written = this.reading.take(this.field.value, seed);
    this.showNext();
    return written;
  }

  get cursor() {
    return this.field.selectionStart;
  }

  #show(isNew) {
    const { reading } = this;
    const mirror = find("mirror");
    if (isNew) {
      this.seen = 0;
      mirror.replaceChildren(...reading.known.map((piece) => span(piece, "typed")));
      this.#tell();
    }
    const added = reading.following.slice(this.seen);
    // The last piece is shown again: bytes may still be added to it.
    if (this.seen && reading.following.length) {
      mirror.lastChild.replaceWith(span(reading.following[this.seen - 1], "ghost"));
    }
    mirror.append(...added.map((piece) => span(piece, "ghost")));
    if (!this.seen && added.length) performance.mark("textgen-first-character");
    this.seen = reading.following.length;
    if (reading.isDone) this.#sayLater();
  }

  #tell() {
    const { known, seed } = this.reading;
    find("seed").textContent = seed;
    const told = find("told");
    if (!known.length) {
      told.textContent = "";
      return;
    }
    const bits = known.reduce((sum, piece) => sum + piece.bits, 0);
    const chars = known.reduce((sum, piece) => sum + [...piece.text].length, 0);
    const worst = known.reduce((most, piece) => (piece.bits > most.bits ? piece : most));
    told.textContent =
      `Your text costs the model ${(bits / chars).toFixed(1)} bits a character;` +
      ` “${visible(worst.text)}” was its greatest surprise, ${worst.bits.toFixed(1)} bits.`;
  }

  #sayLater() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      find("said").textContent = `It might go on: ${this.reading.rest}`;
    }, PAUSE_MS);
  }

  /** Show what may follow the cursor. */
  showNext() {
    const { text, state } = this.reading.at(this.cursor);
    const ways = this.engine.next(text, state, this.options());
    const open = this.engine.vocabulary.openChars(text);
    showBars(find("bars"), this.engine.vocabulary, ways, (id) => {
      const piece = shown([...this.engine.vocabulary.texts[id]].slice(open).join(""));
      this.set(this.field.value.slice(0, this.cursor) + piece);
      this.field.focus();
    });
  }

  #takeWord() {
    const word = this.reading.rest.match(/^\s*\S+\s?/)?.[0] ?? this.reading.rest;
    this.set(this.field.value + word);
  }

  #branch(at) {
    this.set((this.field.value + this.reading.rest).slice(0, at), newSeed());
    this.field.focus();
  }

  #listen() {
    const { field } = this;
    field.addEventListener("input", () => this.take());
    for (const name of ["temperature", "length"]) {
      find(name).addEventListener("input", () => this.take());
    }
    document.addEventListener("selectionchange", () => {
      if (document.activeElement === field) this.showNext();
    });
    field.addEventListener("click", ({ clientX, clientY }) => {
      const ghost = document.elementsFromPoint(clientX, clientY).find((e) => e.className.startsWith("ghost"));
      if (ghost && field.selectionStart === field.selectionEnd) this.#branch(beginOf(ghost));
    });
    field.addEventListener("keydown", (event) => this.#press(event));
    find("another").onclick = () => this.take(newSeed());
    find("word").onclick = () => this.#takeWord();
    find("all").onclick = () => this.set(field.value + this.reading.rest);
    find("branch").onclick = () => this.#branch(this.cursor);
    find("share").onclick = () => this.#share();
  }

  #press(event) {
    const atEnd = this.cursor === this.field.value.length && this.field.selectionEnd === this.cursor;
    const isPlain = !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey;
    if (event.key === "ArrowRight" && atEnd && isPlain) this.#takeWord();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#branch(this.cursor);
    else return;
    event.preventDefault();
  }

  async #share() {
    const said = new URLSearchParams({ p: this.field.value, s: String(this.reading.seed) });
    history.replaceState(null, "", `#${said}`);
    try {
      await navigator.clipboard.writeText(location.href);
      find("said").textContent = "The link is copied.";
      find("told").textContent = "The link is copied. It holds your text and the seed, nothing else.";
    } catch {
      find("told").textContent = "The link is in the address bar.";
    }
  }
}

function span(piece, kind) {
  const made = document.createElement("span");
  made.className = `${kind} s${level(piece)}`;
  made.textContent = piece.text;
  return made;
}

/** Return how many places of the whole text lie before a piece of the mirror. */
function beginOf(node) {
  let count = 0;
  for (let before = node.previousSibling; before; before = before.previousSibling) {
    count += before.textContent.length;
  }
  return count;
}

async function open() {
  try {
    const [file, wasm] = await Promise.all([
      loaded("model", "model.safetensors"),
      loaded("products", "products.wasm"),
    ]);
    const engine = new Engine(file, wasm);
    const view = new View(engine);
    const { prompt, seed } = asked();
    find("waiting").hidden = true;
    find("paper").hidden = find("beside").hidden = false;
    view.set(prompt, seed);
    find("text").focus({ preventScroll: true });
    addEventListener("hashchange", () => view.set(asked().prompt, asked().seed));
    return view;
  } catch (error) {
    find("waiting").textContent = `The model could not be loaded (${error.message}).`;
    throw error;
  }
}

/** What becomes of the page; null where the module was imported for its Engine. */
export const opened = globalThis.document?.getElementById("textgen") ? open() : null;
