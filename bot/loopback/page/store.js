// What the gateway has told: servers, channels, people, what is unread and who is typing.

import { CAN, permissionsIn } from "./permissions.js";
import { compareIds } from "./times.js";

const TYPING_MS = 10_000;
const TEXT_CHANNELS = new Set([0, 5, 10, 11, 12]);

/** Emits "places" (servers and channels), "people", "unread", "typing" and "reset". */
export class Store extends EventTarget {
  constructor() {
    super();
    this.clear();
  }

  clear() {
    this.me = null;
    this.guilds = new Map();
    this.channels = new Map();
    this.users = new Map();
    this.unread = new Map(); // channel id → {count, mentions}
    this.typing = new Map(); // channel id → Map of user id → when it ends
    this.lastRead = new Map(); // channel id → the last message seen
  }

  tell(name) {
    this.dispatchEvent(new Event(name));
  }

  apply(type, data) {
    HANDLERS[type]?.(this, data);
  }

  guildOf(channel) {
    return channel?.guild_id ? this.guilds.get(channel.guild_id) : undefined;
  }

  /** Return a server's text channels in the order of its list, categories taken into account. */
  textChannels(guild) {
    const all = [...this.channels.values()].filter((item) => (item.guild_id ?? null) === (guild?.id ?? null));
    const rank = (channel) => {
      const parent = this.channels.get(channel.parent_id);
      const own = [channel.position ?? 0, channel.id];
      return parent ? [parent.position ?? 0, 1, ...own] : [-1, 0, ...own];
    };
    const visible = all.filter((item) => !item.guild_id ? item.type === 1 : this.sees(item));
    return visible.sort((a, b) => compareLists(rank(a), rank(b)));
  }

  sees(channel) {
    return TEXT_CHANNELS.has(channel.type) && this.can(channel, CAN.VIEW_CHANNEL);
  }

  can(channel, permission) {
    return Boolean(permissionsIn(this.guildOf(channel), channel, this.me.id) & permission);
  }

  nameOf(user, guild) {
    return guild?.members.get(user.id)?.nick || user.global_name || user.username;
  }

  colorOf(user, guild) {
    const roles = (guild?.members.get(user.id)?.roles ?? []).map((id) => guild.roles.get(id));
    const colored = roles.filter((role) => role?.color).sort((a, b) => b.position - a.position);
    return colored.length ? `#${colored[0].color.toString(16).padStart(6, "0")}` : "";
  }

  channelName(channel) {
    return channel.name || (channel.recipients ?? []).map((user) => this.nameOf(user)).join(", ");
  }

  learn(user) {
    if (!user || user.discriminator === "0000") return;
    this.users.set(user.id, user);
  }

  learnFrom(message) {
    this.learn(message.author);
    for (const user of message.mentions ?? []) this.learn(user);
    const guild = this.guilds.get(message.guild_id);
    if (guild && message.member && message.author) {
      guild.members.set(message.author.id, { ...message.member, user: message.author });
    }
  }

  addGuild(data) {
    const guild = { ...data };
    guild.roles = new Map((data.roles ?? []).map((role) => [role.id, role]));
    guild.emojis = data.emojis ?? [];
    guild.members = new Map();
    for (const member of data.members ?? []) {
      this.learn(member.user);
      guild.members.set(member.user.id, member);
    }
    this.guilds.set(guild.id, guild);
    for (const channel of [...(data.channels ?? []), ...(data.threads ?? [])]) {
      this.channels.set(channel.id, { ...channel, guild_id: guild.id });
    }
  }

  markRead(channelId, messageId) {
    if (messageId && compareIds(messageId, this.lastRead.get(channelId) ?? "0") > 0) {
      this.lastRead.set(channelId, messageId);
    }
    if (this.unread.delete(channelId)) this.tell("unread");
  }

  addUnread(message) {
    if (message.author.id === this.me.id || message.flags & 64) return;
    const count = this.unread.get(message.channel_id) ?? { count: 0, mentions: 0 };
    count.count += 1;
    if (this.mentionsMe(message)) count.mentions += 1;
    this.unread.set(message.channel_id, count);
    this.tell("unread");
  }

