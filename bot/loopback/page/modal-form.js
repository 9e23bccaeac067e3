// Forms that bots open: labels and text fields in a dialog.

import { h } from "./dom.js";
import { markdown } from "./markdown.js";
import { openDialog } from "./popover.js";

const ROW = 1;
const SELECT = 3;
const TEXT_INPUT = 4;
const TEXT = 10;
const LABEL = 18;
const PARAGRAPH = 2;

/** Show a form and send it when it is filled in. */
export function openModal(modal, channel, client) {
  const fields = [];
  const problem = h("p", { class: "problem", role: "alert" });
  const send = h("button", { type: "submit", class: "button primary" }, "Submit");
  const cancel = h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Cancel");
  const form = h("form", { method: "dialog" },
    h("h2", { id: "modal-title" }, modal.title),
    h("p", { class: "modal-from" }, `A form of ${modal.application?.name ?? "an app"}`),
    modal.components.map((component) => part(component, fields, client)),
    problem, h("div", { class: "dialog-foot" }, cancel, send));
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "modal-title" }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    send.disabled = true;
    problem.textContent = "";
    try {
      const outcome = await client.interactions.submit(modal, channel, modal.components.map((item) => answer(item, fields)).filter(Boolean));
      if (outcome.ok) dialog.close();
      else problem.textContent = "Something went wrong with the form; try again.";
    } catch (error) {
      problem.textContent = error.message;
    }
    send.disabled = false;
  });
  openDialog(dialog);
  fields[0]?.input.focus();
}

function part(component, fields, client) {
  if (component.type === ROW) return component.components.map((child) => field(child, child.label, "", fields));
  if (component.type === LABEL) return field(component.component, component.label, component.description, fields);
  if (component.type === TEXT) return h("div", { class: "text" }, markdown(component.content, client.names));
  return null;
}

function field(component, label, description, fields) {
  const id = `modal-${fields.length}`;
  const input = component.type === SELECT ? choice(component, id) : entry(component, id);
  if (!input) return null;
  fields.push({ component, input });
  return h("p", { class: "modal-field" },
    h("label", { for: id }, label, input.required && h("span", { class: "required", "aria-hidden": "true" }, " *")),
    description && h("small", {}, description), input);
}

function entry(component, id) {
  if (component.type !== TEXT_INPUT) return null;
  const long = component.style === PARAGRAPH;
  return h(long ? "textarea" : "input", {
    id, rows: long ? "4" : null, type: long ? null : "text",
    required: component.required !== false, placeholder: component.placeholder,
    minlength: component.min_length, maxlength: component.max_length ?? 4000, value: component.value ?? "",
  });
}

function choice(component, id) {
  const { options, max_values: most = 1 } = component;
  return h("select", { id, multiple: most > 1, required: component.required !== false },
    options.map((option) => h("option", { value: option.value, selected: option.default }, option.label)));
}

/** Return a component as it is sent back: its id and what was filled in. */
function answer(component, fields) {
  if (component.type === ROW) return { type: ROW, components: component.components.map((child) => filled(child, fields)) };
  if (component.type === LABEL) return { type: LABEL, id: component.id, component: filled(component.component, fields) };
  return null;
}

function filled(component, fields) {
  const input = fields.find((item) => item.component === component)?.input;
  const { type, custom_id } = component;
  if (type === SELECT) return { type, custom_id, values: [...input.selectedOptions].map((option) => option.value) };
  return { type, custom_id, value: input?.value ?? "" };
}
