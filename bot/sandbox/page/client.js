// What the reader does, and what the gateway tells, brought together.

import { Commands } from "./commands.js";
import { Interactions } from "./interactions.js";
import { toNames, toTokens } from "./mention-text.js";
import { openModal } from "./modal-form.js";
import { CAN } from "./permissions.js";
import { Timeline, reactionChange } from "./timeline.js";
import { compareIds, newNonce } from "./times.js";
import { startEditor } from "./editor.js";
import { userMenu } from "./user-menu.js";

const MOST_TIMELINES = 6;
const REPLY = 19;
const NO_ANSWER = "The app did not answer.";

export class Client {
  #timelines = new Map(); // channel id → Timeline, the one used last at the end
  #commandNonces = new Map(); // interaction id → nonce of the line that stands for it
  #left = null; // the channel that was open when the connection was begun anew

  constructor({ rest, gateway, store }) {
    Object.assign(this, { rest, gateway, store });
    this.commands = new Commands(rest);
    this.interactions = new Interactions(rest, gateway);
    this.channel = null;
    this.names = this.#names();
    gateway.addEventListener("dispatch", ({ detail }) => this.#dispatched(detail.type, detail.data));
    store.addEventListener("reset", () => this.#reset());
    store.addEventListener("places", () => this.#choosePlace());
    store.addEventListener("people", () => this.#peopleChanged());
    this.interactions.addEventListener("modal", ({ detail }) => this.#openModal(detail));
  }

  get guild() {
    return this.store.guildOf(this.channel) ?? this.store.guilds.values().next().value;
  }

  #names() {
    const { store } = this;
    return {
      user: (id) => (store.users.has(id) ? store.nameOf(store.users.get(id), this.guild) : "unknown"),
      role: (id) => this.guild?.roles.get(id)?.name ?? "unknown role",
      channel: (id) => store.channels.get(id),
      openChannel: (id) => this.open(id),
      mentionable: () => [
        ...store.textChannels(this.guild).map((item) => ({ text: `#${item.name}`, token: `<#${item.id}>` })),
        ...[...store.users.values()].flatMap((user) => [...new Set([store.nameOf(user, this.guild), user.username])]
          .map((name) => ({ text: `@${name}`, token: `<@${user.id}>` }))),
        ...[...(this.guild?.roles.values() ?? [])].filter((role) => role.id !== this.guild.id)
          .map((role) => ({ text: `@${role.name}`, token: `<@&${role.id}>` })),
      ],
    };
  }

  channelOf(message) {
    return this.store.channels.get(message.channel_id) ?? this.channel;
  }

  nameOf(user, message) {
    return this.store.nameOf(user, this.store.guildOf(this.channelOf(message)));
  }

  find(id) {
    return this.list.timeline?.find(id);
  }

  // --- what the gateway tells ---

  #dispatched(type, data) {
    this.store.apply(type, data);
    this.interactions.apply(type, data);
    const timeline = this.#timelines.get(data?.channel_id);
    if (type === "MESSAGE_CREATE") this.#messageCame(data, timeline);
    else if (type === "MESSAGE_UPDATE") timeline?.updated(data.id, () => data);
    else if (type === "MESSAGE_DELETE") timeline?.removed([data.id]);
    else if (type === "MESSAGE_DELETE_BULK") timeline?.removed(data.ids);
    else if (type === "MESSAGE_REACTION_ADD") this.#reacted(timeline, data, 1);
    else if (type === "MESSAGE_REACTION_REMOVE") this.#reacted(timeline, data, -1);
    else if (type === "MESSAGE_REACTION_REMOVE_ALL") timeline?.updated(data.message_id, () => ({ reactions: [] }));
    else if (type === "GUILD_APPLICATION_COMMAND_INDEX_UPDATE") this.commands.forget(data.guild_id);
    else if (type === "INTERACTION_CREATE") this.#commandNonces.set(data.id, data.nonce);
  }

  #reacted(timeline, data, step) {
    timeline?.updated(data.message_id, (message) => reactionChange(message, data, this.store.me.id, step));
  }

  #messageCame(message, timeline) {
    const nonce = this.#commandNonces.get(message.interaction_metadata?.id);
    if (nonce) timeline?.settle(nonce);
    timeline?.created(message);
    const here = message.channel_id === this.channel?.id;
    if (!here || document.hidden || !timeline?.pinned) this.store.addUnread(message);
    else this.seen();
    if (here && message.author.id !== this.store.me.id) this.list.announce(message);
  }

  #reset() {
    this.#timelines.clear();
    this.#left = this.channel;
    this.channel = null;
    this.commands = new Commands(this.rest);
    this.#choosePlace();
  }

