// Mentions as people type them (#casual, @mia) and as Discord sends them (<#1>, <@2>).

const CODE = /(```[\s\S]*?```|`[^`\n]*`)/;
const TOKEN = /<(#|@&|@!?)(\d{1,20})>/g;

/** Return a text as it is sent: names become mentions, except inside code. */
export function toTokens(text, names) {
  return text.split(CODE).map((part, at) => (at % 2 ? part : replaceNames(part, names))).join("");
}

function replaceNames(text, names) {
  // Longer names first, so that #general-help is not taken for #general.
  const known = names.mentionable().sort((a, b) => b.text.length - a.text.length);
  const byStart = new Map();
  for (const item of known) {
    const key = item.text.slice(0, 2).toLowerCase();
    if (!byStart.has(key)) byStart.set(key, []);
    byStart.get(key).push(item);
  }
  let out = "";
  for (let at = 0; at < text.length; ) {
    const free = at === 0 || /[\s(["'*_~|>]/.test(text[at - 1]);
    const found = free && (text[at] === "#" || text[at] === "@") ? match(byStart, text, at) : null;
    out += found ? found.token : text[at];
    at += found ? found.text.length : 1;
  }
  return out;
}

function match(byStart, text, at) {
  const wanted = text.slice(at).toLowerCase();
  const candidates = byStart.get(wanted.slice(0, 2)) ?? [];
  return candidates.find((item) => {
    const next = wanted[item.text.length] ?? " ";
    return wanted.startsWith(item.text.toLowerCase()) && !/[\w-]/.test(next);
  });
}

/** Return a sent text as it was typed, for editing. */
export function toNames(text, names) {
  return text.replace(TOKEN, (token, kind, id) => {
    if (kind === "#") return names.channel(id) ? `#${names.channel(id).name}` : token;
    return kind === "@&" ? `@${names.role(id)}` : `@${names.user(id)}`;
  });
}
