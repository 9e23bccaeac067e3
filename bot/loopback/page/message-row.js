// One message as a row of the list.

import { attachments } from "./attachments.js";
import { components } from "./components.js";
import { avatar, h, icon } from "./dom.js";
import { embeds } from "./embeds.js";
import { markdown, plainText } from "./markdown.js";
import { clockTime, fullTime, messageTime } from "./times.js";

export const FLAG = { EPHEMERAL: 1 << 6, LOADING: 1 << 7 };
const KIND = { PIN: 6, JOIN: 7, REPLY: 19 };
const PREVIEW_CHARS = 140;

/** Return a row's content. `head` tells whether the author is shown above it. */
export function messageContent(message, head, client) {
  if (message.command) return pendingCommand(message, client);
  const system = systemText(message, client);
  if (system) return [h("p", { class: "system" }, system, " ", timeNode(message))];
  const guild = client.store.guildOf(client.channelOf(message));
  return [
    contextLine(message, client, guild),
    head ? avatarButton(message, client) : gutterTime(message),
    h("div", { class: "body" },
      head && headLine(message, client, guild),
      textNode(message, client),
      embeds(message, client),
      attachments(message),
      componentsNode(message, client),
      reactionsNode(message, client),
      footNote(message, client)),
  ];
}

function systemText(message, client) {
  const name = client.nameOf(message.author, message);
  if (message.type === KIND.JOIN) return `${name} joined the server.`;
  if (message.type === KIND.PIN) return `${name} pinned a message.`;
  return "";
}

function timeNode(message) {
  const date = new Date(message.timestamp);
  return h("time", { datetime: message.timestamp, title: fullTime(date) }, messageTime(date));
}

function gutterTime(message) {
  const date = new Date(message.timestamp);
  return h("time", { class: "gutter-time", datetime: message.timestamp, title: fullTime(date) }, clockTime(date));
}

function avatarButton(message, client) {
  const node = h("button", { type: "button", class: "avatar-button", tabindex: "-1", "aria-hidden": "true" }, avatar(message.author));
  node.addEventListener("click", () => client.userMenu(message.author, node));
  return node;
}

function headLine(message, client, guild) {
  const color = client.store.colorOf(message.author, guild);
  const name = h("button", { type: "button", class: "author", style: color ? { "--role": color } : {} }, client.nameOf(message.author, message));
  name.addEventListener("click", () => client.userMenu(message.author, name));
  return h("p", { class: "head" }, name, message.author.bot && h("span", { class: "app-tag" }, "APP"), timeNode(message));
}

/** The line above: what is replied to, or the command that is answered. */
function contextLine(message, client, guild) {
  if (message.type === KIND.REPLY) return replyLine(message, client, guild);
  const { interaction, interaction_metadata: origin } = message;
  if (!interaction?.name || origin?.type !== 2) return null;
  const name = client.store.nameOf(interaction.user, guild);
  return h("p", { class: "context" }, avatar(interaction.user, "tiny"),
    h("span", {}, h("b", {}, name), " used ", h("span", { class: "command" }, `/${interaction.name}`)));
}

function replyLine(message, client, guild) {
  const original = message.referenced_message;
  if (!original) return h("p", { class: "context" }, icon("reply"), h("i", {}, "The message replied to is gone."));
  const text = preview(original, client);
  const node = h("button", { type: "button", class: "context reply", onclick: () => client.jumpTo(original.id) },
    avatar(original.author, "tiny"), h("b", {}, client.store.nameOf(original.author, guild)), h("span", {}, text));
  return node;
}

/** Return a message's text in one short line. */
export function preview(message, client) {
  const text = plainText(message.content ?? "", client.names);
  if (text) return text.length > PREVIEW_CHARS ? `${text.slice(0, PREVIEW_CHARS)}…` : text;
  return message.attachments?.length ? "An attachment" : message.embeds?.length ? "An embed" : "A message";
}

function textNode(message, client) {
  if (message.flags & FLAG.LOADING) {
    return h("p", { class: "thinking" }, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
      ` ${client.nameOf(message.author, message)} is thinking…`);
  }
  const edited = message.edited_timestamp && h("span", { class: "edited", title: fullTime(new Date(message.edited_timestamp)) }, "(edited)");
  if (!message.content) return null;
  return h("div", { class: "text" }, markdown(message.content, client.names), edited);
}

function componentsNode(message, client) {
  const built = components(message, client);
  return built.length > 0 && h("div", { class: "components" }, built);
}

function reactionsNode(message, client) {
  if (!message.reactions?.length) return null;
  const chips = message.reactions.map((reaction) => {
    const { emoji, count, me } = reaction;
    const label = `${emoji.name}, ${count} ${count === 1 ? "reaction" : "reactions"}${me ? ", yours too" : ""}`;
    return h("button", {
      type: "button", class: "reaction", "aria-pressed": String(me), "aria-label": label,
      data: { focus: `reaction ${emoji.name}` }, onclick: () => client.outbox.toggleReaction(message, emoji, !me),
    }, h("span", { class: "emoji" }, emoji.id ? `:${emoji.name}:` : emoji.name), h("span", {}, String(count)));
  });
  return h("div", { class: "reactions" }, chips);
}

function footNote(message, client) {
  if (message.failed) return unsentNote(message, client);
  if (!(message.flags & FLAG.EPHEMERAL)) return null;
  const dismiss = h("button", { type: "button", class: "text-button", onclick: () => client.outbox.dismiss(message) }, "Dismiss message");
  return h("p", { class: "foot-note" }, icon("eye"), "Only you can see this ·", dismiss);
}

function unsentNote(message, client) {
  return h("p", { class: "foot-note problem", role: "alert" }, `${message.failed} `,
    h("button", { type: "button", class: "text-button", onclick: () => client.outbox.sendAgain(message) }, "Send again"), " · ",
    h("button", { type: "button", class: "text-button", onclick: () => client.outbox.discard(message) }, "Discard"));
}

function pendingCommand(message, client) {
  const { command, failed } = message;
  const state = failed
    ? h("p", { class: "foot-note problem", role: "alert" }, `${failed} `,
      h("button", { type: "button", class: "text-button", onclick: () => client.outbox.discard(message) }, "Dismiss"))
    : h("p", { class: "thinking" }, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), " Sending command…");
  return [
    h("p", { class: "context" }, avatar(client.store.me, "tiny"),
      h("span", {}, h("b", {}, "You"), " used ", h("span", { class: "command" }, `/${command.fullName}`))),
    h("div", { class: "body" }, state),
  ];
}
