// The box in which messages and commands are written.

import { bytes } from "./attachments.js";
import { CommandForm } from "./command-form.js";
import { h, icon, iconButton } from "./dom.js";
import { CAN } from "./permissions.js";
import { openEmojiPicker } from "./popover.js";
import { attachCompletion } from "./text-completion.js";

const MOST_CHARS = 2000;
const COUNT_FROM = 1800;
const MOST_FILES = 10;
const TYPING_EVERY_MS = 8000;

export class Composer {
  #drafts = new Map(); // channel id → text
  #typedAt = 0;
  #form = null;

  constructor(form, client) {
    this.client = client;
    this.form = form;
    this.files = [];
    this.replyTo = null;
    this.#build();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    for (const type of ["dragover", "drop"]) document.addEventListener(type, (event) => this.#dragged(event));
  }

  #build() {
    this.text = h("textarea", { id: "composer-text", rows: "1", "aria-label": "Message" });
    this.picker = h("input", { type: "file", multiple: true, hidden: true, onchange: () => {
      this.addFiles(this.picker.files);
      this.picker.value = "";
    } });
    this.attach = iconButton("plus", "Attach files", () => this.picker.click());
    this.emoji = iconButton("smile", "Insert an emoji", () => openEmojiPicker(this.emoji, (char) => this.insert(char)));
    this.sendButton = iconButton("send", "Send", null, { type: "submit", class: "send" });
    this.context = h("div", { class: "composer-context", hidden: true });
    this.fileRow = h("ul", { class: "file-row", hidden: true, "aria-label": "Files to send" });
    this.entry = h("div", { class: "entry" }, this.text);
    this.box = h("div", { class: "composer-box" }, this.attach, this.picker, this.entry, this.emoji, this.sendButton);
    this.typing = h("p", { class: "typing" });
    this.problem = h("p", { class: "problem", role: "alert" });
    this.count = h("p", { class: "count", role: "note" });
    this.form.replaceChildren(this.context, this.fileRow, this.box,
      h("div", { class: "composer-foot" }, this.typing, this.problem, this.count));
    this.suggestions = attachCompletion(this.text, this.client, {
      anchor: this.box,
      pickCommand: (command) => this.openCommand(command),
    });
    this.text.addEventListener("input", () => this.#changed());
    this.text.addEventListener("keydown", (event) => this.#keydown(event));
    this.text.addEventListener("paste", (event) => this.#pasted(event));
  }

  // --- the channel it writes to ---

  show(channel, before) {
    if (before) this.#drafts.set(before.id, this.text.value);
    this.endCommand();
    this.setReply(null);
    this.setFiles([]);
    this.complain("");
    const { store } = this.client;
    const may = store.can(channel, CAN.SEND_MESSAGES);
    const name = store.channelName(channel);
    this.text.value = this.#drafts.get(channel.id) ?? "";
    this.text.disabled = !may;
    this.text.placeholder = may ? `Message ${channel.guild_id ? "#" : "@"}${name}` : "You do not have the permission to write here.";
    this.text.setAttribute("aria-label", may ? `Message in ${name}` : this.text.placeholder);
    this.attach.disabled = !may || !store.can(channel, CAN.ATTACH_FILES);
    this.emoji.disabled = !may;
    this.#changed({ typed: false });
  }

  focus() {
    (this.#form ?? this.text).focus();
  }

  insert(text) {
    this.text.setRangeText(text, this.text.selectionStart, this.text.selectionEnd, "end");
    this.text.focus();
    this.#changed();
  }

  complain(text) {
    this.problem.textContent = text;
  }

  showTyping(text) {
    if (this.typing.textContent === text) return;
    this.typing.replaceChildren(...(text ? [h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), ` ${text}`] : []));
  }

  // --- writing ---

  #changed({ typed = true } = {}) {
    const { text } = this;
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight}px`;
    const length = [...text.value].length;
    this.count.textContent = length >= COUNT_FROM ? `${MOST_CHARS - length}` : "";
    this.count.classList.toggle("over", length > MOST_CHARS);
    this.count.setAttribute("aria-label", `${MOST_CHARS - length} characters left`);
    this.sendButton.disabled = !this.#form && (!text.value.trim() && !this.files.length || text.disabled);
    if (!typed) return;
    this.complain("");
    this.#tellTyping();
    this.#enterCommand();
  }

  #tellTyping() {
    const { value } = this.text;
    if (!value.trim() || value.startsWith("/") || Date.now() - this.#typedAt < TYPING_EVERY_MS) return;
    this.#typedAt = Date.now();
    this.client.rest.post(`/channels/${this.client.channel.id}/typing`).catch(() => {});
  }

  /** A command written out and followed by a space opens its form. */
  async #enterCommand() {
    const typed = /^\/([\w-]+(?: [\w-]+)*) $/.exec(this.text.value);
    if (!typed) return;
    const all = await this.client.commands.typed(this.client.channel).catch(() => []);
    const command = all.find((item) => item.fullName === typed[1]);
    if (command && this.text.value === typed[0]) this.openCommand(command);
  }

  #keydown(event) {
    if (this.suggestions.keydown(event) || event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape") this.#escape();
    else if (event.key === "ArrowUp" && !event.altKey && !this.text.value) {
      event.preventDefault();
      if (event.shiftKey || !this.client.editLast()) this.client.list.focusLast();
    }
  }

  #escape() {
    if (this.replyTo) this.setReply(null);
    else if (this.files.length) this.setFiles([]);
    else this.client.list.toPresent();
  }

  async submit() {
    if (this.#form) {
      this.#form.submit();
      return;
    }
    const content = this.text.value.trim();
    const length = [...content].length;
    if (!content && !this.files.length) return;
    if (length > MOST_CHARS) {
      this.complain(`The message is ${length - MOST_CHARS} characters too long.`);
      return;
    }
    if (content.startsWith("/") && await this.#looksLikeCommand(content)) return;
    const message = { content, files: this.files, replyTo: this.replyTo };
    this.text.value = "";
    this.#typedAt = 0;
    this.setReply(null);
    this.setFiles([]);
    this.complain("");
    this.#changed({ typed: false });
    this.client.outbox.send(message);
  }

  async #looksLikeCommand(content) {
    const all = await this.client.commands.typed(this.client.channel).catch(() => []);
    const command = all.find((item) => `/${item.fullName}` === content);
    if (command) this.openCommand(command, { sendAtOnce: !command.fields.length });
    return Boolean(command);
  }

  // --- commands ---

  openCommand(command, { sendAtOnce = false } = {}) {
    this.endCommand();
    this.suggestions.close();
    this.text.value = "";
    this.#form = new CommandForm(command, this.client, {
      onproblem: (text) => this.complain(text),
      onend: (result) => {
        this.endCommand();
        this.text.focus();
        if (result) this.client.outbox.runCommand(command, result.data, result.files);
      },
    });
    this.form.prepend(this.#form.hint);
    this.entry.replaceChildren(this.#form.node);
    this.attach.hidden = this.emoji.hidden = true;
    this.#changed({ typed: false });
    this.complain("");
    if (sendAtOnce) this.#form.submit();
    else this.#form.focus();
  }

  endCommand() {
    if (!this.#form) return;
    this.#form.close();
    this.#form = null;
    this.entry.replaceChildren(this.text);
    this.attach.hidden = this.emoji.hidden = false;
    this.complain("");
    this.#changed({ typed: false });
  }

  // --- replies and files ---

  setReply(message) {
    this.replyTo = message;
    this.context.hidden = !message;
    if (!message) return;
    const name = this.client.nameOf(message.author, message);
    this.context.replaceChildren(icon("reply"), h("span", {}, "Replying to ", h("b", {}, name)),
      iconButton("close", "Stop replying", () => {
        this.setReply(null);
        this.focus();
      }, { class: "small" }));
  }

  addFiles(list) {
    const files = [...this.files, ...list];
    if (files.length > MOST_FILES) this.complain(`A message carries at most ${MOST_FILES} files.`);
    this.setFiles(files.slice(0, MOST_FILES));
    this.focus();
  }

  setFiles(files) {
    this.files = files;
    this.fileRow.hidden = !files.length;
    for (const image of this.fileRow.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    this.fileRow.replaceChildren(...files.map((file) => this.#fileItem(file)));
    this.#changed({ typed: false });
  }

  #fileItem(file) {
    const shown = /^image\/(png|jpeg|gif|webp)$/.test(file.type);
    const remove = () => {
      this.setFiles(this.files.filter((item) => item !== file));
      this.focus();
    };
    return h("li", {}, shown ? h("img", { src: URL.createObjectURL(file), alt: "" }) : icon("file"),
      h("span", { class: "file-name" }, file.name), h("small", {}, bytes(file.size)),
      iconButton("close", `Remove ${file.name}`, remove, { class: "small" }));
  }

  #pasted(event) {
    if (!event.clipboardData.files.length || this.attach.disabled) return;
    event.preventDefault();
    this.addFiles(event.clipboardData.files);
  }

  #dragged(event) {
    if (!event.dataTransfer?.types.includes("Files") || this.attach.disabled) return;
    event.preventDefault();
    if (event.type === "drop") this.addFiles(event.dataTransfer.files);
  }
}
