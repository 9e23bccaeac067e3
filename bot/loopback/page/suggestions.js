// A list of completions under the caret of a text field, worked by the arrow keys.

import { h } from "./dom.js";

let lists = 0;

/**
 * Completions for a field.
 *
 * `find(field)` returns (a promise of) null or {title, items}; an item is
 * {label, usage, detail, hint, mark} and is handed to `accept(item, field)`. Where the list is
 * `optional`, what stands in the field is enough: nothing is chosen until an arrow or Tab is pressed.
 */
export class Suggestions {
  #asked = 0;

  constructor(field, { anchor = field, find, accept, always = false }) {
    Object.assign(this, { field, anchor, find, accept, always });
    this.items = [];
    this.at = 0;
    lists += 1;
    this.box = h("div", { class: "suggestions", id: `suggestions-${lists}`, role: "listbox", "aria-label": "Suggestions" });
    field.setAttribute("aria-autocomplete", "list");
    field.addEventListener("input", () => this.update());
    field.addEventListener("click", () => this.update());
    field.addEventListener("focus", () => always && this.update());
    field.addEventListener("blur", () => this.close());
    this.box.addEventListener("pointerdown", (event) => this.#pressed(event));
  }

  get open() {
    return this.items.length > 0;
  }

  async update() {
    this.#asked += 1;
    const asked = this.#asked;
    const found = await Promise.resolve(this.find(this.field)).catch(() => null);
    if (asked !== this.#asked) return; // a later question has been asked
    if (!found?.items.length || document.activeElement !== this.field) this.close();
    else this.#show(found);
  }

  close() {
    this.#asked += 1;
    this.items = [];
    this.box.remove();
    this.field.removeAttribute("aria-activedescendant");
    this.field.removeAttribute("aria-controls"); // of a list that is not there
  }

  /** Handle a key of the field; returns whether it was meant for the list. */
  keydown(event) {
    if (!this.open || event.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const from = this.at < 0 && step < 0 ? 0 : this.at;
    if (step) this.#choose((from + step + this.items.length) % this.items.length);
    else if (event.key === "Escape") this.close();
    else if (event.shiftKey) return false;
    else if (event.key === "Enter" && this.at >= 0) this.#take(this.items[this.at]);
    else if (event.key === "Tab") this.#take(this.items[Math.max(0, this.at)]);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #take(item) {
    this.close();
    this.accept(item, this.field);
  }

  #pressed(event) {
    event.preventDefault(); // the field keeps the focus
    const node = event.target.closest("[role=option]");
    if (node) this.#take(this.items[Number(node.dataset.at)]);
  }

  #show({ title, items, optional = false }) {
    this.items = items;
    const options = items.map((item, at) => h("div", {
      role: "option", id: `${this.box.id}-${at}`, data: { at }, class: "suggestion",
    }, item.mark && h("span", { class: "mark" }, item.mark), h("span", { class: "label" }, item.label, item.usage && h("span", { class: "usage" }, ` ${item.usage}`)),
    item.detail && h("span", { class: "detail" }, item.detail), item.hint && h("span", { class: "hint" }, item.hint)));
    this.box.replaceChildren(...(title ? [h("p", { class: "suggestions-title", "aria-hidden": "true" }, title)] : []), ...options);
    document.body.append(this.box);
    this.field.setAttribute("aria-controls", this.box.id);
    this.#place();
    this.#choose(optional ? -1 : 0);
  }

  #place() {
    const rect = this.anchor.getBoundingClientRect();
    const { style } = this.box;
    const width = Math.min(Math.max(rect.width, 260), innerWidth - 16);
    style.width = `${width}px`;
    style.left = `${Math.max(8, Math.min(rect.left, innerWidth - width - 8))}px`;
    const above = rect.top > 240 || rect.top > innerHeight - rect.bottom;
    style.top = above ? "" : `${rect.bottom + 6}px`;
    style.bottom = above ? `${innerHeight - rect.top + 6}px` : "";
    style.maxHeight = `${Math.min(340, above ? rect.top - 12 : innerHeight - rect.bottom - 12)}px`;
  }

  #choose(at) {
    this.at = at;
    for (const node of this.box.querySelectorAll("[role=option]")) {
      node.ariaSelected = String(Number(node.dataset.at) === at);
    }
    const chosen = this.box.querySelector("[aria-selected=true]");
    chosen?.scrollIntoView({ block: "nearest" });
    if (chosen) this.field.setAttribute("aria-activedescendant", chosen.id);
    else this.field.removeAttribute("aria-activedescendant");
  }
}
