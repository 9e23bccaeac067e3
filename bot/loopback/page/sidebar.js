// The list of channels, the servers above it and the reader below it.

import { avatar, h, icon, rove } from "./dom.js";

const CATEGORY = 4;

export class Sidebar {
  constructor({ head, channels, self }, client) {
    Object.assign(this, { head, channels, self, client });
    rove(channels, ".channel");
    for (const event of ["reset", "places", "unread", "typing"]) client.store.addEventListener(event, () => this.#soon());
  }

  #soon() {
    // Many changes at once (a log-in, a flood of messages) are drawn once.
    this.waiting ??= requestAnimationFrame(() => {
      this.waiting = null;
      this.render();
    });
  }

  render() {
    const { store, channel } = this.client;
    if (!store.me) return;
    const focused = document.activeElement?.dataset.channel;
    const guild = this.client.guild;
    this.#renderHead(guild);
    const groups = this.#groups(guild);
    this.channels.replaceChildren(...groups.map(({ label, items }) => h("section", { "aria-label": label || "Channels" },
      label && h("h2", {}, label), h("ul", {}, items.map((item) => h("li", {}, this.#item(item)))))));
    const buttons = [...this.channels.querySelectorAll(".channel")];
    const inOrder = buttons.find((node) => node.dataset.channel === (focused ?? channel?.id)) ?? buttons[0];
    for (const node of buttons) node.tabIndex = node === inOrder ? 0 : -1;
    if (focused) inOrder?.focus({ preventScroll: true });
    this.self.replaceChildren(avatar(store.me), h("span", {}, store.nameOf(store.me, guild)));
  }

  #renderHead(guild) {
    const guilds = [...this.client.store.guilds.values()];
    const name = guild?.name ?? "Direct messages";
    if (guilds.length < 2) {
      this.head.replaceChildren(h("span", { class: "server-name" }, name));
      return;
    }
    const choose = h("select", { "aria-label": "Server", class: "server-choice", onchange: () => this.client.openGuild(choose.value) },
      guilds.map((item) => h("option", { value: item.id, selected: item === guild }, item.name)));
    this.head.replaceChildren(choose);
  }

  #groups(guild) {
    const { store } = this.client;
    const shown = guild ? store.textChannels(guild) : [];
    const groups = new Map();
    for (const channel of shown) {
      const parent = store.channels.get(channel.parent_id);
      const label = parent?.type === CATEGORY ? parent.name : "";
      if (!groups.has(label)) groups.set(label, { label, items: [] });
      groups.get(label).items.push(channel);
    }
    const direct = store.textChannels(null);
    if (direct.length) groups.set("direct", { label: "Direct messages", items: direct });
    return [...groups.values()];
  }

  #item(channel) {
    const { store } = this.client;
    const unread = store.unread.get(channel.id);
    const typists = store.typing.get(channel.id)?.size;
    const current = channel.id === this.client.channel?.id;
    const name = store.channelName(channel);
    const said = [name, unread && "unread", unread?.mentions && `${unread.mentions} mentions`, typists && "somebody is typing"];
    return h("button", {
      type: "button", class: `channel ${unread ? "unread" : ""}`, data: { channel: channel.id },
      "aria-current": current ? "page" : null, "aria-label": said.filter(Boolean).join(", "),
      onclick: () => this.client.open(channel.id),
    },
    channel.guild_id ? icon("hash") : avatar(channel.recipients?.[0] ?? store.me, "tiny"),
    h("span", { class: "channel-name" }, name),
    typists > 0 && h("span", { class: "dots" }, h("i"), h("i"), h("i")),
    unread?.mentions > 0 && h("span", { class: "badge" }, String(unread.mentions)));
  }
}
