// The people, roles and channels of a server that menus and options offer.

import { entityMark } from "./popover.js";

const MOST = 100;

function people(store, guild) {
  const members = guild ? [...guild.members.values()].map((member) => member.user) : [...store.users.values()];
  return members.map((user) => {
    const label = store.nameOf(user, guild);
    const description = user.username === label ? "" : user.username;
    return { value: user.id, label, description, kind: "user", item: user };
  });
}

function roles(guild) {
  const shown = [...(guild?.roles.values() ?? [])].filter((role) => role.id !== guild.id);
  return shown.map((role) => ({ value: role.id, label: role.name, kind: "role", item: role }));
}

function channels(store, guild, types) {
  const fits = (channel) => !types?.length || types.includes(channel.type);
  return store.textChannels(guild).filter(fits)
    .map((channel) => ({ value: channel.id, label: channel.name, kind: "channel", item: channel }));
}

/** Return those on offer of the named kinds ("user", "role", "channel"). */
export function entities(store, guild, kinds, channelTypes) {
  const all = [];
  if (kinds.includes("user")) all.push(...people(store, guild));
  if (kinds.includes("role")) all.push(...roles(guild));
  if (kinds.includes("channel")) all.push(...channels(store, guild, channelTypes));
  return all;
}

/** Return those whose name has a text in it, best first, each with its mark. */
export function findEntities(all, text) {
  const wanted = text.toLowerCase();
  const rank = (item) => (item.label.toLowerCase().startsWith(wanted) ? 0 : 1);
  const fits = all.filter((item) => `${item.label} ${item.description ?? ""}`.toLowerCase().includes(wanted));
  return fits.sort((a, b) => rank(a) - rank(b)).slice(0, MOST).map(withMark);
}

export function withMark(item) {
  return { ...item, mark: entityMark(item.kind, item.item) };
}
