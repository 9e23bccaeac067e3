// What stands above a channel's first message: its name, what it is for, and what to do here.

import { h } from "./dom.js";
import { markdown } from "./markdown.js";

/** Return the elements; `empty` tells whether nothing has been said yet. */
export function channelStart(channel, empty, client) {
  const name = `${channel.guild_id ? "#" : "@"}${client.store.channelName(channel)}`;
  const said = empty ? "No messages yet. Say something" : "This is where the channel begins";
  return [
    h("h2", {}, name),
    channel.topic && h("div", { class: "text" }, markdown(channel.topic, client.names)),
    h("p", { class: "start-note" }, said, empty && channel.guild_id ? ", or type / to see the commands." : "."),
  ].filter(Boolean);
}
