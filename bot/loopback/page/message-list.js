// The scrolling list of a channel's messages: only the timeline's window is in the document.

import { channelStart } from "./channel-start.js";
import { h } from "./dom.js";
import { FLAG, messageContent, preview } from "./message-row.js";
import { compareIds, dayLabel, sameDay } from "./times.js";

const GROUP_MS = 7 * 60_000;
const NEAR_PX = 500;
const PINNED_PX = 48;
const JUMP_PX = 900;

export class MessageList {
  #rows = new Map(); // key → {node, message, head}
  #timeline = null;
  #editing = null; // {id, node}
  #focusable = null; // id of the row that is in the tab order
  #onChange = () => this.render();

  constructor({ scroller, list, older, jump, announcer }, client) {
    Object.assign(this, { scroller, list, older, jump, announcer, client });
    scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    list.addEventListener("keydown", (event) => this.#keydown(event));
    list.addEventListener("focusin", (event) => this.#focused(event.target.closest(".message")));
    jump.addEventListener("click", () => this.toPresent());
    new ResizeObserver(() => this.#stayPinned()).observe(list);
    new ResizeObserver(() => this.#stayPinned()).observe(scroller);
  }

  get timeline() {
    return this.#timeline;
  }

  /** Show a channel; its messages are fetched if it has none yet. */
  show(timeline) {
    this.#timeline?.removeEventListener("change", this.#onChange);
    this.#timeline = timeline;
    timeline.addEventListener("change", this.#onChange);
    this.#rows.clear();
    this.list.replaceChildren();
    this.#focusable = null;
    this.#editing = null;
    timeline.pinned = true;
    this.render();
    if (timeline.hasNewer || !timeline.loaded) timeline.loadLatest();
  }

  async toPresent() {
    const timeline = this.#timeline;
    if (timeline.hasNewer) await timeline.loadLatest();
    timeline.pinned = true;
    this.render();
  }

  /** Scroll to a message, fetched with its surroundings if it is not held. */
  async jumpTo(id) {
    const timeline = this.#timeline;
    timeline.pinned = false;
    if (!timeline.find(id)) await timeline.loadAround(id);
    const node = this.#rows.get(id)?.node;
    if (!node) return;
    node.scrollIntoView({ block: "center" });
    node.focus({ preventScroll: true });
    node.classList.add("flash");
    node.addEventListener("animationend", () => node.classList.remove("flash"), { once: true });
  }

  /** Say a new message to those who listen to the page. */
  announce(message) {
    const guild = this.client.store.guildOf(this.client.channelOf(message));
    this.announcer.textContent = `${this.client.store.nameOf(message.author, guild)}: ${preview(message, this.client)}`;
  }

  /** Put an editor in a message's place until it is taken away. */
  edit(id, node) {
    this.#editing = id ? { id, node } : null;
    for (const row of this.#rows.values()) if (row.node.querySelector(".edit-box") || row.message?.id === id) row.message = null;
    this.render();
  }

  /** Show a sentence under a message; an empty one takes it away. */
  note(id, text) {
    const row = this.#rows.get(id)?.node;
    row?.querySelector(".row-note")?.remove();
    if (row && text) row.querySelector(".body")?.append(h("p", { class: "foot-note problem row-note", role: "alert" }, text));
  }

  focusLast() {
    [...this.list.querySelectorAll(".message")].at(-1)?.focus();
  }

  refresh() {
    for (const row of this.#rows.values()) row.message = null;
    this.render();
  }

  render() {
    const timeline = this.#timeline;
    if (!timeline) return;
    const anchor = this.#anchor();
    const items = this.#items(timeline);
    const keys = new Set(items.map((item) => item.key));
    for (const [key, row] of this.#rows) {
      if (keys.has(key)) continue;
      row.node.remove();
      this.#rows.delete(key);
    }
    let cursor = this.list.firstChild;
    for (const item of items) {
      const node = this.#row(item);
      if (node === cursor) cursor = cursor.nextSibling;
      else this.list.insertBefore(node, cursor);
    }
    this.#tabOrder();
    this.#showEnds(timeline);
    this.#restore(anchor);
  }

  #items(timeline) {
    const all = timeline.hasNewer ? timeline.messages : [...timeline.messages, ...timeline.unsent];
    const items = [];
    let before = null;
    let marked = timeline.newAfter === null;
    for (const message of all) {
      const date = new Date(message.timestamp);
      const newDay = !before || !sameDay(new Date(before.timestamp), date);
      if (newDay) items.push({ key: `day ${date.toDateString()}`, divider: dayLabel(date) });
      const isNew = !marked && compareIds(message.id, timeline.newAfter) > 0;
      if (isNew) {
        marked = true;
        items.push({ key: "new", divider: "New", fresh: true });
      }
      items.push({ key: message.nonceKey ?? message.id, message, head: newDay || isNew || startsGroup(before, message) });
      before = message;
    }
    return items;
  }

  #row(item) {
    const held = this.#rows.get(item.key);
    if (item.divider) return held?.node ?? this.#keep(item, divider(item));
    if (held && held.message === item.message && held.head === item.head) return held.node;
    const editing = this.#editing?.id === item.message.id;
    if (held && editing && held.node.contains(this.#editing.node)) return held.node;
    const node = held?.node ?? h("li", { class: "message", tabindex: "-1", id: `message-${item.key}` });
    const focus = focusedPart(node);
    this.#fill(node, item, editing);
    if (held) Object.assign(held, item);
    else this.#keep(item, node);
    if (focus) restoreFocus(node, focus);
    return node;
  }

  #keep(item, node) {
    this.#rows.set(item.key, { node, ...item });
    return node;
  }

  #fill(node, item, editing) {
    const { message, head } = item;
    const toolbar = node.querySelector(".row-tools");
    node.className = "message";
    node.classList.toggle("head-row", head);
    node.classList.toggle("ephemeral", Boolean(message.flags & FLAG.EPHEMERAL));
    node.classList.toggle("unsent", Boolean(message.unsent));
    node.classList.toggle("mentions-me", !message.unsent && message.author.id !== this.client.store.me.id && this.client.store.mentionsMe(message));
    node.dataset.id = message.id;
    const content = messageContent(message, head, this.client).filter(Boolean);
    if (editing) content.find((part) => part.classList.contains("body")).replaceChildren(this.#editing.node);
    node.replaceChildren(...content, ...(toolbar ? [toolbar] : []));
  }

  #showEnds(timeline) {
    const { loading, error } = timeline;
    if (error) this.older.replaceChildren(error);
    else if (loading && loading !== "newer") this.older.replaceChildren("Fetching messages…");
    else if (timeline.loaded && !timeline.hasOlder) this.#showStart(timeline);
    else this.older.replaceChildren();
    this.scroller.setAttribute("aria-busy", String(Boolean(loading)));
    this.#showJump();
  }

  #showStart(timeline) {
    const empty = !timeline.messages.length && !timeline.unsent.length;
    this.older.replaceChildren(...channelStart(this.client.channel, empty, this.client));
  }

  #showJump() {
    const { scroller, jump } = this;
    const timeline = this.#timeline;
    const away = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight > JUMP_PX;
    jump.hidden = !(timeline.hasNewer || away);
    const text = timeline.missed ? `${timeline.missed} new · Jump to the present` : "Jump to the present";
    if (jump.textContent !== text) jump.textContent = text;
  }

  // --- scrolling ---

  #anchor() {
    if (this.#timeline.pinned) return null;
    const top = this.scroller.getBoundingClientRect().top;
    for (const node of this.list.children) {
      const box = node.getBoundingClientRect();
      if (box.bottom > top && node.dataset.id) return { id: node.dataset.id, offset: box.top - top };
    }
    return null;
  }

  #restore(anchor) {
    if (this.#timeline.pinned) this.#stayPinned();
    const node = anchor && this.#rows.get(anchor.id)?.node;
    if (!node) return;
    const top = this.scroller.getBoundingClientRect().top;
    const moved = node.getBoundingClientRect().top - top - anchor.offset;
    if (Math.abs(moved) > 0.5) this.scroller.scrollTop += moved;
  }

  #stayPinned() {
    if (this.#timeline?.pinned) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  #scrolled() {
    const timeline = this.#timeline;
    if (!timeline?.loaded) return;
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const below = scrollHeight - scrollTop - clientHeight;
    timeline.pinned = below < PINNED_PX && !timeline.hasNewer;
    if (timeline.pinned) this.client.seen();
    if (scrollTop < NEAR_PX) timeline.loadOlder();
    else if (below < NEAR_PX) timeline.loadNewer();
    this.#showJump();
  }

  // --- keyboard ---

  #messages() {
    return [...this.list.querySelectorAll(":scope > .message")];
  }

  #tabOrder() {
    const rows = this.#messages();
    const chosen = rows.find((row) => row.dataset.id === this.#focusable) ?? rows.at(-1);
    for (const row of rows) row.tabIndex = row === chosen ? 0 : -1;
  }

  #focused(row) {
    if (!row) return;
    this.#focusable = row.dataset.id;
    this.#tabOrder();
    this.client.rowTools.attach(row);
  }

  #keydown(event) {
    const row = event.target.closest(".message");
    if (event.key === "Escape" && !event.target.closest(".edit-box")) this.client.focusComposer();
    if (!row || event.target !== row || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = this.#messages();
    const at = rows.indexOf(row);
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      rows[Math.max(0, Math.min(rows.length - 1, to))].focus();
      return;
    }
    const message = this.#timeline.find(row.dataset.id);
    if (message && this.client.rowTools.shortcut(event.key, message, row)) event.preventDefault();
  }
}

function startsGroup(before, message) {
  if (!before || before.author.id !== message.author.id || before.type === 7 || message.type === 19) return true;
  if (message.interaction?.name || message.command || before.command) return true;
  if ((before.flags ^ message.flags) & FLAG.EPHEMERAL) return true;
  return new Date(message.timestamp) - new Date(before.timestamp) > GROUP_MS;
}

function divider({ divider: text, fresh }) {
  return h("li", { class: fresh ? "divider fresh" : "divider" }, h("span", { role: "separator", "aria-label": text }, text));
}

/** Remember which part of a row has the focus, so that an edit does not take it away. */
function focusedPart(node) {
  const active = document.activeElement;
  if (!node.contains(active) || active === node || active.closest(".row-tools, .edit-box")) return null;
  return active.dataset.focus ?? "row";
}

function restoreFocus(node, key) {
  const part = [...node.querySelectorAll("[data-focus]")].find((item) => item.dataset.focus === key && !item.disabled);
  (part ?? node).focus({ preventScroll: true });
}
