// Buttons, menus and laid-out parts of messages.

import { h, icon } from "./dom.js";
import { entities, withMark } from "./entities.js";
import { markdown } from "./markdown.js";
import { openList } from "./popover.js";
import { picture } from "./attachments.js";

const BUTTON_STYLES = { 1: "primary", 2: "", 3: "success", 4: "danger", 5: "link" };
const ENTITY_SELECTS = { 5: ["user"], 6: ["role"], 7: ["user", "role"], 8: ["channel"] };

/** Return the elements of a message's components. */
export function components(message, client) {
  return (message.components ?? []).map((component) => build(component, message, client)).filter(Boolean);
}

function build(component, message, client) {
  return BUILDERS[component.type]?.(component, message, client) ?? null;
}

function children(component, message, client) {
  return (component.components ?? []).map((child) => build(child, message, client));
}

const BUILDERS = {
  1: (component, message, client) => h("div", { class: "component-row" }, children(component, message, client)),
  2: button,
  3: stringSelect,
  5: entitySelect,
  6: entitySelect,
  7: entitySelect,
  8: entitySelect,
  9: (component, message, client) => h("div", { class: "section" },
    h("div", { class: "section-text" }, children(component, message, client)),
    component.accessory && build(component.accessory, message, client)),
  10: (component, message, client) => h("div", { class: "text" }, markdown(component.content, client.names)),
  11: (component, _, client) => picture(component.media, { client, alt: component.description, small: true }),
  12: (component, _, client) => h("div", { class: "gallery" },
    component.items.map((item) => picture(item.media, { client, alt: item.description }))),
  14: (component) => h("hr", { class: component.divider === false ? "spacer" : "" }),
  17: (component, message, client) => h("div", { class: "embed container", style: accent(component.accent_color) },
    children(component, message, client)),
};

function accent(color) {
  return color === null || color === undefined ? {} : { "--embed": `#${color.toString(16).padStart(6, "0")}` };
}

function emojiText(emoji) {
  return emoji && h("span", { class: "emoji" }, emoji.id ? `:${emoji.name}:` : emoji.name);
}

function button(component, message, client) {
  const content = [emojiText(component.emoji), component.label && h("span", {}, component.label)];
  if (component.style === 5) {
    const props = { class: "button link", href: component.url, target: "_blank", rel: "noopener noreferrer" };
    return h("a", props, content, h("span", { "aria-hidden": "true" }, "↗"));
  }
  const node = h("button", {
    type: "button",
    class: `button ${BUTTON_STYLES[component.style] ?? ""}`,
    disabled: component.disabled,
    data: { focus: component.custom_id },
    "aria-label": component.label ? null : component.emoji?.name,
  }, content);
  node.addEventListener("click", () => press(node, component, message, client));
  return node;
}

/** Send a press, show that it is under way, and say so when nothing came of it. */
async function press(node, component, message, client, values) {
  if (node.getAttribute("aria-busy") === "true") return;
  node.setAttribute("aria-busy", "true");
  let problem = "";
  try {
    const outcome = await client.interactions.press(message, client.channelOf(message), component, values);
    if (!outcome.ok) problem = "This interaction failed.";
  } catch (error) {
    problem = error.message;
  }
  node.removeAttribute("aria-busy");
  client.noteUnder(message.id, problem);
}

function stringSelect(component, message, client) {
  const options = component.options.map((option) => ({
    value: option.value,
    label: option.label,
    description: option.description,
    mark: emojiText(option.emoji),
    chosen: option.default,
  }));
  return select(component, message, client, () => options, false);
}

function entitySelect(component, message, client) {
  const guild = client.store.guildOf(client.channelOf(message));
  const defaults = new Set((component.default_values ?? []).map((item) => item.id));
  const list = () => entities(client.store, guild, ENTITY_SELECTS[component.type], component.channel_types)
    .map((item) => ({ ...withMark(item), chosen: defaults.has(item.value) }));
  return select(component, message, client, list, true);
}

function select(component, message, client, list, searchable) {
  const placeholder = component.placeholder || "Make a selection";
  const text = h("span", { class: "select-text" }, chosenText(list().filter((item) => item.chosen)) || placeholder);
  const node = h("button", {
    type: "button", class: "select", disabled: component.disabled, data: { focus: component.custom_id },
    "aria-haspopup": "listbox", "aria-label": `${placeholder}: ${text.textContent}`,
  }, text, icon("chevron"));
  const open = () => openList({
    anchor: node,
    label: placeholder,
    options: list(),
    min: component.min_values ?? 1,
    max: component.max_values ?? 1,
    searchable,
    done: (values) => {
      const labels = list().filter((item) => values.includes(item.value));
      text.textContent = chosenText(labels) || placeholder;
      node.setAttribute("aria-label", `${placeholder}: ${text.textContent}`);
      press(node, component, message, client, values);
    },
  });
  node.addEventListener("click", open);
  node.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" || node.disabled) return;
    event.preventDefault();
    event.stopPropagation();
    open();
  });
  return node;
}

function chosenText(items) {
  return items.map((item) => item.label).join(", ");
}
