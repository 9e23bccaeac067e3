// Small windows above the page: menus, the emoji picker, lists to choose from, dialogs.

import { avatar, h, icon, rove } from "./dom.js";
import { EMOJI, findEmoji } from "./emoji.js";

const GAP = 6;
let closeOpen = null;

/** Show an element beside an anchor (an element, or {x, y}); returns a function that closes it. */
export function showPopover(node, anchor, { onclose = () => {}, side = "above" } = {}) {
  closeOpen?.();
  const before = document.activeElement;
  node.classList.add("popover");
  document.body.append(node);
  place(node, anchor, side);
  const outside = (event) => !node.contains(event.target) && close();
  const keys = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    close();
  };
  const close = ({ focusBack = true } = {}) => {
    if (closeOpen !== close) return;
    closeOpen = null;
    const held = node.contains(document.activeElement) || document.activeElement === document.body;
    node.remove();
    document.removeEventListener("pointerdown", outside, true);
    window.removeEventListener("resize", close);
    onclose();
    if (focusBack && held && before?.isConnected) before.focus();
  };
  closeOpen = close;
  node.addEventListener("keydown", keys);
  document.addEventListener("pointerdown", outside, true);
  window.addEventListener("resize", close);
  return close;
}

function place(node, anchor, side) {
  const box = anchor.getBoundingClientRect?.() ?? { left: anchor.x, right: anchor.x, top: anchor.y, bottom: anchor.y };
  const { offsetWidth: width, offsetHeight: height } = node;
  const above = box.top - GAP - height;
  const below = box.bottom + GAP;
  const fitsBelow = below + height <= innerHeight - GAP;
  const top = side === "below" ? (fitsBelow ? below : above) : above >= GAP ? above : below;
  const left = Math.min(box.left, innerWidth - width - GAP);
  node.style.left = `${Math.max(GAP, left)}px`;
  node.style.top = `${Math.max(GAP, Math.min(top, innerHeight - height - GAP))}px`;
}

/**
 * Open a menu.
 *
 * An item is {label, icon, run, danger}, a {heading} or a {line: true}; falsy items are left out.
 */
export function openMenu(items, anchor, label) {
  const shown = items.filter(Boolean);
  const menu = h("div", { class: "menu", role: "menu", "aria-label": label });
  const close = (run) => {
    shut();
    run();
  };
  for (const item of shown) {
    if (item.heading) menu.append(h("p", { class: "menu-heading" }, item.heading));
    else if (item.line) menu.append(h("hr"));
    else menu.append(menuItem(item, close));
  }
  rove(menu, "[role=menuitem]");
  const shut = showPopover(menu, anchor, { side: "below" });
  const first = menu.querySelector("[role=menuitem]");
  if (first) {
    first.tabIndex = 0;
    first.focus();
  }
}

function menuItem(item, close) {
  const props = { type: "button", role: "menuitem", tabindex: "-1", onclick: () => close(item.run) };
  return h("button", { ...props, class: item.danger ? "danger" : "" }, h("span", {}, item.label), icon(item.icon));
}

/** Let the person choose an emoji. */
export function openEmojiPicker(anchor, choose) {
  const grid = h("div", { class: "emoji-grid", role: "listbox", "aria-label": "Emoji" });
  const pick = (char) => {
    close();
    choose(char);
  };
  const fill = (items) => grid.replaceChildren(...items.map((item, at) => h("button", {
    type: "button", role: "option", "aria-selected": "false", tabindex: at ? "-1" : "0",
    title: item.name, "aria-label": item.name, onclick: () => pick(item.char),
  }, item.char)));
  fill(EMOJI);
  const search = h("input", {
    type: "search", placeholder: "Find an emoji", "aria-label": "Find an emoji",
    oninput: () => fill(search.value ? findEmoji(search.value, 80) : EMOJI),
    onkeydown: (event) => {
      const first = grid.querySelector("button");
      if (event.key === "ArrowDown" && first) {
        event.preventDefault();
        first.focus();
      }
      if (event.key === "Enter" && first) {
        event.preventDefault();
        first.click();
      }
    },
  });
  rove(grid, "button", { columns: 8 });
  const close = showPopover(h("div", { class: "emoji-picker" }, search, grid), anchor);
  search.focus();
}

