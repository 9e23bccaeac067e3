// What stands above a channel's first message: its name, what it is for, and what to do here.

import { h } from "./dom.js";
import { markdown } from "./markdown.js";

const IN_CODE = /`([^`\n]+)`/g;
const COMMAND = /^[^\w\s`]{1,5}[a-z][^\n]*$/; // as typed: a prefix and a word

/** Return buttons that send the commands which a channel's topic names, none where it names none. */
function firstSteps(topic, client) {
  const commands = [...topic.matchAll(IN_CODE)].map((found) => found[1]).filter((text) => COMMAND.test(text));
  if (!commands.length) return null;
  const buttons = commands.map((text) => h("button", {
    type: "button", class: "button", onclick: () => client.outbox.send({ content: text, files: [], replyTo: null }),
  }, text));
  return h("div", { class: "first-steps", role: "group", "aria-label": "First steps" }, ...buttons);
}

/** Return the elements; `empty` tells whether nothing has been said yet. */
export function channelStart(channel, empty, client) {
  const name = `${channel.guild_id ? "#" : "@"}${client.store.channelName(channel)}`;
  const said = empty ? "No messages yet. Say something" : "This is where the channel begins";
  return [
    h("h2", {}, name),
    channel.topic && h("div", { class: "text" }, markdown(channel.topic, client.names)),
    channel.topic && firstSteps(channel.topic, client),
    h("p", { class: "start-note" }, said, empty && channel.guild_id ? ", or type / to see the commands." : "."),
  ].filter(Boolean);
}
