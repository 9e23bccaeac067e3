// How ids look to people. Marks that stand for mentions, links and emoji of a server
// (text/special_tokens.py) are written out, and what is written out is read as a mark.

const MENTION = "\ue000";
const LINK = "\ue001";
const EMOJI = "\ue002";
const LOOKS = new Map([[MENTION, "@user"], [LINK, "‹link›"], [EMOJI, ":"]]);
const NAMES = new Map([
  [" ", ["␣", "space"]], ["\n", ["↵", "new line"]], ["\t", ["⇥", "tab"]],
  [MENTION, ["@user", "a mention"]], [LINK, ["‹link›", "a link"]], [EMOJI, [":…:", "an emoji"]],
]);

/** Return a text as people see it. */
export function shown(text) {
  return text.replace(/[\ue000-\ue002]/g, (mark) => LOOKS.get(mark));
}

/** Return a text as the model knows it. */
export function meant(text) {
  const marked = text.replaceAll("@user", MENTION).replaceAll("‹link›", LINK);
  return marked.replace(/:(\w{2,32}:)/g, `${EMOJI}$1`);
}

/** Return how one character is written where it could not be seen. */
export function visible(text) {
  return NAMES.get(text)?.[0] ?? text.replace(/^ /, "␣");
}

/** Return what stands on an id's bar, and how that is said aloud; null is any id of a byte. */
export function labelOf(vocabulary, id) {
  if (id === null) return ["another character", "another character"];
  if (id === 1) return ["end of the text", "the end of the text"];
  const text = vocabulary.texts[id];
  return [visible(text), NAMES.get(text)?.[1] ?? (text.startsWith(" ") ? `space, ${text}` : text)];
}

/**
 * Return what ids add to a text, a character or a piece each: [{text, bits}].
 * @param {object} vocabulary
 * @param {{id: number, bits: number}[]} steps bytes of one character become one entry
 */
export function pieces(vocabulary, steps) {
  const groups = [];
  for (const { id, bits } of steps) {
    if (vocabulary.isContinuation(id) && groups.length) {
      groups.at(-1).ids.push(id);
      groups.at(-1).bits += bits;
    } else groups.push({ ids: [id], bits });
  }
  return groups.map(({ ids, bits }) => ({ text: shown(vocabulary.decode(ids)), bits }));
}

/** Return how surprising a piece is, from 0 to 6. */
export function level({ text, bits }) {
  const each = bits / Math.max(1, [...text].length);
  return Math.max(0, Math.min(6, Math.floor(each)));
}
