// A command being filled in: its options as fields in the message box.

import { nested, OPTION } from "./commands.js";
import { h, iconButton } from "./dom.js";
import { OptionField } from "./option-field.js";

export class CommandForm {
  /** @param onend called when the form is sent (with what to send) or given up (with null). */
  constructor(command, client, { onend, onproblem }) {
    Object.assign(this, { command, client, onend, onproblem });
    this.fields = [];
    this.hint = h("p", { class: "command-hint", "aria-live": "polite" });
    this.anchor = this.hint; // lists of suggestions open above it
    // A button, so that a command without options has something to press Enter on.
    this.name = h("button", { type: "submit", class: "command-name", "aria-label": `Run /${command.fullName}` }, `/${command.fullName}`);
    this.row = h("div", { class: "command-fields" }, this.name);
    this.more = h("div", { class: "command-more" });
    const cancel = iconButton("close", "Cancel the command", () => onend(null), { class: "small" });
    const label = `Command ${command.fullName}: ${command.description}`;
    this.node = h("div", { class: "command-form", role: "group", "aria-label": label },
      cancel, h("div", { class: "command-main" }, this.row, this.more));
    for (const option of command.fields) if (option.required) this.#add(option);
    this.#showMore();
    this.#describe(null);
    this.node.addEventListener("keydown", (event) => this.#keydown(event));
    this.node.addEventListener("focusin", (event) => this.#describe(this.#fieldOf(event.target)));
  }

  focus() {
    const target = this.fields.find((field) => field.empty) ?? this.fields[0];
    (target?.input ?? this.name).focus();
  }

  #add(option) {
    const field = new OptionField(option, this);
    this.fields.push(field);
    this.row.append(field.node);
    return field;
  }

  #remove(field) {
    field.suggestions?.close();
    const at = this.fields.indexOf(field);
    this.fields.splice(at, 1);
    field.node.remove();
    this.#showMore();
    (this.fields[at - 1]?.input ?? this.name).focus();
  }

  /** Offer the optional options that are not filled in yet. */
  #showMore() {
    const shown = new Set(this.fields.map((field) => field.option));
    const rest = this.command.fields.filter((option) => !shown.has(option));
    const chips = rest.map((option) => h("button", {
      type: "button", class: "chip", title: option.description, "aria-description": option.description,
      onclick: () => {
        const field = this.#add(option);
        this.#showMore();
        field.input.focus();
      },
    }, `+ ${option.name}`));
    this.more.replaceChildren(...chips);
    this.more.hidden = !chips.length;
  }

  #fieldOf(target) {
    return this.fields.find((field) => field.node.contains(target)) ?? null;
  }

  #describe(field) {
    const option = field?.option;
    const parts = option
      ? [h("b", {}, option.name), ` ${option.description}`, option.required ? " (required)" : ""]
      : [h("b", {}, `/${this.command.fullName}`), ` ${this.command.description}`];
    this.hint.replaceChildren(...parts);
  }

  #keydown(event) {
    const field = this.#fieldOf(event.target);
    if (field?.suggestions?.keydown(event)) return;
    if (event.key === "Escape") {
      event.preventDefault();
      this.onend(null);
    } else if (event.key === "Enter" && field && !event.isComposing) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Backspace" && field?.empty && field.input.type === "text") {
      event.preventDefault();
      if (field.option.required) this.onend(null);
      else this.#remove(field);
    } else if (event.target === this.name) this.#typedOnName(event);
  }

  /** Text typed where none of the options is open yet goes into the first of them. */
  #typedOnName(event) {
    if (event.key === "Backspace") this.onend(null);
    if (event.key.length !== 1 || event.key === " " || event.ctrlKey || event.metaKey || this.fields.length) return;
    const option = this.command.fields.find((item) => item.type !== OPTION.ATTACHMENT);
    if (!option) return;
    const field = this.#add(option);
    this.#showMore();
    field.input.focus(); // before the character arrives, which is then typed there
  }

  /** Go on to the next empty field once something of a list was taken. */
  chose(field) {
    const next = this.fields.slice(this.fields.indexOf(field) + 1).find((item) => item.empty);
    next?.input.focus();
  }

  /** Return the values so far, without those of one field. */
  values(except) {
    return this.fields.filter((field) => field !== except && !field.empty)
      .map((field) => ({ type: field.option.type, name: field.option.name, value: field.draft() }))
      .filter((item) => item.value !== undefined);
  }

  /** Send the command, or say what is wrong with it. */
  submit() {
    const options = [];
    const files = [];
    for (const field of this.fields) {
      try {
        if (field.empty && !field.option.required) continue;
        if (field.empty) throw new Error(`${field.option.name} is required.`);
        const value = field.file ? files.push(field.file) - 1 : field.value();
        options.push({ type: field.option.type, name: field.option.name, value });
      } catch (error) {
        field.input.setAttribute("aria-invalid", "true");
        field.input.focus();
        this.onproblem(error.message);
        return;
      }
    }
    const attachments = files.map((file, id) => ({ id, filename: file.name }));
    this.onend({ data: { options: nested(this.command, options), attachments }, files });
  }

  close() {
    for (const field of this.fields) field.suggestions?.close();
    this.node.remove();
    this.hint.remove();
  }
}
