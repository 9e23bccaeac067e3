// What can be done with a message: the bar that appears on it, its menu and its keys.

import { h, iconButton } from "./dom.js";
import { FLAG, preview } from "./message-row.js";
import { CAN } from "./permissions.js";
import { confirmDialog, openEmojiPicker, openMenu } from "./popover.js";

const MESSAGE_COMMAND = 3;
const REPLYABLE = new Set([0, 19, 20, 23]);

export class RowTools {
  constructor(list, client) {
    this.client = client;
    this.message = null;
    this.react = iconButton("smile", "Add reaction", () => this.pickReaction(this.message, this.react));
    this.reply = iconButton("reply", "Reply", () => client.replyTo(this.message));
    this.edit = iconButton("pencil", "Edit", () => client.startEdit(this.message));
    this.more = iconButton("more", "More", () => this.menu(this.message, this.more));
    this.bar = h("div", { class: "row-tools", role: "toolbar", "aria-label": "Message actions" }, this.react, this.reply, this.edit, this.more);
    list.addEventListener("pointerover", (event) => {
      if (event.pointerType !== "touch" && !this.bar.contains(document.activeElement)) this.attach(event.target.closest(".message"));
    });
    list.addEventListener("contextmenu", (event) => this.#context(event));
  }

  /** Put the bar on a row. */
  attach(row) {
    const message = row && this.client.find(row.dataset.id);
    if (!message || row.querySelector(".edit-box")) return;
    this.message = message;
    const { replies, edits, reacts } = this.#rights(message);
    this.reply.hidden = !replies;
    this.edit.hidden = !edits;
    this.react.hidden = !reacts;
    if (this.bar.parentElement !== row) row.append(this.bar);
  }

  #rights(message) {
    const { store } = this.client;
    const channel = this.client.channelOf(message);
    const hidden = Boolean(message.flags & FLAG.EPHEMERAL);
    const mine = message.author.id === store.me.id;
    return {
      replies: !hidden && REPLYABLE.has(message.type) && store.can(channel, CAN.SEND_MESSAGES),
      edits: mine && !hidden,
      deletes: hidden || mine || store.can(channel, CAN.MANAGE_MESSAGES),
      reacts: !hidden && store.can(channel, CAN.ADD_REACTIONS),
    };
  }

  #context(event) {
    const row = event.target.closest(".message");
    const message = row && this.client.find(row.dataset.id);
    // Links, pictures and selected text keep the browser's own menu.
    if (!message || event.target.closest("a, img, textarea") || String(getSelection())) return;
    event.preventDefault();
    const byKey = event.clientX === 0 && event.clientY === 0;
    this.menu(message, byKey ? row : { x: event.clientX, y: event.clientY });
  }

  /** Handle a key pressed on a row; returns whether it meant something. */
  shortcut(key, message, row) {
    const rights = this.#rights(message);
    const acts = {
      Enter: () => this.menu(message, row),
      r: rights.replies && (() => this.client.replyTo(message)),
      e: rights.edits && (() => this.client.startEdit(message)),
      "+": rights.reacts && (() => this.pickReaction(message, row)),
      Delete: rights.deletes && (() => this.remove(message)),
    };
    acts[key]?.call?.();
    return Boolean(acts[key]);
  }

  pickReaction(message, anchor) {
    openEmojiPicker(anchor, (char) => this.client.outbox.toggleReaction(message, { name: char, id: null }, true));
  }

  remove(message) {
    if (message.flags & FLAG.EPHEMERAL) {
      this.client.outbox.dismiss(message);
      return;
    }
    confirmDialog({
      title: "Delete this message?",
      text: preview(message, this.client),
      action: "Delete",
      run: () => this.client.outbox.deleteMessage(message),
    });
  }

  async menu(message, anchor) {
    const rights = this.#rights(message);
    const apps = await this.client.commands.ofKind(this.client.channelOf(message), MESSAGE_COMMAND);
    openMenu([
      rights.reacts && { label: "Add reaction", icon: "smile", run: () => this.pickReaction(message, anchor) },
      rights.replies && { label: "Reply", icon: "reply", run: () => this.client.replyTo(message) },
      rights.edits && { label: "Edit", icon: "pencil", run: () => this.client.startEdit(message) },
      message.content && { label: "Copy text", icon: "copy", run: () => navigator.clipboard?.writeText(message.content) },
      apps.length > 0 && { heading: "Apps" },
      ...apps.map((command) => ({ label: command.name, icon: "apps", run: () => this.client.outbox.runOn(command, message.id, message) })),
      rights.deletes && { line: true },
      rights.deletes && { label: message.flags & FLAG.EPHEMERAL ? "Dismiss" : "Delete", icon: "trash", danger: true, run: () => this.remove(message) },
    ], anchor, "Message");
  }
}
