// What the reader sends: messages, changes to them, reactions and commands.

import { toTokens } from "./mention-text.js";
import { newNonce } from "./times.js";

const REPLY = 19;
const NO_ANSWER = "The app did not answer.";

export class Outbox {
  constructor(client) {
    this.client = client;
  }

  send({ content, files, replyTo }) {
    const nonce = newNonce();
    const { channel, list, names, store, timelines } = this.client;
    const text = toTokens(content, names);
    const body = { content: text, nonce, flags: 0 };
    if (replyTo) body.message_reference = { channel_id: channel.id, message_id: replyTo.id };
    if (files.length) body.attachments = files.map((file, id) => ({ id, filename: file.name }));
    const item = {
      id: nonce, nonce, nonceKey: `unsent-${nonce}`, unsent: true, channel_id: channel.id, author: store.me,
      content: text, timestamp: new Date().toISOString(), flags: 0, type: replyTo ? REPLY : 0, attachments: [],
      referenced_message: replyTo, body, files,
    };
    const timeline = timelines.open(channel.id);
    timeline.pinned = true;
    timeline.addUnsent(item);
    if (timeline.hasNewer) list.toPresent();
    return this.#deliver(item);
  }

  async #deliver(item) {
    const timeline = this.client.timelines.get(item.channel_id);
    try {
      const message = await this.client.rest.post(`/channels/${item.channel_id}/messages`, item.body, item.files);
      timeline?.answered(item.nonce, message);
    } catch (error) {
      timeline?.changeUnsent(item.nonce, { failed: error.message });
      this.client.composer.complain(error.message);
    }
  }

  sendAgain(item) {
    this.client.timelines.get(item.channel_id)?.changeUnsent(item.nonce, { failed: undefined });
    this.#deliver(item);
  }

  discard(item) {
    this.client.timelines.get(item.channel_id)?.dropUnsent(item.nonce);
    this.client.focusComposer();
  }

  saveEdit(message, text) {
    const content = toTokens(text, this.client.names);
    if (content === message.content) return;
    this.attempt(this.client.rest.patch(`/channels/${message.channel_id}/messages/${message.id}`, { content }));
  }

  deleteMessage(message) {
    this.client.focusComposer();
    this.attempt(this.client.rest.delete(`/channels/${message.channel_id}/messages/${message.id}`));
  }

  /** Put a hidden message away; the server forgets it too. */
  dismiss(message) {
    this.client.timelines.get(message.channel_id)?.removed([message.id]);
    this.client.focusComposer();
    this.client.rest.delete(`/channels/${message.channel_id}/messages/${message.id}`).catch(() => {});
  }

  toggleReaction(message, emoji, on) {
    const name = encodeURIComponent(emoji.id ? `${emoji.name}:${emoji.id}` : emoji.name);
    const path = `/channels/${message.channel_id}/messages/${message.id}/reactions/${name}/@me`;
    this.attempt(on ? this.client.rest.put(path) : this.client.rest.delete(path));
  }

  /** Wait for an answer of the server; where it refuses, say so and return null. */
  async attempt(promise) {
    try {
      const answer = await promise;
      this.client.composer.complain("");
      return answer;
    } catch (error) {
      this.client.composer.complain(error.message);
      return null;
    }
  }

  async runCommand(command, data, files = []) {
    const nonce = newNonce();
    const { channel, composer, interactions, list, store, timelines } = this.client;
    const timeline = timelines.open(channel.id);
    timeline.pinned = true;
    timeline.addUnsent({
      id: nonce, nonce, nonceKey: `unsent-${nonce}`, unsent: true, command, channel_id: channel.id, author: store.me,
      content: "", timestamp: new Date().toISOString(), flags: 0, type: 0,
    });
    if (timeline.hasNewer) list.toPresent();
    try {
      const outcome = await interactions.run(command, channel, data, files, nonce);
      if (outcome.ok) timeline.dropUnsent(nonce);
      else timeline.changeUnsent(nonce, { failed: NO_ANSWER });
    } catch (error) {
      timeline.dropUnsent(nonce);
      composer.complain(error.message);
    }
  }

  /** Use a command on a message or a person. */
  runOn(command, targetId) {
    return this.runCommand({ ...command, fullName: command.name }, { target_id: targetId });
  }
}
