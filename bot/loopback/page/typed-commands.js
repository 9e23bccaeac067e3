// What completes a command in a message: its name, its options, and what the bot offers for them.

import { nested } from "./commands.js";

const MOST = 25;
const PAUSE_MS = 120;
const START = /^[^\w\s#@:/]{1,5}/; // a prefix is sought on the server only where there may be one

/** Return the completions of a message that begins with the bot's prefix, or null. */
export async function findTyped(before, client) {
  if (!START.test(before) || before.includes("\n")) return null;
  const { prefix, commands } = await client.commands.inMessages(client.channel);
  if (!prefix || !before.startsWith(prefix)) return null;
  const typed = before.slice(prefix.length);
  const command = longest(commands, typed);
  if (command) {
    const found = await findArguments(command, typed.slice(command.name.length), before.length, client);
    if (found) return found;
  }
  return findNames(commands, typed.toLowerCase(), prefix);
}

/** The command whose name is written out and followed by a space. */
function longest(commands, typed) {
  const text = typed.toLowerCase();
  return commands.filter(({ name }) => text.startsWith(`${name} `)).sort((a, b) => b.name.length - a.name.length)[0];
}

function findNames(commands, typed, prefix) {
  const fitting = commands.filter(({ name }) => name.startsWith(typed) || name.includes(` ${typed}`));
  const found = fitting.sort((a, b) => b.name.startsWith(typed) - a.name.startsWith(typed));
  if (found.length === 1 && found[0].name === typed) return null;
  const items = found.map((command) => ({
    label: `${prefix}${command.name}`,
    usage: command.usage,
    detail: command.description,
    insert: `${prefix}${command.name}${command.arguments.length || command.options.length ? " " : ""}`,
    from: 0,
  }));
  // A command written out can be sent as it stands, or be followed by what it takes.
  return { title: "Commands", items, optional: commands.some(({ name }) => name === typed.trimEnd()) };
}

async function findArguments(command, rest, end, client) {
  const word = /\S*$/.exec(rest)[0];
  const from = end - word.length;
  if (word.startsWith("-")) return findOptions(command, rest, word, from);
  const words = rest.slice(0, rest.length - word.length).trim().split(/\s+/).filter(Boolean);
  const option = words.at(-1)?.startsWith("--") ? words.at(-1).slice(2) : null;
  const name = option ?? (words.some((one) => one.startsWith("--")) ? null : command.arguments[words.length]);
  return name ? ask(command, name, word, from, client) : null;
}

function findOptions(command, rest, word, from) {
  const wanted = word.replace(/^-+/, "").toLowerCase();
  const left = command.options.filter(({ name }) => name.startsWith(wanted) && !rest.includes(`--${name} `));
  if (left.length === 1 && word === `--${left[0].name}`) return null;
  const items = left.map(({ name, description }) => ({ label: `--${name}`, detail: description, insert: `--${name} `, from }));
  return { title: "Options", items, optional: true };
}

/** Ask the bot what it offers for an argument: it knows the names of its versions. */
async function ask(command, name, value, from, client) {
  const all = await client.commands.typed(client.channel);
  const slash = all.find((item) => item.fullName === command.slash);
  const field = slash?.fields.find((item) => item.name === name);
  if (!field?.autocomplete) return null;
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  const focused = { type: field.type, name, value, focused: true };
  const choices = await client.interactions.complete(slash, client.channel, { options: nested(slash, [focused]) });
  if (choices.length === 1 && choices[0].value === value) return null;
  const items = choices.slice(0, MOST).map((choice) => ({
    label: choice.name, insert: `${choice.value} `, from,
  }));
  return { title: name, items, optional: true };
}
