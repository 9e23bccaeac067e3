// Commands, components and forms: sent by REST, their outcome told by the gateway.

import { newNonce } from "./times.js";

const KIND = { COMMAND: 2, COMPONENT: 3, AUTOCOMPLETE: 4, MODAL: 5 };
const GIVEN_UP_MS = 15_000;

/** Emits "modal" with the form to fill in. */
export class Interactions extends EventTarget {
  #waiting = new Map(); // nonce → function of the outcome

  constructor(rest, gateway) {
    super();
    this.rest = rest;
    this.gateway = gateway;
  }

  apply(type, data) {
    if (type === "INTERACTION_SUCCESS") this.#finish(data.nonce, { ok: true });
    if (type === "INTERACTION_FAILURE") this.#finish(data.nonce, { ok: false });
    if (type === "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE") this.#finish(data.nonce, { choices: data.choices });
    if (type === "INTERACTION_MODAL_CREATE") {
      this.#finish(data.nonce, { ok: true });
      this.dispatchEvent(new CustomEvent("modal", { detail: data }));
    }
  }

  /** Use a command; resolves to whether the bot answered. */
  run(command, channel, data, files = [], nonce = newNonce()) {
    const about = { application_id: command.application_id, ...place(channel) };
    const body = { id: command.id, name: command.name, type: command.type, version: command.version, ...data };
    return this.#send(KIND.COMMAND, about, body, files, nonce);
  }

  /** Ask the bot for the completions of the focused option; resolves to choices. */
  async complete(command, channel, data) {
    const about = { application_id: command.application_id, ...place(channel) };
    const body = { id: command.id, name: command.name, type: command.type, ...data };
    const outcome = await this.#send(KIND.AUTOCOMPLETE, about, body);
    return outcome.choices ?? [];
  }

  /** Use a button or menu of a message; resolves to whether the bot answered. */
  press(message, channel, component, values) {
    const about = { message_id: message.id, message_flags: message.flags, ...place(channel) };
    about.application_id = message.application_id ?? message.author.id;
    const data = { component_type: component.type, custom_id: component.custom_id };
    if (values) Object.assign(data, { type: component.type, values });
    return this.#send(KIND.COMPONENT, about, data);
  }

  /** Send a filled-in form; resolves to whether the bot answered. */
  submit(modal, channel, components) {
    const about = { application_id: modal.application?.id ?? modal.application_id, ...place(channel) };
    return this.#send(KIND.MODAL, about, { id: modal.id, custom_id: modal.custom_id, components });
  }

  async #send(type, about, data, files = [], nonce = newNonce()) {
    const outcome = new Promise((resolve) => this.#waiting.set(nonce, resolve));
    const body = { type, ...about, session_id: this.gateway.sessionId, nonce, data };
    try {
      await this.rest.post("/interactions", body, files);
    } catch (error) {
      this.#waiting.delete(nonce);
      throw error;
    }
    setTimeout(() => this.#finish(nonce, { ok: false }), GIVEN_UP_MS);
    return outcome;
  }

  #finish(nonce, outcome) {
    this.#waiting.get(nonce)?.(outcome);
    this.#waiting.delete(nonce);
  }
}

function place(channel) {
  return channel.guild_id ? { guild_id: channel.guild_id, channel_id: channel.id } : { channel_id: channel.id };
}
