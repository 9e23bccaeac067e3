// One option of a command as a field: text, number, or something chosen of a list.

import { OPTION, nested } from "./commands.js";
import { h } from "./dom.js";
import { entities, findEntities } from "./entities.js";
import { Suggestions } from "./suggestions.js";

const PAUSE_MS = 120;
const MOST = 25;
const YES_NO = [{ name: "True", value: true }, { name: "False", value: false }];
const ENTITY_KINDS = {
  [OPTION.USER]: ["user"], [OPTION.CHANNEL]: ["channel"], [OPTION.ROLE]: ["role"], [OPTION.MENTIONABLE]: ["user", "role"],
};
const SIGNS = /^[#@]/;
let fields = 0;

export class OptionField {
  /** @param form the command form: {command, client, anchor, values(except), chose(field)} */
  constructor(option, form) {
    this.option = option;
    this.form = form;
    this.chosen = null; // {name, value} of the list, if one was taken
    fields += 1;
    const id = `option-${fields}`;
    this.input = this.#makeInput(id);
    this.node = h("span", { class: "option", data: { required: String(Boolean(option.required)) } },
      h("label", { for: id }, option.name), this.input);
    this.suggestions = this.#listed() ? this.#makeSuggestions() : null;
  }

  get file() {
    return this.option.type === OPTION.ATTACHMENT ? this.input.files[0] : undefined;
  }

  get empty() {
    return this.option.type === OPTION.ATTACHMENT ? !this.file : this.input.value === "";
  }

  #makeInput(id) {
    const { type, description, max_length: maxlength } = this.option;
    if (type === OPTION.ATTACHMENT) return h("input", { id, type: "file", "aria-description": description });
    const numeric = { [OPTION.INTEGER]: "numeric", [OPTION.NUMBER]: "decimal" }[type];
    const input = h("input", { id, type: "text", inputmode: numeric, maxlength, "aria-description": description, "aria-required": String(Boolean(this.option.required)) });
    const fit = () => {
      input.size = Math.max(4, Math.min(28, input.value.length + 1));
    };
    input.addEventListener("input", () => {
      if (this.chosen && this.chosen.name !== input.value) this.chosen = null;
      fit();
    });
    fit();
    return input;
  }

  #listed() {
    const { type, choices, autocomplete } = this.option;
    return choices?.length || autocomplete || type === OPTION.BOOLEAN || type in ENTITY_KINDS;
  }

  #makeSuggestions() {
    const accept = (item, input) => {
      this.chosen = item.choice;
      input.value = item.choice.name;
      input.size = Math.max(4, Math.min(28, input.value.length + 1));
      this.form.chose(this);
    };
    const find = () => this.#find(this.input.value);
    return new Suggestions(this.input, { anchor: this.form.anchor, find, accept, always: true });
  }

  async #find(text) {
    const { type, choices, autocomplete, name } = this.option;
    const typed = this.chosen ? "" : text.replace(type in ENTITY_KINDS ? SIGNS : "", "");
    if (type in ENTITY_KINDS) return { title: name, items: this.#entities(typed) };
    const fixed = choices?.length ? choices : type === OPTION.BOOLEAN ? YES_NO : null;
    if (fixed) return { title: name, items: fixed.filter(startsLike(typed)).map(choiceItem) };
    if (!autocomplete) return null;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    if (this.input.value !== text) return null;
    return { title: name, items: (await this.#ask(text)).slice(0, MOST).map(choiceItem) };
  }

  #entities(text) {
    const { store, channel } = this.form.client;
    const all = entities(store, store.guildOf(channel), ENTITY_KINDS[this.option.type], this.option.channel_types);
    return findEntities(all, text).slice(0, MOST).map((item) => ({
      label: item.label, mark: item.mark, choice: { name: item.label, value: item.value },
    }));
  }

  #ask(text) {
    const { client, command } = this.form;
    const { type, name } = this.option;
    const focused = { type, name, value: text, focused: true };
    const options = nested(command, [...this.form.values(this), focused]);
    return client.interactions.complete(command, client.channel, { options });
  }

  /** Return what is sent, as far as the field makes sense; undefined otherwise. */
  draft() {
    try {
      return this.value();
    } catch {
      return undefined;
    }
  }

  /** Return what is sent; throws an Error whose message is a sentence. */
  value() {
    const { type, name, choices } = this.option;
    if (type === OPTION.ATTACHMENT) return this.file ? 0 : undefined;
    const text = this.input.value;
    if (this.chosen) return this.chosen.value;
    if (choices?.length || type === OPTION.BOOLEAN) return this.#named(choices?.length ? choices : YES_NO, text);
    if (type in ENTITY_KINDS) {
      const wanted = text.replace(SIGNS, "").toLowerCase();
      const found = this.#entities(wanted).map((item) => item.choice);
      return this.#named(found, wanted);
    }
    if (type === OPTION.INTEGER || type === OPTION.NUMBER) return this.#number(text);
    const least = this.option.min_length ?? 0;
    if (text.length < least) throw new Error(`${name} needs at least ${least} characters.`);
    return text;
  }

  #named(list, text) {
    const found = list.find((choice) => choice.name.toLowerCase() === text.toLowerCase());
    if (!found) throw new Error(`Choose one of the list for ${this.option.name}.`);
    return found.value;
  }

  #number(text) {
    const { name, type, min_value: least = -Infinity, max_value: most = Infinity } = this.option;
    const value = Number(text.replace(",", "."));
    if (!text.trim() || Number.isNaN(value)) throw new Error(`${name} must be a number.`);
    if (type === OPTION.INTEGER && !Number.isInteger(value)) throw new Error(`${name} must be a whole number.`);
    if (value < least) throw new Error(`${name} must be at least ${least}.`);
    if (value > most) throw new Error(`${name} must be at most ${most}.`);
    return value;
  }
}

function startsLike(text) {
  return (choice) => choice.name.toLowerCase().includes(text.toLowerCase());
}

function choiceItem(choice) {
  return { label: choice.name, choice };
}
