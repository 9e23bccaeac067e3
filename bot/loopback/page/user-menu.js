// What can be done with a person: mention, write to, and the commands for people.

import { openMenu } from "./popover.js";

const USER_COMMAND = 2;

export async function userMenu(user, anchor, client) {
  const apps = await client.commands.ofKind(client.channel, USER_COMMAND);
  const name = client.store.nameOf(user, client.guild);
  const known = client.store.users.has(user.id);
  openMenu([
    { heading: user.bot ? `${name} · app` : name },
    known && client.mayWrite() && { label: "Mention", icon: "at", run: () => client.composer.insert(`@${name} `) },
    known && user.id !== client.store.me.id && { label: "Message", icon: "send", run: () => client.openDirect(user) },
    { label: "Copy ID", icon: "copy", run: () => navigator.clipboard?.writeText(user.id) },
    apps.length > 0 && { heading: "Apps" },
    ...apps.map((command) => ({ label: command.name, icon: "apps", run: () => client.outbox.runOn(command, user.id) })),
  ], anchor, name);
}
