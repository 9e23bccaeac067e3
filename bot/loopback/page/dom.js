// Elements without markup strings: text is always text, never HTML.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element. `on…` are listeners, `data` is the dataset, `style` custom properties. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) setProp(node, name, value);
  node.append(...children.flat(3).filter((child) => child || child === 0));
  if (props.value !== undefined) node.value = props.value;
  return node;
}

function setProp(node, name, value) {
  if (value === undefined || value === null || value === false || name === "value") return;
  if (typeof value === "function") node.addEventListener(name.slice(2), value);
  else if (name === "class") node.className = value;
  else if (name === "data") Object.assign(node.dataset, value);
  else if (name === "style") {
    for (const [key, item] of Object.entries(value)) node.style.setProperty(key, item);
  } else node.setAttribute(name, value === true ? "" : value);
}

// Lines, and after a bar what is filled.
const ICONS = {
  hash: "M10 4 8 20M16 4l-2 16M4.5 9h16M3.5 15h16",
  menu: "M4 6h16M4 12h16M4 18h16",
  plus: "M12 5v14M5 12h14",
  send: "M4 12 20 4.5 14.5 20l-3-6.5L4 12Zm7.5 1.5 4-4",
  smile: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM8.5 14.5c2 2.4 5 2.4 7 0M9 9.5h.01M15 9.5h.01",
  reply: "M10 6 4 12l6 6M4.5 12H14c4 0 6 2.5 6 6",
  pencil: "m4 20 1-4.5L16 4.5l3.5 3.5-11 11L4 20ZM13.5 7l3.5 3.5",
  trash: "M5 7h14M10 4h4M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  more: "|M4.4 12a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0-3.2 0M10.4 12a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0-3.2 0M16.4 12a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0-3.2 0",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z",
  auto: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17Z|M12 3.5a8.5 8.5 0 0 1 0 17Z",
  close: "M6 6l12 12M18 6 6 18",
  file: "M7 3h7l4 4v14H7V3ZM14 3v4h4",
  down: "M12 5v13M6.5 12.5 12 18l5.5-5.5",
  chevron: "m6 9 6 6 6-6",
  check: "m5 12.5 4.5 4.5L19 7.5",
  lock: "M6 11h12v9H6v-9ZM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  apps: "M5 5h5v5H5V5ZM14 5h5v5h-5V5ZM5 14h5v5H5v-5ZM16.5 13.5v6M13.5 16.5h6",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12ZM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5Z",
  copy: "M9 9h11v11H9V9ZM5 15H4V4h11v1",
  at: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM16 8v5.5c0 3 4.5 3 4.5-1.5A8.5 8.5 0 1 0 16 19.5",
};

/** Make a line icon; it is hidden from screen readers, so the button around it has a label. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  ICONS[name].split("|").forEach((shape, at) => {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", shape);
    if (at) path.setAttribute("class", "solid");
    svg.append(path);
  });
  return svg;
}

/** Make a square button that shows an icon and speaks its label. */
export function iconButton(name, label, onclick, props = {}) {
  const { class: extra = "", ...rest } = props;
  const given = { type: "button", class: `icon-button ${extra}`, "aria-label": label, title: label };
  return h("button", { ...given, onclick, ...rest }, icon(name));
}

/** Make a picture for somebody who has none: initials on a colour of their own. */
export function avatar(user, size = "") {
  const letters = [...(user.global_name || user.username || "?").replace(/[^\p{L}\p{N} ]/gu, " ").trim()];
  const second = letters.indexOf(" ") + 1;
  const initials = (letters[0] ?? "?") + (second ? (letters[second] ?? "") : (letters[1] ?? ""));
  const look = { class: `avatar ${size}`, "aria-hidden": "true", style: { "--hue": String(hueOf(user.username ?? "")) } };
  return h("span", look, initials);
}

/** A colour of one's own: the name's FNV-1a hash as an angle. */
function hueOf(name) {
  let hash = 2166136261;
  for (const char of name) hash = Math.imul(hash ^ char.codePointAt(0), 16777619);
  return ((hash ^ (hash >>> 15)) >>> 0) % 360;
}

/** Move the focus among a container's items with the arrow keys, one of them being in the tab order. */
export function rove(container, selector, { keys = ["ArrowUp", "ArrowDown"], columns = 1 } = {}) {
  container.addEventListener("keydown", (event) => {
    const items = [...container.querySelectorAll(selector)].filter((item) => !item.disabled);
    const at = items.indexOf(document.activeElement);
    if (at < 0 || event.altKey) return;
    const steps = { [keys[0]]: -columns, [keys[1]]: columns };
    if (columns > 1) Object.assign(steps, { ArrowLeft: -1, ArrowRight: 1 });
    let to = event.key in steps ? at + steps[event.key] : null;
    if (event.key === "Home") to = 0;
    if (event.key === "End") to = items.length - 1;
    if (to === null) return;
    event.preventDefault();
    focusRoving(items, items[Math.max(0, Math.min(items.length - 1, to))]);
  });
}

function focusRoving(items, chosen) {
  for (const item of items) item.tabIndex = item === chosen ? 0 : -1;
  chosen?.focus();
}