  #peopleChanged() {
    this.redraw ??= requestAnimationFrame(() => {
      this.redraw = null;
      if (this.channel) this.list.refresh();
    });
  }

  /** Stay where the reader is, or go where the address says, or to the first channel. */
  #choosePlace() {
    if (this.channel && this.store.channels.has(this.channel.id)) {
      this.channel = this.store.channels.get(this.channel.id);
      this.list.render();
      this.onplace();
      return;
    }
    const named = this.store.channels.get(location.hash.slice(1));
    if (!named && this.store.awaited > 0) return;
    const first = [...this.store.guilds.values()].flatMap((guild) => this.store.textChannels(guild))[0];
    const chosen = named ?? first;
    if (chosen) this.open(chosen.id);
  }

  // --- going places ---

  open(channelId) {
    const channel = this.store.channels.get(channelId);
    if (!channel) return;
    const before = this.channel ?? this.#left;
    const moved = this.channel?.id !== channelId;
    this.channel = channel;
    if (moved) {
      this.composer.show(channel, before);
      this.list.show(this.#timeline(channelId));
      history.replaceState(null, "", `#${channelId}`);
    }
    this.seen();
    this.onplace();
    this.onopen();
  }

  openGuild(guildId) {
    const first = this.store.textChannels(this.store.guilds.get(guildId))[0];
    if (first) this.open(first.id);
  }

  /** Go to the channel before or after in the list. */
  step(by) {
    const all = this.store.textChannels(this.guild);
    const at = all.findIndex((channel) => channel.id === this.channel?.id);
    if (all.length) this.open(all[(at + by + all.length) % all.length].id);
  }

  #timeline(channelId) {
    const timeline = this.#timelines.get(channelId) ?? new Timeline(this.rest, channelId);
    this.#timelines.delete(channelId);
    this.#timelines.set(channelId, timeline);
    if (this.#timelines.size > MOST_TIMELINES) this.#timelines.delete(this.#timelines.keys().next().value);
    timeline.newAfter = this.store.unread.has(channelId) ? (this.store.lastRead.get(channelId) ?? null) : null;
    return timeline;
  }

  seen() {
    const timeline = this.#timelines.get(this.channel?.id);
    if (document.hidden || !timeline) return;
    this.store.markRead(this.channel.id, timeline.last?.id ?? this.channel.last_message_id);
  }

  jumpTo(id) {
    return this.list.jumpTo(id);
  }

  focusComposer() {
    this.composer.focus();
  }

  // --- messages ---

  send({ content, files, replyTo }) {
    const nonce = newNonce();
    const { channel, store } = this;
    const text = toTokens(content, this.names);
    const body = { content: text, nonce, flags: 0 };
    if (replyTo) body.message_reference = { channel_id: channel.id, message_id: replyTo.id };
    if (files.length) body.attachments = files.map((file, id) => ({ id, filename: file.name }));
    const item = {
      id: nonce, nonce, nonceKey: `unsent-${nonce}`, unsent: true, channel_id: channel.id, author: store.me,
      content: text, timestamp: new Date().toISOString(), flags: 0, type: replyTo ? REPLY : 0, attachments: [],
      referenced_message: replyTo, body, files,
    };
    const timeline = this.#timeline(channel.id);
    timeline.pinned = true;
    timeline.addUnsent(item);
    if (timeline.hasNewer) this.list.toPresent();
    return this.#deliver(item);
  }

  async #deliver(item) {
    const timeline = this.#timelines.get(item.channel_id);
    try {
      const message = await this.rest.post(`/channels/${item.channel_id}/messages`, item.body, item.files);
      timeline?.created(message);
    } catch (error) {
      timeline?.changeUnsent(item.nonce, { failed: error.message });
      this.composer.complain(error.message);
    }
  }

  sendAgain(item) {
    this.#timelines.get(item.channel_id)?.changeUnsent(item.nonce, { failed: undefined });
    this.#deliver(item);
  }

  discard(item) {
    this.#timelines.get(item.channel_id)?.dropUnsent(item.nonce);
    this.focusComposer();
  }

  replyTo(message) {
    this.composer.setReply(message);
    this.focusComposer();
  }

  startEdit(message) {
    startEditor(message, this, toNames(message.content, this.names));
  }

  /** Edit the reader's last message; returns whether there is one. */
  editLast() {
    const mine = this.list.timeline?.messages.findLast((message) => message.author.id === this.store.me.id && !(message.flags & 64));
    if (mine) this.startEdit(mine);
    return Boolean(mine);
  }

  saveEdit(message, text) {
    const content = toTokens(text, this.names);
    if (content === message.content) return;
    this.#attempt(this.rest.patch(`/channels/${message.channel_id}/messages/${message.id}`, { content }));
  }

  deleteMessage(message) {
    this.focusComposer();
    this.#attempt(this.rest.delete(`/channels/${message.channel_id}/messages/${message.id}`));
  }

  /** Put a hidden message away; the server forgets it too. */
  dismiss(message) {
    this.#timelines.get(message.channel_id)?.removed([message.id]);
    this.focusComposer();
    this.rest.delete(`/channels/${message.channel_id}/messages/${message.id}`).catch(() => {});
  }

  toggleReaction(message, emoji, on) {
    const name = encodeURIComponent(emoji.id ? `${emoji.name}:${emoji.id}` : emoji.name);
    const path = `/channels/${message.channel_id}/messages/${message.id}/reactions/${name}/@me`;
    this.#attempt(on ? this.rest.put(path) : this.rest.delete(path));
  }

  noteUnder(id, text) {
    this.list.note(id, text);
  }

  async #attempt(promise) {
    try {
      const answer = await promise;
      this.composer.complain("");
      return answer;
    } catch (error) {
      this.composer.complain(error.message);
      return null;
    }
  }

  // --- commands ---

  async runCommand(command, data, files = []) {
    const nonce = newNonce();
    const { channel } = this;
    const timeline = this.#timeline(channel.id);
    timeline.pinned = true;
    timeline.addUnsent({
      id: nonce, nonce, nonceKey: `unsent-${nonce}`, unsent: true, command, channel_id: channel.id, author: this.store.me,
      content: "", timestamp: new Date().toISOString(), flags: 0, type: 0,
    });
    if (timeline.hasNewer) this.list.toPresent();
    try {
      const outcome = await this.interactions.run(command, channel, data, files, nonce);
      if (outcome.ok) timeline.dropUnsent(nonce);
      else timeline.changeUnsent(nonce, { failed: NO_ANSWER });
    } catch (error) {
      timeline.dropUnsent(nonce);
      this.composer.complain(error.message);
    }
  }

  /** Use a command on a message or a person. */
  runOn(command, targetId) {
    return this.runCommand({ ...command, fullName: command.name }, { target_id: targetId });
  }

  userMenu(user, anchor) {
    userMenu(user, anchor, this);
  }

  async openDirect(user) {
    const channel = await this.#attempt(this.rest.post("/users/@me/channels", { recipient_id: user.id }));
    if (!channel) return;
    this.store.apply("CHANNEL_CREATE", channel);
    this.open(channel.id);
  }

  #openModal(modal) {
    openModal(modal, this.store.channels.get(modal.channel_id) ?? this.channel, this);
  }

  mayWrite() {
    return this.store.can(this.channel, CAN.SEND_MESSAGES);
  }

  /** Return the names of those who are typing here, the first to begin first. */
  typists() {
    const typing = [...(this.store.typing.get(this.channel?.id)?.keys() ?? [])];
    return typing.sort(compareIds).map((id) => this.names.user(id));
  }
}
