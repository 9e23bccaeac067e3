// What can be completed in a text that is being written: #channel, @somebody, :emoji:, /command and !command.

import { avatar } from "./dom.js";
import { findEmoji } from "./emoji.js";
import { entities, findEntities } from "./entities.js";
import { Suggestions } from "./suggestions.js";
import { findTyped } from "./typed-commands.js";

const MOST = 12;
const WORD = /(^|[\s("'*_~|>])([#@:])([^\s#@:]{0,32})$/;

/** Attach completion to a text field; `pickCommand` is given where commands can be typed. */
export function attachCompletion(field, client, { anchor, pickCommand } = {}) {
  const find = () => {
    const before = field.value.slice(0, field.selectionStart);
    if (field.selectionStart !== field.selectionEnd) return null;
    if (pickCommand && /^\/[^\n]*$/.test(before)) return findCommands(before.slice(1), client);
    const word = WORD.exec(before);
    if (word) return findWord(word[2], word[3], client);
    return pickCommand ? findTyped(before, client) : null;
  };
  const accept = (item) => {
    if (item.command) pickCommand(item.command);
    else if (item.from !== undefined) replaceFrom(field, item.from, item.insert);
    else replaceWord(field, item.insert);
  };
  return new Suggestions(field, { anchor, find, accept });
}

async function findCommands(text, client) {
  const found = await client.commands.find(client.channel, text);
  const items = found.slice(0, 25).map((command) => ({
    label: `/${command.fullName}`,
    detail: command.description,
    hint: command.application?.name,
    mark: command.bot ? avatar(command.bot, "tiny") : null,
    command,
  }));
  return { title: "Commands", items };
}

function findWord(sign, text, client) {
  if (sign === ":") return text.length < 2 ? null : { title: "Emoji", items: findEmoji(text, MOST).map(emojiItem) };
  const guild = client.store.guildOf(client.channel);
  const kinds = sign === "#" ? ["channel"] : ["user", "role"];
  const found = findEntities(entities(client.store, guild, kinds), text);
  // A name written out needs no completion: Enter then sends.
  if (found.length === 1 && found[0].label === text) return null;
  const items = found.slice(0, MOST).map((item) => ({
    label: item.label,
    detail: item.description,
    mark: item.mark,
    insert: `${sign}${item.label} `,
  }));
  return { title: sign === "#" ? "Channels" : "People and roles", items };
}

function emojiItem({ char, name }) {
  return { label: `:${name}:`, mark: char, insert: `${char} ` };
}

function replaceWord(field, text) {
  const caret = field.selectionStart;
  const word = WORD.exec(field.value.slice(0, caret));
  const start = word ? caret - word[2].length - word[3].length : caret;
  replaceFrom(field, start, text);
}

function replaceFrom(field, start, text) {
  field.setRangeText(text, start, field.selectionStart, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
