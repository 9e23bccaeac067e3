// Changing one's own message in its place.

import { h } from "./dom.js";
import { attachCompletion } from "./text-completion.js";

/** Open an editor in a message's row; Enter saves, Esc leaves it as it was. */
export function startEditor(message, client, text) {
  const area = h("textarea", { "aria-label": "Edit the message", rows: "1", value: text });
  const save = h("button", { type: "button", class: "text-button" }, "Save");
  const cancel = h("button", { type: "button", class: "text-button" }, "Cancel");
  const box = h("div", { class: "edit-box" }, area, h("p", { class: "foot-note" }, "Enter to ", save, " · Esc to ", cancel));
  const suggestions = attachCompletion(area, client);
  const end = () => {
    suggestions.close();
    client.list.edit(null);
    client.focusComposer();
  };
  const finish = () => {
    const changed = area.value.trim();
    end();
    if (changed) client.outbox.saveEdit(message, changed);
    else client.rowTools.remove(message);
  };
  const fit = () => {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  };
  area.addEventListener("input", fit);
  area.addEventListener("keydown", (event) => {
    if (suggestions.keydown(event) || event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) finish();
    else if (event.key === "Escape") end();
    else return;
    event.preventDefault();
  });
  save.addEventListener("click", finish);
  cancel.addEventListener("click", end);
  client.list.edit(message.id, box);
  fit();
  area.focus();
  area.setSelectionRange(area.value.length, area.value.length);
  box.scrollIntoView({ block: "nearest" });
}