  mentionsMe(message) {
    const roles = this.guildOf(this.channels.get(message.channel_id))?.members.get(this.me.id)?.roles ?? [];
    const byRole = (message.mention_roles ?? []).some((id) => roles.includes(id));
    return message.mention_everyone || byRole || (message.mentions ?? []).some((user) => user.id === this.me.id);
  }

  startTyping(channelId, userId) {
    const until = Date.now() + TYPING_MS;
    if (!this.typing.has(channelId)) this.typing.set(channelId, new Map());
    this.typing.get(channelId).set(userId, until);
    this.tell("typing");
    setTimeout(() => this.stopTyping(channelId, userId, until), TYPING_MS);
  }

  stopTyping(channelId, userId, until = null) {
    const typists = this.typing.get(channelId);
    if (!typists?.has(userId) || (until && typists.get(userId) !== until)) return;
    typists.delete(userId);
    if (!typists.size) this.typing.delete(channelId);
    this.tell("typing");
  }
}

function compareLists(a, b) {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    if (a[at] !== b[at]) return typeof a[at] === "string" ? compareIds(a[at], b[at]) : (a[at] ?? 0) - (b[at] ?? 0);
  }
  return 0;
}

function setRole(store, { guild_id: guildId, role }) {
  store.guilds.get(guildId)?.roles.set(role.id, role);
  store.tell("people");
  store.tell("places");
}

function setMember(store, data) {
  store.learn(data.user);
  const guild = store.guilds.get(data.guild_id);
  guild?.members.set(data.user.id, { ...guild.members.get(data.user.id), ...data });
  store.tell("people");
  if (data.user.id === store.me.id) store.tell("places");
}

function setChannel(store, data) {
  store.channels.set(data.id, { ...store.channels.get(data.id), ...data });
  for (const user of data.recipients ?? []) store.learn(user);
  store.tell("places");
}

function dropChannel(store, data) {
  store.channels.delete(data.id);
  store.unread.delete(data.id);
  store.tell("places");
}

const HANDLERS = {
  READY(store, data) {
    store.clear();
    store.me = data.user;
    store.learn(data.user);
    for (const guild of data.guilds) if (!guild.unavailable) store.addGuild(guild);
    store.awaited = data.guilds.filter((guild) => guild.unavailable).length;
    for (const channel of data.private_channels ?? []) setChannel(store, channel);
    store.tell("reset");
  },
  GUILD_CREATE(store, data) {
    store.addGuild(data);
    store.awaited = Math.max(0, (store.awaited ?? 0) - 1);
    store.tell("places");
    store.tell("people");
  },
  GUILD_UPDATE(store, data) {
    const { roles, channels, members, threads, emojis, ...plain } = data;
    Object.assign(store.guilds.get(data.id) ?? {}, plain);
    store.tell("places");
  },
  GUILD_DELETE(store, data) {
    store.guilds.delete(data.id);
    for (const channel of [...store.channels.values()]) {
      if (channel.guild_id === data.id) store.channels.delete(channel.id);
    }
    store.tell("places");
  },
  CHANNEL_CREATE: setChannel,
  CHANNEL_UPDATE: setChannel,
  CHANNEL_DELETE: dropChannel,
  THREAD_CREATE: setChannel,
  THREAD_UPDATE: setChannel,
  THREAD_DELETE: dropChannel,
  GUILD_ROLE_CREATE: setRole,
  GUILD_ROLE_UPDATE: setRole,
  GUILD_ROLE_DELETE(store, data) {
    store.guilds.get(data.guild_id)?.roles.delete(data.role_id);
    store.tell("people");
  },
  GUILD_MEMBER_ADD: setMember,
  GUILD_MEMBER_UPDATE: setMember,
  GUILD_MEMBER_REMOVE(store, data) {
    store.guilds.get(data.guild_id)?.members.delete(data.user.id);
    store.tell("people");
  },
  GUILD_MEMBERS_CHUNK(store, data) {
    for (const member of data.members) setMember(store, { ...member, guild_id: data.guild_id });
  },
  TYPING_START(store, data) {
    if (data.member) store.learn(data.member.user);
    if (data.user_id !== store.me.id) store.startTyping(data.channel_id, data.user_id);
  },
  MESSAGE_CREATE(store, data) {
    store.learnFrom(data);
    store.stopTyping(data.channel_id, data.author.id);
  },
};