/**
 * Let the person choose of a list; `done` gets the chosen values, and is not called on Esc.
 *
 * An option is {value, label, description, mark (a node), chosen}.
 */
export function openList({ anchor, label, options, min = 1, max = 1, searchable = false, done }) {
  const chosen = new Set(options.filter((option) => option.chosen).map((option) => option.value));
  const list = h("div", { class: "choice-list", role: "listbox", "aria-label": label, "aria-multiselectable": String(max > 1) });
  const finish = () => {
    close();
    done([...chosen]);
  };
  const toggle = ({ value }) => {
    const had = chosen.has(value);
    if (max === 1) chosen.clear();
    if (had && (max > 1 || min === 0)) chosen.delete(value);
    else if (chosen.size < max) chosen.add(value);
    if (max === 1) finish();
    else mark();
  };
  const mark = () => {
    for (const node of list.children) node.ariaSelected = String(chosen.has(node.dataset.value));
    if (doneButton) doneButton.disabled = chosen.size < min;
  };
  const fill = (wanted = "") => {
    const fits = options.filter((option) => option.label.toLowerCase().includes(wanted.toLowerCase())).slice(0, 100);
    list.replaceChildren(...fits.map((option, at) => choice(option, at, toggle)));
    if (!fits.length) list.append(h("p", { class: "nothing" }, "Nothing fits."));
    mark();
  };
  const doneButton = max > 1 ? h("button", { type: "button", class: "button primary", onclick: finish }, "Done") : null;
  const search = searchable ? searchField(list, fill) : null;
  const body = h("div", { class: "choices" }, search, list, doneButton);
  fill();
  rove(list, "[role=option]");
  const close = showPopover(body, anchor, { side: "below" });
  (search ?? list.querySelector("[aria-selected=true]") ?? list.querySelector("[role=option]"))?.focus();
}

function choice(option, at, toggle) {
  const props = { type: "button", role: "option", tabindex: at ? "-1" : "0", data: { value: option.value } };
  return h("button", { ...props, onclick: () => toggle(option) },
    option.mark,
    h("span", { class: "choice-text" }, h("span", {}, option.label),
      option.description && h("small", {}, option.description)),
    icon("check"));
}

function searchField(list, fill) {
  return h("input", {
    type: "search", placeholder: "Search", "aria-label": "Search",
    oninput: (event) => fill(event.target.value),
    onkeydown: (event) => {
      const first = list.querySelector("[role=option]");
      if (event.key === "ArrowDown") first?.focus();
      else if (event.key === "Enter") first?.click();
      else return;
      event.preventDefault();
    },
  });
}

/** Show a dialog and return it; it removes itself when closed. */
export function openDialog(node) {
  closeOpen?.();
  document.body.append(node);
  node.addEventListener("close", () => node.remove());
  node.addEventListener("click", (event) => event.target === node && node.close());
  node.showModal();
  return node;
}

/** Ask before something that cannot be undone. */
export function confirmDialog({ title, text, action, run }) {
  const yes = h("button", { type: "button", class: "button danger" }, action);
  const no = h("button", { type: "button", class: "button" }, "Cancel");
  const dialog = h("dialog", { class: "dialog small", "aria-labelledby": "confirm-title" },
    h("h2", { id: "confirm-title" }, title), h("p", {}, text), h("div", { class: "dialog-foot" }, no, yes));
  no.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", () => {
    dialog.close();
    run();
  });
  openDialog(dialog);
  yes.focus();
}

/** Make the mark of a person, role or channel in a list. */
export function entityMark(kind, item) {
  if (kind === "user") return avatar(item, "tiny");
  if (kind === "role") {
    const color = item.color ? `#${item.color.toString(16).padStart(6, "0")}` : "var(--muted)";
    return h("span", { class: "role-dot", style: { "--role": color } });
  }
  return icon("hash");
}
