// What the reader does, and what the gateway tells, brought together.

import { Commands } from "./commands.js";
import { Interactions } from "./interactions.js";
import { toNames } from "./mention-text.js";
import { openModal } from "./modal-form.js";
import { Outbox } from "./outbox.js";
import { CAN } from "./permissions.js";
import { reactionChange } from "./timeline.js";
import { Timelines } from "./timelines.js";
import { compareIds } from "./times.js";
import { startEditor } from "./editor.js";
import { userMenu } from "./user-menu.js";

export class Client {
  #commandNonces = new Map(); // interaction id → nonce of the line that stands for it
  #left = null; // the channel that was open when the connection was begun anew

  constructor({ rest, gateway, store }) {
    Object.assign(this, { rest, gateway, store });
    this.commands = new Commands(rest);
    this.interactions = new Interactions(rest, gateway);
    this.timelines = new Timelines(rest, store);
    this.outbox = new Outbox(this);
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
    const timeline = this.timelines.get(data?.channel_id);
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
    this.timelines.clear();
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
      this.list.show(this.timelines.open(channelId));
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

  seen() {
    const timeline = this.timelines.get(this.channel?.id);
    if (document.hidden || !timeline) return;
    this.store.markRead(this.channel.id, timeline.last?.id ?? this.channel.last_message_id);
  }

  jumpTo(id) {
    return this.list.jumpTo(id);
  }

  focusComposer() {
    this.composer.focus();
  }

  // --- messages and people ---

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

  noteUnder(id, text) {
    this.list.note(id, text);
  }

  userMenu(user, anchor) {
    userMenu(user, anchor, this);
  }

  async openDirect(user) {
    const channel = await this.outbox.attempt(this.rest.post("/users/@me/channels", { recipient_id: user.id }));
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
